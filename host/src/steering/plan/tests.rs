//! One case, one line: a menu in short, and its plan or its problems.

use super::*;
use crate::menu::{Chain, Node, Parent};
use crate::plugin::manifest::ComponentKind;

/// `split` has the outputs `rows` and `odd`, `book` none, `other` one named `odd`; everything else `rows`.
fn config(name: &str) -> ComponentConfig {
    let outputs: &[&str] = match name {
        "split" => &["rows", "odd"],
        "book" => &[],
        "other" => &["odd"],
        _ => &["rows"],
    };
    ComponentConfig {
        name: name.to_owned(),
        component: ComponentRef { plugin: "p".into(), version: None, name: name.to_owned() },
        kind: ComponentKind::Algorithm,
        outputs: outputs.iter().map(|name| name.to_string()).collect(),
        properties: Default::default(),
        types: Default::default(),
        secrets: Default::default(),
    }
}

/// Reads `node: parent parent < algorithm algorithm` per line; a line `--` begins another chain.
fn plan(text: &str) -> Result<Plan, Vec<PlanProblem>> {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let mut menu = Menu { chains: vec![Chain { name: "c0".into(), nodes: vec![] }] };
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if line == "--" {
            let name = format!("c{}", menu.chains.len());
            menu.chains.push(Chain { name, nodes: vec![] });
            continue;
        }
        let (name, rest) = line.split_once(':').unwrap();
        let (parents, algorithms) = rest.split_once('<').unwrap();
        let parents = words(parents).iter().map(|parent| parent.parse::<Parent>().unwrap()).collect();
        let node = Node { name: name.to_owned(), parents, algorithms: words(algorithms) };
        menu.chains.last_mut().unwrap().nodes.push(node);
    }
    let names = ["a", "b", "c", "split", "book", "other"];
    let configs: Vec<ComponentConfig> = names.iter().map(|name| config(name)).collect();
    let reader = ["rows".to_owned(), "trailer".to_owned()];
    Plan::build(&menu, Some(&reader[..1]), &|name| configs.iter().find(|config| config.name == name))
}

fn source(source: &Source) -> String {
    match source.origin {
        Origin::Reader => format!("initial.{}", source.output),
        Origin::Step(step) => format!("{step}.{}", source.output),
    }
}

fn steps(plan: &Plan) -> Vec<String> {
    let one = |step: &Step| {
        let inputs: Vec<String> = step.inputs.iter().map(source).collect();
        format!("{}/{} < {}", step.node, step.algorithm, inputs.join(" "))
    };
    plan.steps.iter().map(one).collect()
}

fn leaves(plan: &Plan) -> Vec<String> {
    plan.leaves.iter().map(|leaf| format!("{} = {}", leaf.partition, source(&leaf.source))).collect()
}

#[test]
fn algorithms_of_a_node_are_chained() {
    let plan = plan("n: initial < a b c").unwrap();
    assert_eq!(steps(&plan), ["n/a < initial.rows", "n/b < 0.rows", "n/c < 1.rows"]);
    assert_eq!(leaves(&plan), ["n = 2.rows"]);
}

#[test]
fn nodes_are_sorted_with_the_order_of_the_file_as_tie_break() {
    let plan =
        plan("z: y < a \n y: initial < a \n -- \n x: initial < a \n s10: s1 z < a \n s1: x < b").unwrap();
    assert_eq!(
        steps(&plan),
        [
            "y/a < initial.rows",
            "z/a < 0.rows",
            "x/a < initial.rows",
            "s1/b < 2.rows",
            "s10/a < 3.rows 1.rows"
        ]
    );
    assert!(plan.steps.iter().enumerate().all(|(index, step)| step.index == index));
    assert_eq!(leaves(&plan), ["s10 = 4.rows"]);
}

#[test]
fn named_outputs_are_leaves_or_parents() {
    let plan = plan("n: initial < split a \n m: n.odd < b \n k: initial < split").unwrap();
    assert_eq!(
        steps(&plan),
        ["n/split < initial.rows", "n/a < 0.rows", "m/b < 0.odd", "k/split < initial.rows"]
    );
    assert_eq!(leaves(&plan), ["n = 1.rows", "m = 2.rows", "k = 3.rows", "k.odd = 3.odd"]);
}

#[test]
fn the_default_output_has_its_name_too() {
    let plan = plan("n: initial.rows < a \n m: n.rows < b").unwrap();
    assert_eq!(steps(&plan), ["n/a < initial.rows", "m/b < 0.rows"]);
}

#[test]
fn an_algorithm_without_outputs_lets_its_input_pass_by() {
    let plan = plan("n: initial < book a book \n m: initial < book").unwrap();
    assert_eq!(
        steps(&plan),
        ["n/book < initial.rows", "n/a < initial.rows", "n/book < 1.rows", "m/book < initial.rows"]
    );
    assert_eq!(leaves(&plan), ["n = 1.rows"]);
}

#[test]
fn without_chains_the_reader_is_the_leaf() {
    assert_eq!(leaves(&plan("").unwrap()), ["initial = initial.rows"]);
}

#[test]
fn problems_of_the_graph_are_found_all_at_once() {
    for (menu, expected) in [
        ("a: b < a \n b: a < a", vec!["0.0 the menu has a cycle: a → b → a"]),
        ("a: initial a < a", vec!["0.0 the menu has a cycle: a → a"]),
        (
            "d: a < a \n a: initial c < a \n b: a < a \n c: b < a \n -- \n x: y < a \n y: x < a",
            vec!["0.1 the menu has a cycle: a → b → c → a", "1.0 the menu has a cycle: x → y → x"],
        ),
        ("a: intial < a", vec!["0.0 node `a` has an unknown parent `intial`"]),
        ("a: initial < a \n b: a.od < a", vec!["0.1 node `a` has no output `od`"]),
        ("a: initial < book \n b: a < a", vec!["0.1 node `a` has no outputs"]),
        ("a: initial < a \n -- \n a: initial < b", vec!["1.0 two nodes are named `a`"]),
        ("a: < a \n b: a < a", vec!["0.0 node `a` is never reached: it has no parents"]),
        ("a: initial <", vec!["0.0 node `a` runs no algorithm"]),
        ("a: initial initial.rows < a", vec!["0.0 node `a` names the parent `initial.rows` twice"]),
        ("initial: initial < a", vec!["0.0 the node `initial` is there by itself"]),
        (
            "a: initial < split split",
            vec!["0.0 two algorithms of node `a` have an output `odd`, so `a.odd` could be either"],
        ),
        (
            "a: initial < split other",
            vec!["0.0 two algorithms of node `a` have an output `odd`, so `a.odd` could be either"],
        ),
        ("a: initial < a \n b: s < a \n s1: a < a", vec!["0.1 node `b` has an unknown parent `s`"]),
    ] {
        let problems = plan(menu).unwrap_err();
        let found: Vec<String> =
            problems.iter().map(|p| format!("{}.{} {}", p.chain, p.node, p.message)).collect();
        assert_eq!(found, expected, "{menu}");
    }
}

#[test]
fn unknown_algorithms_hide_what_cannot_be_known() {
    // The caller reports `mystery`; its outputs are anyone's guess.
    assert!(plan("a: initial < mystery \n b: a.anything < a").is_ok());
    let problems = plan("a: initial < mystery \n b: c < a").unwrap_err();
    assert_eq!(problems.len(), 1);
}

proptest::proptest! {
    #[test]
    fn any_graph_gives_a_plan_in_order_or_problems(edges in proptest::collection::vec((0usize..8, 0usize..9), 0..20)) {
        let mut lines = String::new();
        for node in 0..8 {
            let name = |parent: usize| if parent == 8 { "initial".to_owned() } else { format!("n{parent}") };
            let parents: Vec<String> = edges.iter().filter(|(child, _)| *child == node).map(|(_, p)| name(*p)).collect();
            lines += &format!("n{node}: {} < a\n", parents.join(" "));
        }
        let first = plan(&lines);
        proptest::prop_assert_eq!(&first, &plan(&lines));
        match first {
            Ok(plan) => for step in &plan.steps {
                for input in &step.inputs {
                    if let Origin::Step(from) = input.origin {
                        proptest::prop_assert!(from < step.index);
                    }
                }
            },
            Err(problems) => proptest::prop_assert!(!problems.is_empty()),
        }
    }
}
