//! The whole flights table, where it is at hand.

use arrow::array::Array;
use arrow::datatypes::{DataType, TimeUnit};
use artemis_tests::{Scratch, read_job, shared, table};
use std::io::Read;
use std::process::{Command, Stdio};

fn unpack(scratch: &Scratch) -> Option<()> {
    let packed = shared()?.join("data/flights.csv.gz");
    let mut child =
        Command::new("gunzip").arg("--stdout").arg(packed).stdout(Stdio::piped()).spawn().unwrap();
    let mut bytes = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut bytes).unwrap();
    assert!(child.wait().unwrap().success());
    scratch.write("flights.csv", bytes);
    Some(())
}

#[test]
fn types_and_nulls_of_the_whole_table_are_as_known() {
    let scratch = Scratch::new();
    let Some(()) = unpack(&scratch) else { return };
    scratch.write("job.toml", read_job("whole", "[\"flights.csv\"]", "", "null_values = [\"NA\"]"));
    let flights = table(&scratch.job("job.toml", &[]), "initial");
    assert_eq!(flights.num_rows(), 336_776);
    let column = |name: &str| flights.column_by_name(name).unwrap();
    assert_eq!(column("dep_time").data_type(), &DataType::Int64);
    assert_eq!(column("dep_time").null_count(), 8_255);
    assert_eq!(column("arr_delay").null_count(), 9_430);
    assert_eq!(column("tailnum").data_type(), &DataType::Utf8);
    assert_eq!(column("tailnum").null_count(), 2_512);
    let time = column("time_hour").data_type();
    assert!(
        matches!(time, DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) if &**zone == "UTC"),
        "{time}"
    );
}

#[test]
fn a_type_that_fails_after_the_sample_widens_in_one_restart_and_says_why() {
    let scratch = Scratch::new();
    let Some(()) = unpack(&scratch) else { return };
    let job = read_job("na", "[\"flights.csv\"]", "[sample]\nchunks = 1\nrows = 100", "");
    scratch.write("job.toml", job);
    let summary = scratch.job("job.toml", &[]);
    let flights = table(&summary, "initial");
    assert_eq!(flights.column_by_name("dep_time").unwrap().data_type(), &DataType::Utf8);
    assert_eq!(flights.num_rows(), 336_776);
    let notes: Vec<&str> = summary["notes"].as_array().unwrap().iter().filter_map(|n| n.as_str()).collect();
    let restarts = notes.iter().filter(|note| note.contains("started over")).count();
    assert_eq!(restarts, 1, "{notes:#?}");
    assert!(notes.iter().any(|note| note.contains("`dep_time` is now Utf8 instead of Int64")), "{notes:#?}");
    assert!(notes[0].contains("record") && notes[0].contains("`NA`"), "{notes:#?}");
}

#[test]
fn what_guess_writes_runs_unchanged() {
    let scratch = Scratch::new();
    let Some(()) = unpack(&scratch) else { return };
    scratch.run(&["guess", "flights.csv", "-o", "guessed.toml"]).expect(0);
    let summary = scratch.job("guessed.toml", &[]);
    assert_eq!(summary["rows_in"], 336_776);
}
