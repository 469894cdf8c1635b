//! Guesses: one text, one line; and texts made at random.

use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;
use crate::menu::Value;
use crate::menu::files::{Files, PathKind};
use crate::menu::job_file::check;
use crate::plugin::catalogue::tests::catalogue;

const CSV: &str = r#"
manifest = 1
id = "csv-reader"
version = "0.1.0"
[[component]]
kind = "reader"
name = "csv"
outputs = ["rows"]
property = [
    { name = "delimiter", type = "string", default = "," },
    { name = "quote", type = "string", default = "\"" },
    { name = "comment", type = "string" },
    { name = "terminator", type = "string" },
    { name = "null_values", type = "list", default = [""] },
    { name = "header_rows", type = "int", default = 1, min = 0 },
]
"#;

/// A world where every path is a file.
struct Everything;

impl Files for Everything {
    fn kind(&self, _: &Path) -> PathKind {
        PathKind::File
    }

    fn matching(&self, _: &Path, _: &str) -> Result<Vec<PathBuf>, String> {
        Ok(vec![])
    }
}

/// Delimiter, header, names, kinds and null values of a text.
#[track_caller]
fn shape(text: &str) -> String {
    let guess = guess(text.as_bytes(), true).unwrap();
    let columns: Vec<String> =
        guess.columns.iter().map(|column| format!("{} {}", column.name, column.kind)).collect();
    format!(
        "{:?} {} [{}] {:?}",
        char::from(guess.delimiter),
        if guess.header { "header" } else { "no header" },
        columns.join(", "),
        guess.null_values
    )
}

#[test]
fn texts_are_read_as_people_read_them() {
    for (text, expected) in [
        ("a,b\n1,x\n2,y\n", r#"',' header [a integer, b text] [""]"#),
        ("a;b\r\n1;2,5\r\n2;3,5\r\n", r#"';' header [a integer, b text] [""]"#),
        ("a\tb\n1.5\t2013-01-01\n2\t2013-01-02", r#"'\t' header [a float, b date] [""]"#),
        ("a|b\n1|true\n2|FALSE\n", r#"'|' header [a integer, b bool] [""]"#),
        // No header: the first row is like the others.
        ("1,x\n2,y\n3,z\n", r#"',' no header [ integer,  text] [""]"#),
        ("x,y\nx,z\nu,v\n", r#"',' no header [ text,  text] [""]"#),
        // All text: names differ from what is below.
        ("name,city\nann,rome\nbob,bonn\n", r#"',' header [name text, city text] [""]"#),
        // Years as names.
        ("land,2019,2020\nx,1,2\ny,3,4\n", r#"',' no header [ text,  integer,  integer] [""]"#),
        // Missing values.
        ("a,b\n1,NA\nNA,x\n", r#"',' header [a integer, b text] ["", "NA"]"#),
        ("a,b\n1,-\n2,2013-01-01T10:00:00Z\n", r#"',' header [a integer, b timestamp] ["", "-"]"#),
        ("a,b\n1,\"NA\"\n2,3\n", r#"',' header [a integer, b text] [""]"#),
        ("a,b\n1,NA\n2,NA\n", r#"',' header [a integer, b text] [""]"#),
        // Codes stay codes.
        ("plz,n\n01234,1\n12345,2\n", r#"',' header [plz text, n integer] [""]"#),
        // Delimiters and line ends inside of quotes.
        ("a,b\n\"x;y;z\n,\"\"w\"\"\",1\n\"u;\",2\n", r#"',' header [a text, b integer] [""]"#),
        ("'a','b'\n'x,1','2'\n'y','3'\n", r#"',' header [a text, b integer] [""]"#),
        // A decimal comma parts as many fields as the semicolon.
        ("x;1,5\ny;2,7\nz;3,9\n", r#"';' no header [ text,  text] [""]"#),
        ("# made in 2020, by hand\na,b\n1,x\n2,y\n", r#"',' header [a integer, b text] [""]"#),
        ("#a,b\n1,x\n2,y\n", r##"',' header [#a integer, b text] [""]"##),
        ("a\n1\n2\n", r#"',' header [a integer] [""]"#),
        ("a,b\n", r#"',' header [a empty, b empty] [""]"#),
        ("1,2", r#"',' no header [ integer,  integer] [""]"#),
        ("\u{feff}a,b\n1,2\n", r#"',' header [a integer, b integer] [""]"#),
        ("a,b\r1,2\r3,4\r", r#"',' header [a integer, b integer] [""]"#),
        ("\n\na,b\n\n1,2\n", r#"',' header [a integer, b integer] [""]"#),
        (",a\n0,1\n1,2\n", r#"',' header [ integer, a integer] [""]"#),
    ] {
        assert_eq!(shape(text), expected, "{text:?}");
    }
}

#[test]
fn quotes_that_close_nothing_mean_nothing() {
    let text: String =
        (0..40).map(|i| format!("{i}\t\"big\" dog {i}\t{}\n", if i == 7 { "\"open" } else { "x" })).collect();
    let guess = guess(text.as_bytes(), true).unwrap();
    assert_eq!((guess.quote, guess.records, guess.columns.len()), (None, 40, 3));
}

#[test]
fn the_cut_end_of_a_sample_is_left_out() {
    let found = guess(b"a,b,c\n1,2,3\n4,5", false).unwrap();
    assert_eq!((found.records, found.notes.len()), (2, 0));
    let found = guess(b"a,b,c\n1,2,3\n4,5", true).unwrap();
    assert_eq!((found.records, found.notes.len()), (3, 1));
    // A character that the sample cuts is no error of encoding.
    assert!(guess("a,b\n1,é".as_bytes().split_last().unwrap().1, false).unwrap().notes.is_empty());
    assert!(guess(b"a,b\n1,\xe9\n", true).unwrap().notes[0].contains("not UTF-8 at byte 6"));
}

#[test]
fn what_is_no_text_is_named() {
    for (bytes, what) in [
        (&b"\x1f\x8b\x08\0"[..], "a gzip file"),
        (b"PAR1....", "a Parquet file"),
        (b"\xff\xfea\0,\0", "UTF-16 text"),
        (b"a\0,\0b\0\n\0", "UTF-16 text without a byte order mark"),
        (b"a,b\n\0\n", "binary: it holds zero bytes"),
    ] {
        let Err(GuessError::NotText { what: found, .. }) = guess(bytes, true) else { panic!("{what}") };
        assert_eq!(found, what);
    }
    for empty in [&b""[..], b"\n\n", b"\xef\xbb\xbf"] {
        assert_eq!(guess(empty, true), Err(GuessError::Empty));
    }
}

#[test]
fn a_guess_says_how_sure_and_why() {
    let guess = guess(b"name,size\nant,1\nbee,NA\ncat,3\n", true).unwrap();
    let findings: Vec<String> =
        guess.findings.iter().map(|f| format!("{} {} {}", f.about, f.sureness, f.evidence)).collect();
    assert_eq!(
        findings,
        [
            "delimiter sure 4 of 4 records have 2 fields",
            "quote unsure no field is quoted; this is the usual one",
            "header sure in 1 column the first text is no value such as those below",
            "null values likely NA stands 1 time among numbers or times",
        ]
    );
}

#[track_caller]
fn job(text: &str) -> crate::menu::Job {
    match check(text, "guess.toml", Path::new("/data"), &catalogue(&[CSV]), &Everything, &[]) {
        Ok(checked) => {
            assert!(checked.warnings.is_empty(), "{}", checked.warnings);
            checked.job
        }
        Err(problems) => panic!("{problems}\n{text}"),
    }
}

fn guessed(path: &str, text: &str) -> Guessed {
    Guessed { path: path.into(), guess: guess(text.as_bytes(), true).unwrap() }
}

#[test]
fn the_job_file_checks_as_it_stands() {
    let written = job_file("my data.2020", &[guessed("a b/\"x\".csv", "a\tb\n1\tNA\n2\t3\n")]).unwrap();
    let job = job(&written);
    assert_eq!(job.name, "my-data-2020");
    assert_eq!(job.input.paths, ["a b/\"x\".csv"]);
    let reader = &job.algorithms["parse"].properties;
    assert_eq!(reader["delimiter"], Value::Str("\t".into()));
    assert_eq!(reader["header_rows"], Value::Int(1));
    assert_eq!(reader["null_values"], Value::List(vec![Value::Str("".into()), Value::Str("NA".into())]));
    assert!(written.contains("# delimiter: \"\\t\" (sure: 3 of 3 records have 2 fields)"), "{written}");
}

#[test]
fn inputs_of_one_job_are_written_alike() {
    let one = guessed("one.csv", "a,b\n1,2\n");
    let columns =
        |other: &str| job(&job_file("x", &[one.clone(), guessed("o.csv", other)]).unwrap()).input.columns;
    assert_eq!(columns("a,b\n3,NA\n4,5\n"), crate::menu::Columns::Same);
    assert_eq!(columns("b,a\n3,4\n"), crate::menu::Columns::ByName);
    assert_eq!(columns("b,c\n3,4\n"), crate::menu::Columns::Union);
    let error = job_file("x", &[one, guessed("two.csv", "a;b\n1;2\n")]).unwrap_err();
    assert_eq!(error.to_string(), "one.csv and two.csv are not written alike: delimiters \",\" and \";\"");
}

/// Quotes a cell where it needs it.
fn written(cell: &str, delimiter: char) -> String {
    if cell.contains([delimiter, '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.into()
    }
}

proptest! {
    #[test]
    fn any_bytes_give_a_guess_that_makes_a_good_job_file_or_an_error(
        bytes in proptest::collection::vec(
            prop_oneof![proptest::sample::select(&b",;\t|\"'#\n\r 1aN-.\xe9"[..]), any::<u8>()], 0..200),
        whole in any::<bool>(),
    ) {
        if let Ok(guess) = guess(&bytes, whole) {
            job(&job_file("any", &[Guessed { path: "any.csv".into(), guess }]).unwrap());
        }
    }

    #[test]
    fn tables_are_found_again(
        delimiter in proptest::sample::select(&[',', ';', '\t', '|'][..]),
        width in 2_usize..8,
        // Words with whatever needs quotes; the number beside them tells the header apart.
        rows in proptest::collection::vec(proptest::collection::vec("[a-z \",;|\n]{1,6}", 8), 4..12),
    ) {
        let mut text: String = (0..width).map(|i| format!("name{i}{delimiter}")).collect();
        text += "number\n";
        for (index, row) in rows.iter().enumerate() {
            for cell in &row[..width] {
                // A delimiter that the cells know as well as the table would be a fair mistake.
                let cell: String = cell.chars().filter(|c| *c == delimiter || !",;|".contains(*c)).collect();
                text += &written(&cell, delimiter);
                text.push(delimiter);
            }
            text += &format!("{index}\n");
        }
        let guess = guess(text.as_bytes(), true).unwrap();
        prop_assert_eq!(char::from(guess.delimiter), delimiter);
        prop_assert_eq!(guess.columns.len(), width + 1);
        prop_assert!(guess.header);
        prop_assert_eq!(guess.records, rows.len() + 1);
        prop_assert_eq!(guess.columns[width].kind, CellKind::Integer);
    }
}
