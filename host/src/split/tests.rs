//! The scanner and the stitcher against the plain machine.

use proptest::prelude::*;

use super::*;

/// The bytes that matter, with weight on those that interact.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        3 => Just(b'"'), 3 => Just(b'\n'), 2 => Just(b'\r'), 2 => Just(b','), 2 => Just(b'\\'),
        2 => Just(b'#'), 3 => Just(b'a'), 1 => Just(b'|'), 1 => any::<u8>(),
    ];
    let short = prop::collection::vec(byte, 0..80);
    // Long runs reach the jumps and the segments that the first bytes do not.
    let run = (short.clone(), 0usize..200).prop_map(|(mut text, letters)| {
        text.extend(std::iter::repeat_n(b'x', letters));
        text
    });
    prop_oneof![
        3 => short,
        1 => prop::collection::vec(run, 0..6).prop_map(|runs| runs.concat()),
    ]
}

fn dialects() -> impl Strategy<Value = Dialect> {
    let maybe = |byte: u8| prop_oneof![Just(None), Just(Some(byte))];
    let terminator = prop_oneof![
        3 => Just(Terminator::LineFeed), 1 => Just(Terminator::Byte(b'|')), 1 => Just(Terminator::Byte(b'\r')),
    ];
    (maybe(b'"'), maybe(b'\\'), maybe(b'#'), terminator)
        .prop_map(|(quote, escape, comment, terminator)| {
            Dialect::new(b',', quote, escape, comment, terminator).unwrap()
        })
        .boxed()
}

/// The records of a whole text as the plain machine sees them: start and end of each.
fn records(dialect: &Dialect, text: &[u8]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut count = 0;
    for end in 1..=text.len() {
        let path = oracle(dialect, &text[start..end], State::RecordStart);
        if path.first_boundary.is_some() {
            if path.first_is_record {
                found.push((start, end));
                count += 1;
            }
            start = end;
        } else if end == text.len() && path.end.in_record() {
            found.push((start, end));
        }
    }
    assert!(count == oracle(dialect, text, State::RecordStart).records);
    found
}

fn stitch(scanner: &Scanner, text: &[u8], first_offset: usize, grid: usize) -> (Vec<Block>, Stitched) {
    let mut stitcher = Stitcher::new(first_offset as u64);
    let mut blocks = Vec::new();
    let mut at = first_offset;
    while at < text.len() {
        let end = ((at / grid + 1) * grid).min(text.len());
        blocks.extend(stitcher.push(&scanner.scan(&text[at..end])));
        at = end;
    }
    let end = stitcher.finish();
    blocks.extend(end.last);
    (blocks, end)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn scanner_agrees_with_the_plain_machine_from_every_state(dialect in dialects(), text in text()) {
        let summary = Scanner::new(dialect).scan(&text);
        for start in State::ALL {
            prop_assert_eq!(*summary.path(start), oracle(&dialect, &text, start), "from {:?}", start);
        }
    }

    #[test]
    fn composition_is_associative_and_equals_the_scan_of_the_whole(
        dialect in dialects(), text in text(), cuts in (0.0..1.0, 0.0..1.0),
    ) {
        let scanner = Scanner::new(dialect);
        let place = |share: f64| (share * text.len() as f64) as usize;
        let (a, b) = (place(cuts.0).min(place(cuts.1)), place(cuts.0).max(place(cuts.1)));
        let (first, second, third) =
            (scanner.scan(&text[..a]), scanner.scan(&text[a..b]), scanner.scan(&text[b..]));
        let whole = scanner.scan(&text);
        prop_assert_eq!(&first.then(&second).then(&third), &whole);
        prop_assert_eq!(&first.then(&second.then(&third)), &whole);
        prop_assert_eq!(&Summary::empty().then(&whole), &whole);
        prop_assert_eq!(&whole.then(&Summary::empty()), &whole);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    #[test]
    fn blocks_of_every_size_hold_exactly_the_records_of_the_whole(
        dialect in dialects(), text in text(), header in 0u64..3,
    ) {
        let HeadEnd::At(start) = head(&dialect, &text, header, true) else {
            panic!("the whole text was given");
        };
        let start = start as usize;
        let whole = records(&dialect, &text[start..]);
        let scanner = Scanner::new(dialect);
        let sizes = (1..=text.len().min(80) + 1).chain([127, 128, 200, 500]);
        for grid in sizes {
            let (blocks, end) = stitch(&scanner, &text, start, grid);
            prop_assert_eq!(end.records, whole.len() as u64);
            let open = oracle(&dialect, &text[start..], State::RecordStart);
            prop_assert_eq!(
                end.open_quote,
                open.end.in_quotes().then(|| start as u64 + open.last_boundary.unwrap_or(0))
            );
            let (mut at, mut record) = (start as u64, 0);
            for (index, block) in blocks.iter().enumerate() {
                prop_assert_eq!((block.index, block.offset), (index as u64, at), "grid {}", grid);
                prop_assert_eq!(block.first_record, record);
                prop_assert!(block.length > 0);
                let bytes = &text[at as usize..(at + block.length) as usize];
                let within: Vec<_> = records(&dialect, bytes)
                    .into_iter()
                    .map(|(a, b)| (a + block.offset as usize - start, b + block.offset as usize - start))
                    .collect();
                prop_assert_eq!(block.records, within.len() as u64);
                prop_assert_eq!(&within[..], &whole[record as usize..record as usize + within.len()]);
                at += block.length;
                record += block.records;
            }
            prop_assert_eq!((at, record), (text.len() as u64, whole.len() as u64));
        }
    }

    #[test]
    fn the_nth_record_ends_where_the_plain_machine_says(dialect in dialects(), text in text(), n in 0u64..6) {
        let ended = oracle(&dialect, &text, State::RecordStart).records;
        let expected = match n {
            0 => Some(0),
            n if n <= ended => Some(records(&dialect, &text)[n as usize - 1].1 as u64),
            _ => None,
        };
        prop_assert_eq!(nth_record_end(&dialect, &text, State::RecordStart, n), expected);
    }

    #[test]
    fn a_head_found_early_is_the_head_of_the_whole(dialect in dialects(), text in text(), n in 0u64..4) {
        let text = [&b"\xEF\xBB\xBF"[..], &text].concat();
        let whole = head(&dialect, &text, n, true);
        for end in 0..text.len() {
            match head(&dialect, &text[..end], n, false) {
                HeadEnd::NeedMore => {}
                early => prop_assert_eq!(early, whole),
            }
        }
    }
}

#[test]
fn quotes_inside_unquoted_fields_are_literal() {
    let text = b"# it's 5\" wide\n1,5\" wide\n2,\"a\nb\"\n";
    let dialect = Dialect::new(b',', Some(b'"'), None, Some(b'#'), Terminator::LineFeed).unwrap();
    let (blocks, end) = stitch(&Scanner::new(dialect), text, 0, 1);
    assert_eq!(end.records, 2);
    assert_eq!(blocks.iter().map(|b| b.offset).collect::<Vec<_>>(), [0, 15, 25]);
}

#[test]
fn blank_lines_and_byte_order_marks_come_before_the_header() {
    let text = b"\xEF\xBB\xBF\r\n\na,b\r\n1,2\r\n";
    assert_eq!(head(&Dialect::csv(), text, 1, true), HeadEnd::At(11));
    assert_eq!(head(&Dialect::csv(), text, 0, true), HeadEnd::At(3));
    assert_eq!(head(&Dialect::csv(), b"a,b", 1, false), HeadEnd::NeedMore);
    assert_eq!(head(&Dialect::csv(), b"a,b", 1, true), HeadEnd::At(3));
    assert_eq!(head(&Dialect::csv(), b"", 1, true), HeadEnd::At(0));
}

#[test]
fn an_open_quote_is_reported_with_the_start_of_its_line() {
    let (blocks, end) = stitch(&Scanner::new(Dialect::csv()), b"1,a\n2,\"b\n3,c\n", 0, 4);
    assert_eq!(end.open_quote, Some(4));
    assert_eq!((blocks.len(), end.records), (2, 2));
}

/// `cargo test --release -p artemis-host split -- --ignored --nocapture` prints the speed of the scan.
#[test]
#[ignore = "measures, asserts nothing"]
fn scan_speed() {
    let shapes: [(&str, &str); 4] = [
        ("few quotes", "12345,67.125,-3,abc def,2023-01-01,99999,1.5e-3\n"),
        ("a quote per row", "12345,67.125,-3,\"abc, def\",2023-01-01,99999,1.5e-3\n"),
        ("all quoted", "\"12345\",\"67.125\",\"abc, def\",\"2023-01-01\"\n"),
        ("short rows", "1,2,3\n"),
    ];
    for (name, row) in shapes {
        let text = row.repeat((64 << 20) / row.len());
        let scanner = Scanner::new(Dialect::csv());
        let start = std::time::Instant::now();
        for cell in text.as_bytes().chunks(1 << 20) {
            std::hint::black_box(scanner.scan(cell));
        }
        let seconds = start.elapsed().as_secs_f64();
        println!("{name:>16}: {:.2} GB/s", text.len() as f64 / seconds / 1e9);
    }
}
