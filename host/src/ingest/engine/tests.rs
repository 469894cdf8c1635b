//! The engine over small files: whatever the block size, the window and the workers, the same bytes in the same order.

use super::*;
use crate::ingest::IngestError;
use artemis_plugin_api::{Delimited, Framing};
use proptest::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// Gives back the bytes of every run, and makes a task of each second one.
struct Echo {
    collected: Mutex<Vec<(usize, u64, Vec<u8>)>>,
    ends: Mutex<Vec<DatumEnd>>,
    tasks: Arc<AtomicU64>,
    fail_at: Option<(usize, u64)>,
    tolerant: bool,
}

#[derive(Debug)]
enum EchoError {
    Ingest(#[allow(dead_code)] String),
    At(usize, u64),
}

impl From<IngestError> for EchoError {
    fn from(error: IngestError) -> Self {
        Self::Ingest(error.to_string())
    }
}

impl Stage for Echo {
    type Worker = ();
    type Output = (u64, Vec<u8>);
    type Error = EchoError;

    fn worker(&self) -> Result<(), EchoError> {
        Ok(())
    }

    fn run(&self, (): &mut (), run: Run) -> Result<(u64, Vec<u8>), EchoError> {
        if self.fail_at.is_some_and(|(datum, index)| run.datum == datum && run.index >= index) {
            return Err(EchoError::At(run.datum, run.index));
        }
        Ok((run.index, run.chunks.iter().flat_map(|chunk| chunk.bytes.bytes().to_vec()).collect()))
    }

    fn collect(&self, datum: usize, (index, bytes): (u64, Vec<u8>)) -> Result<Tasks<Self>, EchoError> {
        self.collected.lock().unwrap().push((datum, index, bytes));
        let tasks = self.tasks.clone();
        Ok(vec![Box::new(move |(): &mut ()| {
            tasks.fetch_add(1, Ordering::Relaxed);
            Ok(())
        })])
    }

    fn datum_ended(&self, end: DatumEnd) -> Result<(), EchoError> {
        self.ends.lock().unwrap().push(end);
        Ok(())
    }

    fn datum_failed(&self, _: usize, error: IngestError) -> Result<(), EchoError> {
        if self.tolerant { Ok(()) } else { Err(error.into()) }
    }
}

fn echo() -> Echo {
    Echo {
        collected: Mutex::default(),
        ends: Mutex::default(),
        tasks: Arc::default(),
        fail_at: None,
        tolerant: false,
    }
}

fn run(texts: &[&[u8]], limits: Limits, workers: usize, stage: &Echo) -> Result<(), EchoError> {
    run_cut(&Framing::Delimited(Delimited::default()), texts, limits, workers, stage)
}

fn run_cut(
    framing: &Framing,
    texts: &[&[u8]],
    limits: Limits,
    workers: usize,
    stage: &Echo,
) -> Result<(), EchoError> {
    let dir = tempfile::tempdir().unwrap();
    let cut = Cut::new(framing).unwrap();
    let datums: Vec<_> = texts
        .iter()
        .enumerate()
        .map(|(i, text)| {
            let path = dir.path().join(format!("{i}.csv"));
            std::fs::write(&path, text).unwrap();
            let datum = Arc::new(Datum::open(i, &path).unwrap());
            let span = cut.span(&datum, limits.block_bytes).unwrap();
            (datum, span)
        })
        .collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(workers).build().unwrap();
    Engine { datums: &datums, cut: &cut, limits }.run(&pool, stage)
}

fn limits(block_bytes: u64, run_chunks: usize, window_bytes: u64, ordered: bool) -> Limits {
    Limits { block_bytes, run_chunks, window_bytes, ordered, hash: Some(Algorithm::Blake3) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn every_byte_is_collected_once_and_in_order(
        texts in proptest::collection::vec("h\n([ab,]{0,9}\n|([ab]{0,3},)?\"[ab\n,]{0,5}\"\n){0,12}", 1..5),
        block_bytes in 1u64..40,
        run_chunks in 1usize..5,
        window_blocks in 1u64..6,
        workers in 1usize..4,
        ordered: bool,
    ) {
        let bytes: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
        let stage = echo();
        // A window that holds the longest possible record, so that none is refused.
        let window = (window_blocks * block_bytes).max(200);
        run(&bytes, limits(block_bytes, run_chunks, window, ordered), workers, &stage).unwrap();
        let collected = stage.collected.into_inner().unwrap();
        prop_assert!(collected.windows(2).all(|pair| (pair[0].0, pair[0].1) < (pair[1].0, pair[1].1)));
        prop_assert_eq!(stage.tasks.load(Ordering::Relaxed), collected.len() as u64);
        for (i, text) in bytes.iter().enumerate() {
            let seen: Vec<u8> = collected.iter().filter(|c| c.0 == i).flat_map(|c| c.2.clone()).collect();
            prop_assert_eq!(&seen[..], &text[2..]);
        }
        let mut ends = stage.ends.into_inner().unwrap();
        ends.sort_by_key(|end| end.datum);
        for (end, text) in ends.iter().zip(&bytes) {
            prop_assert_eq!(end.id, Some(crate::store::ContentId::of(Algorithm::Blake3, text)));
            prop_assert_eq!(end.blocks.iter().map(|b| b.1).sum::<u64>(), text.len() as u64 - 2);
        }
    }

    #[test]
    fn a_footer_is_left_out_at_every_block_size(
        lines in proptest::collection::vec("[ab]{0,9}\n|\"[ab\n]{1,5}\"\n", 0..25),
        last_line in "([ab]{1,3})?",
        footer_records in 0u32..6,
        block_bytes in 1u64..40,
        run_chunks in 1usize..4,
        workers in 1usize..4,
    ) {
        let text = format!("h\n{}{last_line}", lines.concat());
        let mut lines = lines;
        lines.extend((!last_line.is_empty()).then_some(last_line));
        let records: Vec<usize> = (0..lines.len()).filter(|i| lines[*i] != "\n").collect();
        let kept = records.len().saturating_sub(footer_records as usize);
        let expected = match kept {
            _ if footer_records == 0 => lines.concat(),
            0 => String::new(),
            kept => lines[..=records[kept - 1]].concat(),
        };
        let framing = Framing::Delimited(Delimited { footer_records, ..Delimited::default() });
        let stage = echo();
        run_cut(&framing, &[text.as_bytes()], limits(block_bytes, run_chunks, 400, false), workers, &stage).unwrap();
        let seen: Vec<u8> = stage.collected.into_inner().unwrap().into_iter().flat_map(|c| c.2).collect();
        // Blank lines before the footer are no records: they stay with the data or not.
        let seen = String::from_utf8(seen).unwrap();
        prop_assert_eq!(seen.trim_end_matches('\n'), expected.trim_end_matches('\n'));
        let end = stage.ends.into_inner().unwrap().remove(0);
        prop_assert_eq!(end.records, kept as u64);
        prop_assert_eq!(end.id, Some(crate::store::ContentId::of(Algorithm::Blake3, text.as_bytes())));
    }

    #[test]
    fn records_with_their_length_in_front_arrive_whole(
        bodies in proptest::collection::vec(0usize..30, 0..40),
        block_bytes in 1u64..50,
        workers in 1usize..4,
    ) {
        let record = |body: &usize| {
            let head = [0, *body as u8 + 4, 0, 0];
            head.into_iter().chain(std::iter::repeat_n(0xC1, *body)).collect::<Vec<u8>>()
        };
        let input: Vec<u8> = bodies.iter().flat_map(record).collect();
        let stage = echo();
        let framing = Framing::Prefixed { is_grouped: false };
        run_cut(&framing, &[&input], limits(block_bytes, 1, 200, false), workers, &stage).unwrap();
        let runs: Vec<Vec<u8>> = stage.collected.into_inner().unwrap().into_iter().map(|c| c.2).collect();
        for run in &runs {
            let mut at = 0;
            while at < run.len() {
                at += usize::from(run[at + 1]);
            }
            prop_assert_eq!(at, run.len());
        }
        prop_assert_eq!(runs.concat(), input);
        prop_assert_eq!(stage.ends.into_inner().unwrap().remove(0).records, bodies.len() as u64);
    }

    #[test]
    fn the_earliest_failure_is_the_one_that_is_told(workers in 1usize..4, fail_at in 0u64..6) {
        let text = "h\n".to_owned() + &"abc,def\n".repeat(20);
        let stage = Echo { fail_at: Some((0, fail_at)), ..echo() };
        let error = run(&[text.as_bytes()], limits(16, 1, 256, false), workers, &stage).unwrap_err();
        prop_assert!(matches!(error, EchoError::At(0, index) if index == fail_at), "{:?}", error);
    }
}

#[test]
fn an_unclosed_quote_stops_the_job_or_only_its_input() {
    let good = b"h\na\nb\n".as_slice();
    let bad = b"h\na\n\"b\n".as_slice();
    let stage = echo();
    let error = run(&[good, bad, good], limits(2, 1, 100, false), 2, &stage).unwrap_err();
    assert!(matches!(&error, EchoError::Ingest(text) if text.contains("byte 4")), "{error:?}");
    let stage = Echo { tolerant: true, ..echo() };
    run(&[good, bad, good], limits(2, 1, 100, false), 2, &stage).unwrap();
    let collected = stage.collected.into_inner().unwrap();
    assert_eq!(
        collected.iter().filter(|c| c.0 == 2).flat_map(|c| c.2.clone()).collect::<Vec<_>>(),
        b"a\nb\n"
    );
}

#[test]
fn a_record_with_a_bad_length_stops_its_input_with_the_place() {
    let framing = Framing::Prefixed { is_grouped: false };
    let stage = echo();
    let error =
        run_cut(&framing, &[&[0, 5, 0, 0, 1, 0, 2, 0, 0]], limits(3, 1, 100, false), 2, &stage).unwrap_err();
    let expected = "the RDW at byte 5 says 2 bytes, and has 4 itself";
    assert!(matches!(&error, EchoError::Ingest(text) if text.contains(expected)), "{error:?}");
}

#[test]
fn a_record_longer_than_the_window_is_an_error_with_its_place() {
    let text = format!("h\nshort\n\"{}\"\n", "x\n".repeat(500));
    let stage = echo();
    let error = run(&[text.as_bytes()], limits(16, 1, 64, false), 2, &stage).unwrap_err();
    assert!(
        matches!(&error, EchoError::Ingest(text) if text.contains("byte 8") && text.contains("64 bytes")),
        "{error:?}"
    );
}
