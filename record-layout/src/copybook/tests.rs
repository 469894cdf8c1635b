//! Copybooks as layouts.

use proptest::prelude::*;

use crate::Layout;

fn read(text: &str, rest: &str) -> Layout {
    Layout::from_copybook(text, &rest.parse().unwrap()).unwrap_or_else(|e| panic!("{e}"))
}

/// A line a field: name, place, width, type, form.
fn map(text: &str, rest: &str) -> Vec<String> {
    let layout = read(text, rest);
    let shown = layout.fields.iter().map(|field| {
        format!("{} {}+{} {} {}", field.name, field.offset, field.width, field.value, field.form.name())
    });
    shown.collect()
}

#[track_caller]
fn check_refused(text: &str, rest: &str, parts: &[&str]) {
    let problems = Layout::from_copybook(text, &rest.parse().unwrap()).unwrap_err().problems;
    assert_eq!(problems.len(), parts.len(), "{problems:#?}");
    for (problem, part) in problems.iter().zip(parts) {
        assert!(problem.contains(part), "{part:?} in {problem:?}");
    }
}

#[test]
fn fields_have_the_sizes_and_forms_of_their_clauses() {
    let text = "01 R.\n 05 A PIC X(3).\n 05 B PIC S9(5)V99 COMP-3.\n 05 C PIC 9(4) COMP.\n 05 D PIC S9(9) BINARY.\n\
                05 E PIC S9(18) COMP-5.\n 05 F COMP-1.\n 05 G USAGE IS COMP-2.\n 05 H PIC S9(3) SIGN LEADING SEPARATE.\n\
                05 I PIC 9(2)PPP.\n 05 J PIC ZZ9.99.\n 05 FILLER PIC X(2).\n 05 K PIC S99 SIGN IS TRAILING.\n";
    let expected = [
        "A 0+3 string text",
        "B 3+4 decimal(7,2) packed",
        "C 7+2 int64 binary",
        "D 9+4 int64 binary",
        "E 13+8 int64 binary",
        "F 21+4 float64 ieee-float",
        "G 25+8 float64 ieee-float",
        "H 33+4 int64 zoned",
        "I 37+2 int64 zoned",
        "J 39+6 string text",
        " 45+2 skipped skip",
        "K 47+2 int64 zoned",
    ];
    assert_eq!(map(text, ""), expected);
    assert_eq!(read(text, "").records.record_bytes(), 49);
    let ebcdic = map(text, "encoding='cp037'\n[cobol]\nbinary_size='1-2-4-8'");
    assert_eq!(ebcdic[5], "F 21+4 float64 hex-float");
}

#[test]
fn groups_hand_down_usage_and_sign_and_lie_in_the_path() {
    let text = "01 R.\n 03 G COMP-3.\n  05 A PIC 9(3).\n  05 H.\n   07 B PIC S9(4).\n 03 S SIGN LEADING SEPARATE.\n  05 C PIC S9.\n\
                03 FILLER.\n  05 D PIC X.\n";
    let expected =
        ["G.A 0+2 int64 packed", "G.H.B 2+3 int64 packed", "S.C 5+2 int64 zoned", "D 7+1 string text"];
    assert_eq!(map(text, ""), expected);
}

#[test]
fn occurrences_are_numbered() {
    let text =
        "01 R.\n 05 N PIC 9.\n 05 T OCCURS 2 TIMES INDEXED BY I.\n  10 A PIC X.\n  10 B PIC 9 OCCURS 2.\n";
    let expected = [
        "N 0+1 int64 zoned",
        "T[1].A 1+1 string text",
        "T[1].B[1] 2+1 int64 zoned",
        "T[1].B[2] 3+1 int64 zoned",
        "T[2].A 4+1 string text",
        "T[2].B[1] 5+1 int64 zoned",
        "T[2].B[2] 6+1 int64 zoned",
    ];
    assert_eq!(map(text, ""), expected);
    let unnamed = "01 R.\n 05 FILLER OCCURS 2.\n  10 A PIC X.\n  10 FILLER PIC X OCCURS 2.\n";
    let expected = [
        "FILLER[1].A 0+1 string text",
        " 1+1 skipped skip",
        " 2+1 skipped skip",
        "FILLER[2].A 3+1 string text",
    ];
    assert_eq!(map(unnamed, "")[..4], expected);
    let text = "01 R.\n 05 N PIC 9.\n 05 A PIC X OCCURS 0 TO 3 TIMES DEPENDING ON N.\n";
    check_refused(text, "", &["line 3: `A` occurs depending on `N`"]);
    assert_eq!(read(text, "[cobol]\ndepending='maximum'").fields.len(), 4);
}

#[test]
fn one_view_of_the_same_bytes_is_chosen_or_all_are_taken() {
    let text = "01 R.\n 05 A PIC X(4).\n 05 B REDEFINES A.\n  10 C PIC 9(2).\n  10 D PIC 9(2).\n 05 E REDEFINES A PIC S9(6) COMP-3.\n\
                05 Z PIC X.\n";
    assert_eq!(map(text, ""), ["A 0+4 string text", "Z 4+1 string text"]);
    let chosen = map(text, "[cobol]\nviews=['B']");
    assert_eq!(chosen, ["B.C 0+2 int64 zoned", "B.D 2+2 int64 zoned", "Z 4+1 string text"]);
    assert_eq!(map(text, "[cobol]\nviews='all'").len(), 5);
    check_refused(text, "[cobol]\nviews=['Q']", &["`views` has `Q`"]);
    check_refused(
        "01 R.\n 05 B REDEFINES A PIC X.",
        "",
        &["line 2: `B` redefines `A`, which is not before it"],
    );
}

#[test]
fn one_of_several_records_is_chosen() {
    let text = "77 N PIC 9.\n01 A.\n 05 X PIC X.\n 88 IS-X VALUE 'X' 'Y' THRU 'Z'.\n66 ALIAS RENAMES X.\n01 B PIC X(7).\n";
    check_refused(text, "", &["several records; write `record` as one of: N, A, B"]);
    assert_eq!(map(text, "[cobol]\nrecord='A'"), ["X 0+1 string text"]);
    assert_eq!(map(text, "[cobol]\nrecord='B'"), ["B 0+7 string text"]);
    check_refused(text, "[cobol]\nrecord='C'", &["no record `C`; there are: N, A, B"]);
    let below = "05 A PIC X.\n05 B PIC 9.";
    assert_eq!(map(below, ""), ["A 0+1 string text", "B 1+1 int64 zoned"]);
}

#[test]
fn what_cannot_be_known_is_told_with_its_line() {
    for (text, part) in [
        ("01 R.\n 05 A PIC X(3)", "line 2: the last entry has no period"),
        ("01 R.\n 05 A.", "line 2: `A`: it has neither a picture nor fields"),
        ("01 R.\n 05 A PIC X COMP-3.", "line 2: `A`: only numbers can be packed"),
        ("01 R.\n 05 A PIC 9(19) COMP.", "line 2: `A`: a binary number of 19 digits"),
        ("01 R.\n 05 A PIC 9 SYNC.", "line 2: SYNCHRONIZED leaves gaps"),
        ("01 R.\n COPY OTHER.", "line 2: COPY is not followed"),
        ("01 R.\n 05 A PIC 9 WRONG.", "line 2: `WRONG` is no clause"),
        ("01 R.\n 51 A PIC 9.", "line 2: there is no level 51"),
        ("01 R.\n AA PIC 9.", "line 2: `AA` is no level number"),
        ("01 R.\n 05 A PIC X OCCURS 1000000000.", "the record has 1000000000 fields"),
        ("01 R.\n 05 A OCCURS 1000000000.\n 10 B PIC X(9999999) OCCURS 99999999999.", "line 2: `A` takes"),
        ("01 R.\n 05 A PIC X OCCURS 0.", "OCCURS 0 times"),
        ("01 R.\n 05 A PIC X OCCURS N.", "OCCURS takes a number, not `N`"),
        ("", "has no fields"),
    ] {
        let problems = Layout::from_copybook(text, &toml::Table::new()).unwrap_err().problems;
        assert!(problems.iter().any(|problem| problem.contains(part)), "{part}: {problems:?}");
    }
    check_refused("01 R PIC X.", "fields=[]", &["there is no `fields` here"]);
    check_refused("01 R PIC X.", "[cobol]\nfloats='x'", &["`floats` is `x`; it can be hex, ieee"]);
}

proptest! {
    #[test]
    fn any_text_gives_a_layout_or_problems(
        text in "([ 0-9]{0,7}|)((01|05|10|88) (A|B|FILLER) |PIC (S?9|X)\\(?[0-9]{0,12}\\)?|OCCURS [0-9]{1,12} |REDEFINES A |COMP-?[1-6]? |\\.\n|['\"*-]|\\PC){0,40}",
    ) {
        if let Ok(layout) = Layout::from_copybook(&text, &toml::Table::new()) {
            prop_assert!(layout.fields.iter().all(|f| f.offset + f.width <= layout.records.record_bytes()));
        }
    }
}
