//! The menu as a drawing in text, and in DOT for other programs to draw.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::{INITIAL, Job, Node, Parent};
use crate::steering::plan::Plan;

/// The widest line of the drawing, in characters; longer ones end in `…`.
const WIDTH: usize = 80;
/// Deeper levels are not indented further, so that their names stay on the page.
const MAX_INDENT: usize = 12;

/// Draws the menu as a tree from `initial` down. A node with several parents stands below its first one; below the
/// others a line points to it. What becomes a partition is marked with `⇒`.
///
/// ```text
/// initial  csv-reader/csv
/// ├─ slim  keep, round
/// │  └─ carriers  totals  ⇒ carriers
/// └─ late  delayed  ⇒ late
/// ```
pub fn text(job: &Job, plan: &Plan) -> String {
    let drawing = Drawing::new(job, plan);
    let mut out = String::new();
    let reader = job.algorithms.get(&job.input.reader);
    let reader = reader.map_or_else(String::new, |reader| reader.component.to_string());
    line(&mut out, "", &format!("{INITIAL}  {reader}{}", drawing.partitions(INITIAL)));

    let mut drawn = BTreeSet::new();
    // Each entry: what goes before the line, a node, the output it takes, whether a sibling follows.
    let mut stack: Vec<(String, usize, &Node, Option<&str>, bool)> = Vec::new();
    let push = |stack: &mut Vec<_>, prefix: &str, depth: usize, name: &str| {
        let children = drawing.children.get(name).map_or(&[][..], Vec::as_slice);
        for (index, (node, output)) in children.iter().enumerate().rev() {
            stack.push((prefix.to_owned(), depth, *node, *output, index + 1 < children.len()));
        }
    };
    push(&mut stack, "", 0, INITIAL);
    while let Some((prefix, depth, node, output, more)) = stack.pop() {
        let via = output.map(|output| format!("[{output}] ")).unwrap_or_default();
        let branch = format!("{prefix}{}", if more { "├─ " } else { "└─ " });
        if !drawn.insert(node.name.as_str()) {
            line(&mut out, &branch, &format!("{via}{} (see above)", node.name));
            continue;
        }
        let algorithms = node.algorithms.join(", ");
        line(
            &mut out,
            &branch,
            &format!("{via}{}  {algorithms}{}", node.name, drawing.partitions(&node.name)),
        );
        let indent = match (depth < MAX_INDENT, more) {
            (false, _) => "",
            (true, true) => "│  ",
            (true, false) => "   ",
        };
        push(&mut stack, &format!("{prefix}{indent}"), depth + 1, &node.name);
    }
    out
}

/// The menu in the DOT language of Graphviz: a cluster per chain, a box per partition.
pub fn dot(job: &Job, plan: &Plan) -> String {
    // Names are letters, digits, `_`, `-`, and components add `/ @ .`: nothing in quotes needs an escape.
    let mut out = String::from("digraph menu {\n  rankdir=LR;\n  node [shape=box, style=rounded];\n");
    let mut add = |line: String| {
        out.push_str(&line);
        out.push('\n');
    };
    let reader = job.algorithms.get(&job.input.reader);
    let reader = reader.map_or_else(String::new, |reader| reader.component.to_string());
    add(format!("  \"{INITIAL}\" [label=\"{INITIAL}\\n{reader}\"];"));
    for (index, chain) in job.menu.chains.iter().enumerate() {
        add(format!("  subgraph cluster_{index} {{\n    label=\"{}\";", chain.name));
        for node in &chain.nodes {
            add(format!("    \"{}\" [label=\"{}\\n{}\"];", node.name, node.name, node.algorithms.join(", ")));
        }
        add("  }".into());
    }
    for node in job.menu.chains.iter().flat_map(|chain| &chain.nodes) {
        for Parent { node: parent, output } in &node.parents {
            let label = output.as_ref().map(|output| format!(" [label=\"{output}\"]")).unwrap_or_default();
            add(format!("  \"{parent}\" -> \"{}\"{label};", node.name));
        }
    }
    for leaf in &plan.leaves {
        let (node, output) = match leaf.partition.split_once('.') {
            Some((node, output)) => (node, format!(" [label=\"{output}\"]")),
            None => (leaf.partition.as_str(), String::new()),
        };
        add(format!("  \"partition {0}\" [label=\"{0}\", shape=cylinder, style=solid];", leaf.partition));
        add(format!("  \"{node}\" -> \"partition {}\"{output};", leaf.partition));
    }
    out.push_str("}\n");
    out
}

struct Drawing<'a> {
    /// The nodes below each node, with the output that they take, in the order of the menu.
    children: BTreeMap<&'a str, Vec<(&'a Node, Option<&'a str>)>>,
    /// The partitions of each node.
    partitions: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Drawing<'a> {
    fn new(job: &'a Job, plan: &'a Plan) -> Drawing<'a> {
        let mut children: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for node in job.menu.chains.iter().flat_map(|chain| &chain.nodes) {
            for parent in &node.parents {
                children.entry(&parent.node).or_default().push((node, parent.output.as_deref()));
            }
        }
        let mut partitions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for leaf in &plan.leaves {
            let node = leaf.partition.split_once('.').map_or(leaf.partition.as_str(), |(node, _)| node);
            partitions.entry(node).or_default().push(&leaf.partition);
        }
        Drawing { children, partitions }
    }

    fn partitions(&self, node: &str) -> String {
        let names = self.partitions.get(node);
        names.map(|names| format!("  ⇒ {}", names.join(", "))).unwrap_or_default()
    }
}

/// Adds a line, cut to the width.
fn line(out: &mut String, branch: &str, text: &str) {
    let mut chars = branch.chars().chain(text.chars());
    let fits: String = chars.by_ref().take(WIDTH).collect();
    // Writing to a string cannot fail.
    let _ = match chars.next() {
        None => writeln!(out, "{}", fits.trim_end()),
        Some(_) => writeln!(out, "{}…", fits.chars().take(WIDTH - 1).collect::<String>()),
    };
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::menu::files::{Files, PathKind};
    use crate::menu::job_file::check;
    use crate::plugin::catalogue::tests::catalogue;

    const PLUGIN: &str = "manifest = 1\nid = 'p'\nversion = '1'\n\
        [[component]]\nkind = 'reader'\nname = 'r'\noutputs = ['rows', 'odd']\n\
        [[component]]\nkind = 'algorithm'\nname = 'a'\noutputs = ['rows', 'bad']\n";

    struct All;
    impl Files for All {
        fn kind(&self, _: &Path) -> PathKind {
            PathKind::File
        }
        fn matching(&self, _: &Path, _: &str) -> Result<Vec<PathBuf>, String> {
            Ok(vec![])
        }
    }

    /// A job of one chain; each node is its name and its parents.
    fn job(nodes: &[(&str, &str)]) -> (Job, Plan) {
        let mut text = String::from(
            "[job]\nname='j'\n[input]\npaths=['a']\nreader='r'\n[algorithms]\nr={component='p/r'}\n\
             a={component='p/a'}\n[[chain]]\nname='c'\n",
        );
        for (name, parents) in nodes {
            text += &format!("[[chain.node]]\nname='{name}'\nparents={parents}\nalgorithms=['a']\n");
        }
        let job = check(&text, "", Path::new("/"), &catalogue(&[PLUGIN]), &All, &[]).unwrap().job;
        let plan = Plan::new(&job).unwrap();
        (job, plan)
    }

    #[test]
    fn the_menu_is_drawn_as_a_tree() {
        let (job, plan) = job(&[
            ("slim", "['initial']"),
            ("late", "['slim']"),
            ("both", "['slim', 'initial.odd']"),
            ("bad", "['slim.bad']"),
        ]);
        assert_eq!(
            text(&job, &plan),
            "initial  p/r\n\
             ├─ slim  a\n\
             │  ├─ late  a  ⇒ late, late.bad\n\
             │  ├─ both  a  ⇒ both, both.bad\n\
             │  └─ [bad] bad  a  ⇒ bad, bad.bad\n\
             └─ [odd] both (see above)\n"
        );
    }

    #[test]
    fn the_drawing_fits_eighty_columns() {
        let names: Vec<String> = (0..60).map(|i| format!("node-{i}-{}", "x".repeat(i))).collect();
        let parents: Vec<String> = std::iter::once("['initial']".to_owned())
            .chain(names.iter().map(|name| format!("['{name}']")))
            .collect();
        let nodes: Vec<(&str, &str)> =
            names.iter().zip(&parents).map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let (job, plan) = job(&nodes);
        let drawn = text(&job, &plan);
        assert_eq!(drawn.lines().count(), 61);
        assert!(drawn.lines().all(|line| line.chars().count() <= 80));
    }

    #[test]
    fn dot_names_nodes_edges_and_partitions() {
        let (job, plan) = job(&[("x", "['initial.odd']")]);
        let drawn = dot(&job, &plan);
        for line in [
            "  \"initial\" [label=\"initial\\np/r\"];",
            "    \"x\" [label=\"x\\na\"];",
            "  \"initial\" -> \"x\" [label=\"odd\"];",
            "  \"x\" -> \"partition x\";",
            "  \"x\" -> \"partition x.bad\" [label=\"bad\"];",
            "  \"initial\" -> \"partition initial\";",
        ] {
            assert!(drawn.lines().any(|found| found == line), "{line}\n{drawn}");
        }
    }
}
