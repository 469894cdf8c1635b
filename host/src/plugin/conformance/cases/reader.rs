//! Bytes of every kind, for readers.

use super::{Case, Level, READERS, component};
use crate::chunk::ChunkBytes;
use crate::plugin::conformance::batches::{Random, Rows};
use crate::plugin::conformance::desk::Desk;
use crate::plugin::conformance::reading::{Reading, Session, Source};
use crate::plugin::conformance::subject::Subject;
use crate::plugin::conformance::{Checked, Stop, ensure, failed};
use crate::plugin::crossing::raw_chunk;
use artemis_plugin_api::abi::{
    ARTEMIS_ACTION_DROP, ARTEMIS_ACTION_NULL, ARTEMIS_ACTION_STOP, ARTEMIS_STOPPED,
};
use artemis_plugin_api::abi::{CHUNK_PADDING_BYTES, artemis_chunk};
use std::sync::Arc;
use std::sync::atomic::Ordering;

pub(super) const CASES: &[Case] = &[
    component(
        "framing-stable",
        Level::Reader,
        READERS,
        "The framing is one that the host cuts, and the same whenever it is asked for.",
        framing,
    ),
    component(
        "chunks-any-split",
        Level::Reader,
        READERS,
        "Chunks that end at any record border give the rows of one chunk.",
        splits,
    ),
    component(
        "chunk-one-record",
        Level::Reader,
        READERS,
        "Chunks of one record each give the rows of one chunk.",
        one_record,
    ),
    component(
        "chunk-empty",
        Level::Reader,
        READERS,
        "A chunk without bytes is taken and gives no rows.",
        empty,
    ),
    component(
        "chunk-not-kept",
        Level::Reader,
        READERS,
        "A chunk without handle, which cannot be kept, gives the same rows, whatever bytes follow it.",
        not_kept,
    ),
    component(
        "chunk-cut-record",
        Level::Reader,
        READERS,
        "A last record that is cut short at any byte gives rows, rejects or an error, and does no harm.",
        cut_record,
    ),
    component(
        "bytes-random",
        Level::Reader,
        READERS,
        "Random bytes give rows, rejects or an error, and do no harm.",
        random,
    ),
    component(
        "samples-any-order",
        Level::Reader,
        READERS,
        "Samples merged in any order show the same schema.",
        samples,
    ),
    component(
        "schema-without-sample",
        Level::Reader,
        READERS,
        "A schema is given, or declined, where there is no sample.",
        without_sample,
    ),
    component("datums-many", Level::Reader, READERS, "Several inputs are open at once.", datums),
    component(
        "head-empty",
        Level::Reader,
        READERS,
        "The head of an input without bytes is taken or is an error, and does no harm.",
        empty_head,
    ),
    component(
        "reject-stop-honoured",
        Level::Reader,
        READERS,
        "When the host answers a reject by stop the call returns ARTEMIS_STOPPED soon.",
        reject_stop,
    ),
    component(
        "reject-drop-honoured",
        Level::Reader,
        READERS,
        "When the host answers a reject by drop the record is left out.",
        reject_drop,
    ),
    component(
        "rejects-located",
        Level::Reader,
        READERS,
        "A reject tells record and byte offset within its datum, wherever its chunk starts.",
        located,
    ),
];

fn same(one: &Rows, other: &Rows, what: &str) -> Checked {
    match one.difference(other) {
        Some(difference) => Err(failed(format!("{what}: {difference}"))),
        None => Ok(()),
    }
}

fn framing(subject: &Subject) -> Checked {
    let desk = subject.desk();
    let reading = Reading::configure(subject, &desk)?;
    let first = reading.framing()?;
    crate::ingest::Cut::new(&first).map_err(|text| failed(format!("framing: {text}")))?;
    for _ in 0..3 {
        ensure(reading.framing()? == first, || "the second time it is another".into())?;
    }
    let other = subject.desk();
    ensure(Reading::configure(subject, &other)?.framing()? == first, || {
        "of the same properties it is another".into()
    })
}

fn splits(subject: &Subject) -> Checked {
    let desk = subject.desk();
    let session = Session::open(subject, &desk)?;
    let records = session.records();
    let one = session.read(&[records])?;
    // Chunks of one record are a case of their own.
    for first in 2..records.saturating_sub(1).min(200) {
        same(&one, &session.read(&[first, records - first])?, &format!("cut after record {first}"))?;
    }
    if records >= 6 {
        let rest = records - 4;
        same(&one, &session.read(&[2, 2, rest])?, "cut after records 2 and 4")?;
    }
    Ok(())
}

fn one_record(subject: &Subject) -> Checked {
    let desk = subject.desk();
    let session = Session::open(subject, &desk)?;
    let records = session.records();
    let one = session.read(&[records])?;
    same(&one, &session.read(&vec![1; records])?, "one chunk, and one a record")
}

fn empty(subject: &Subject) -> Checked {
    let desk = subject.desk();
    let session = Session::open(subject, &desk)?;
    let records = session.records();
    let one = session.read(&[records])?;
    same(&one, &session.read(&[0, records, 0])?, "without and with empty chunks")
}

/// A chunk of bytes that cannot be kept, with something behind it.
fn unkept(bytes: &[u8], behind: u8) -> (Vec<u8>, impl Fn(&[u8]) -> artemis_chunk) {
    let len = bytes.len() as u64;
    let mut padded = bytes.to_vec();
    padded.resize(bytes.len() + CHUNK_PADDING_BYTES, behind);
    let raw = move |padded: &[u8]| artemis_chunk {
        struct_size: size_of::<artemis_chunk>() as u64,
        data: padded.as_ptr(),
        len,
        handle: std::ptr::null_mut(),
    };
    (padded, raw)
}

fn not_kept(subject: &Subject) -> Checked {
    let desk = subject.desk();
    let session = Session::open(subject, &desk)?;
    let records = 0..session.records();
    let one = session.read(&[records.end])?;
    let bytes = session.source.bytes[session.source.span(&records)].to_vec();
    for behind in [b'9', b'\n', 0xff] {
        let (padded, raw) = unkept(&bytes, behind);
        let instance = session.reading.instance()?;
        let about = session.about(0, &records);
        let raw = raw(&padded);
        session.reading.execute(&about, &instance, &session.datum, &session.schemas, &raw).ok("execute")?;
        // The batches may lie in the chunk only as long as the call, unless it was kept: so they are compared here.
        same(&one, &session.rows()?, &format!("with bytes {behind:#04x} behind the chunk"))?;
    }
    Ok(())
}

/// Reads bytes as a chunk, whatever they are.
fn read_any(session: &Session<'_>, desk: &Desk, bytes: &[u8]) -> Checked {
    let chunk = Arc::new(ChunkBytes::copy_of(bytes));
    let (said, sample) = session.reading.sample(&session.datum, &chunk);
    said.sound("sample")?;
    if let Some(sample) = sample {
        session.reading.try_schemas(&session.datum, Some(&sample))?.0.sound("schema")?;
    }
    for action in [ARTEMIS_ACTION_NULL, ARTEMIS_ACTION_DROP] {
        desk.action.store(i64::from(action), Ordering::SeqCst);
        let instance = session.reading.instance()?;
        let about = session.about(0, &(0..0));
        let said =
            session.reading.execute(&about, &instance, &session.datum, &session.schemas, &raw_chunk(&chunk));
        said.sound("execute")?;
        desk.take_emitted();
    }
    Ok(())
}

fn cut_record(subject: &Subject) -> Checked {
    let desk = subject.desk();
    let session = Session::open(subject, &desk)?;
    let records = session.records();
    let last = session.source.span(&(records - 1..records));
    let start = session.source.span(&(records.saturating_sub(3)..records)).start;
    for end in last.start + 1..last.end {
        read_any(&session, &desk, &session.source.bytes[start..end])?;
    }
    Ok(())
}

fn random(subject: &Subject) -> Checked {
    let desk = subject.desk();
    let session = Session::open(subject, &desk)?;
    let mut random = Random::new(subject.seed);
    let body = session.source.bytes[session.source.head..].to_vec();
    for round in 0..if subject.thorough { 20_000 } else { 300 } {
        let bytes: Vec<u8> = if round % 2 == 0 {
            (0..random.below(400)).map(|_| random.next() as u8).collect()
        } else {
            // An input with some bytes changed reaches further than noise.
            let mut bytes = body.clone();
            for _ in 0..=random.below(4) {
                let at = random.below(bytes.len() as u64) as usize;
                bytes[at] = random.next() as u8;
            }
            bytes
        };
        read_any(&session, &desk, &bytes)?;
    }
    Ok(())
}

fn samples(subject: &Subject) -> Checked {
    let desk = subject.desk();
    let session = Session::open(subject, &desk)?;
    let records = session.records();
    if records < 3 {
        return Err(Stop::Skipped("the input has fewer than three records".into()));
    }
    let (a, b) = (records / 3, 2 * records / 3);
    let pieces = [0..a, a..b, b..records];
    let mut first = None;
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
        let mut merged = None;
        for piece in order {
            let span = session.source.span(&pieces[piece]);
            let chunk = Arc::new(ChunkBytes::copy_of(&session.source.bytes[span]));
            let (said, sample) = session.reading.sample(&session.datum, &chunk);
            said.ok("sample")?;
            let sample = sample.ok_or_else(|| failed("sample returned ARTEMIS_OK"))?;
            match &merged {
                None => merged = Some(sample),
                Some(into) => session.reading.merge(into, sample)?,
            }
        }
        let (said, schemas) = session.reading.try_schemas(&session.datum, merged.as_ref())?;
        said.ok("schema")?;
        match &first {
            None => first = Some(schemas),
            Some(first) => {
                ensure(*first == schemas, || {
                    format!("the chunks in the order {order:?} show another schema")
                })?;
            }
        }
    }
    Ok(())
}

fn without_sample(subject: &Subject) -> Checked {
    let desk = subject.desk();
    let session = Session::open(subject, &desk)?;
    session.reading.try_schemas(&session.datum, None)?.0.sound("schema")
}

fn datums(subject: &Subject) -> Checked {
    let desk = subject.desk();
    let session = Session::open(subject, &desk)?;
    let one = session.read(&[session.records()])?;
    let head = Arc::new(ChunkBytes::copy_of(&session.source.bytes[..session.source.head]));
    let others = (0..4).map(|_| {
        let (said, datum) = session.reading.open(&head);
        said.ok("open_datum")?;
        datum.ok_or_else(|| failed("open_datum returned ARTEMIS_OK"))
    });
    let others = others.collect::<Result<Vec<_>, Stop>>()?;
    same(&one, &session.read(&[session.records()])?, "alone and beside others")?;
    drop(others);
    same(&one, &session.read(&[session.records()])?, "alone and after others were closed")
}

fn empty_head(subject: &Subject) -> Checked {
    let desk = subject.desk();
    let reading = Reading::configure(subject, &desk)?;
    let nothing = Arc::new(ChunkBytes::copy_of(&[]));
    reading.open(&nothing).0.sound("open_datum")
}

/// Changes digits until the reader rejects something; the session then has that input, in chunks of so many records.
fn rejecting<'a>(subject: &'a Subject, desk: &'a Desk) -> Result<(Session<'a>, Source), Stop> {
    let session = Session::open(subject, desk)?;
    let records = session.records();
    let span = session.source.span(&(records.saturating_sub(4)..records.saturating_sub(3).max(1)));
    for at in span.rev() {
        if !session.source.bytes[at].is_ascii_digit() {
            continue;
        }
        let mut source = session.source.clone();
        source.bytes[at] = b'x';
        let instance = session.reading.instance()?;
        let chunk = Arc::new(ChunkBytes::copy_of(&source.bytes[source.head..]));
        let about = session.about(0, &(0..records));
        let said =
            session.reading.execute(&about, &instance, &session.datum, &session.schemas, &raw_chunk(&chunk));
        desk.take_emitted();
        said.sound("execute")?;
        if said.is_ok() && !desk.record().rejects.is_empty() {
            desk.record().rejects.clear();
            drop(instance);
            return Ok((session, source));
        }
        desk.record().rejects.clear();
    }
    Err(Stop::Skipped("the checker could make it reject nothing".into()))
}

fn reject_stop(subject: &Subject) -> Checked {
    let desk = subject.desk();
    let (session, source) = rejecting(subject, &desk)?;
    desk.action.store(i64::from(ARTEMIS_ACTION_STOP), Ordering::SeqCst);
    let instance = session.reading.instance()?;
    let chunk = Arc::new(ChunkBytes::copy_of(&source.bytes[source.head..]));
    let about = session.about(0, &(0..session.records()));
    let said =
        session.reading.execute(&about, &instance, &session.datum, &session.schemas, &raw_chunk(&chunk));
    ensure(said.status == ARTEMIS_STOPPED, || said.told("execute"))
}

fn reject_drop(subject: &Subject) -> Checked {
    let desk = subject.desk();
    let (mut session, source) = rejecting(subject, &desk)?;
    let whole = session.read(&[session.records()])?;
    session.source = source;
    desk.action.store(i64::from(ARTEMIS_ACTION_DROP), Ordering::SeqCst);
    let dropped = session.read(&[session.records()])?;
    let rows = |rows: &Rows| rows.0.iter().map(arrow::array::RecordBatch::num_rows).sum::<usize>();
    ensure(rows(&dropped) < rows(&whole), || {
        format!("{} rows, as many as without the rejected record", rows(&dropped))
    })
}

fn located(subject: &Subject) -> Checked {
    let desk = subject.desk();
    let (mut session, source) = rejecting(subject, &desk)?;
    session.source = source;
    let records = session.records();
    let half = records / 2;
    session.read(&[half, records - half])?;
    let rejects = std::mem::take(&mut desk.record().rejects);
    for (record, offset) in rejects {
        let record = usize::try_from(record).unwrap_or(usize::MAX);
        ensure(record < records, || format!("a reject is of record {record} of {records}"))?;
        let span = session.source.span(&(record..record + 1));
        ensure(span.contains(&(offset as usize)), || {
            format!("record {record} is at bytes {span:?}, its reject at {offset}")
        })?;
    }
    Ok(())
}
