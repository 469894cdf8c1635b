//! Aggregates over whole inputs, over splits of them, and through their saved form.

use super::*;
use arrow::array::*;
use arrow::compute::concat_batches;
use arrow::datatypes::*;
use artemis_plugin_api::Value;
use artemis_plugin_api::testing::TestHost;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn host(by: &[&str], measures: &[(&str, &str)]) -> TestHost<'static> {
    let text = |text: &str| Value::String(text.to_owned());
    TestHost::new().property("by", Value::List(by.iter().map(|name| text(name)).collect())).property(
        "measures",
        Value::Table(measures.iter().map(|(k, v)| ((*k).to_owned(), text(v))).collect()),
    )
}

fn run(by: &[&str], measures: &[(&str, &str)], runs: &[Vec<RecordBatch>]) -> Result<RecordBatch> {
    let batches = host(by, measures).run_algorithm::<Aggregate>(runs)?.remove(0);
    Ok(concat_batches(&batches[0].schema(), &batches)?)
}

fn of(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap()
}

fn flights() -> RecordBatch {
    of(vec![
        ("carrier", Arc::new(StringArray::from(vec![Some("UA"), Some("AA"), None, Some("UA"), Some("AA")]))),
        ("delay", Arc::new(Int64Array::from(vec![Some(10), None, Some(5), Some(-3), None]))),
        ("distance", Arc::new(Float64Array::from(vec![0.1, 1e100, 0.5, 0.2, -1e100]))),
    ])
}

#[test]
fn groups_come_out_sorted_with_nulls_last() {
    let measures = [
        ("flights", "count"),
        ("known", "count(delay)"),
        ("total", "sum(delay)"),
        ("least", "min(delay)"),
        ("latest", "max(carrier)"),
        ("mean", "mean(delay)"),
        ("far", "sum(distance)"),
    ];
    let got = run(&["carrier"], &measures, &[vec![flights()]]).unwrap();
    // Measures stand in the order of their names.
    let wanted = of(vec![
        ("carrier", Arc::new(StringArray::from(vec![Some("AA"), Some("UA"), None]))),
        ("far", Arc::new(Float64Array::from(vec![0.0, 0.1 + 0.2, 0.5]))),
        ("flights", Arc::new(Int64Array::from(vec![2, 2, 1]))),
        ("known", Arc::new(Int64Array::from(vec![0, 2, 1]))),
        ("latest", Arc::new(StringArray::from(vec![Some("AA"), Some("UA"), None]))),
        ("least", Arc::new(Int64Array::from(vec![None, Some(-3), Some(5)]))),
        ("mean", Arc::new(Float64Array::from(vec![None, Some(3.5), Some(5.0)]))),
        ("total", Arc::new(Int64Array::from(vec![None, Some(7), Some(5)]))),
    ]);
    assert_eq!(got.columns(), wanted.columns());
    let names =
        |batch: &RecordBatch| batch.schema().fields().iter().map(|f| f.name().clone()).collect::<Vec<_>>();
    assert_eq!(names(&got), names(&wanted));
}

#[test]
fn without_rows_there_is_one_row_or_none() {
    let empty = flights().slice(0, 0);
    let measures = [("n", "count"), ("total", "sum(delay)")];
    let one = run(&[], &measures, &[vec![empty.clone()]]).unwrap();
    assert_eq!(one.num_rows(), 1);
    assert_eq!(one.column(0).as_primitive::<Int64Type>().value(0), 0);
    assert!(one.column(1).is_null(0));
    let none = run(&["carrier"], &measures, &[vec![empty]]).unwrap();
    assert_eq!((none.num_rows(), none.num_columns()), (0, 3));
}

#[test]
fn every_type_has_its_extremes_and_can_be_a_key() {
    use DataType::*;
    let numbers = |data_type: &DataType| {
        crate::types::from_ordinals(&[Some(1), None, Some(0), Some(1)], data_type).unwrap()
    };
    let zone = Some("UTC".into());
    let mut columns: Vec<ArrayRef> = [
        Boolean,
        Int8,
        Int16,
        Int32,
        Int64,
        UInt8,
        UInt16,
        UInt32,
        UInt64,
        Float16,
        Float32,
        Float64,
        Date32,
        Date64,
        Time32(TimeUnit::Second),
        Time64(TimeUnit::Microsecond),
        Duration(TimeUnit::Millisecond),
        Timestamp(TimeUnit::Nanosecond, None),
        Timestamp(TimeUnit::Second, zone),
        Decimal128(20, 3),
    ]
    .iter()
    .filter(|data_type| !matches!(data_type, Float16 | Float32 | Float64))
    .map(numbers)
    .collect();
    let texts = StringArray::from(vec![Some("b"), None, Some("a"), Some("b")]);
    let texts: ArrayRef = Arc::new(texts);
    for data_type in [Utf8, LargeUtf8, Utf8View, Binary, LargeBinary, BinaryView] {
        columns.push(arrow::compute::cast(&texts, &data_type).unwrap());
    }
    let dictionary: DictionaryArray<Int8Type> = [Some("b"), None, Some("a"), Some("b")].into_iter().collect();
    columns.push(Arc::new(dictionary));
    let fixed = vec![Some([2u8, 0]), None, Some([1, 9]), Some([2, 0])].into_iter();
    columns.push(Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(fixed, 2).unwrap()));
    let floats: ArrayRef = Arc::new(Float64Array::from(vec![Some(0.5), None, Some(-1.0), Some(0.5)]));
    for data_type in [Float16, Float32, Float64] {
        columns.push(arrow::compute::cast(&floats, &data_type).unwrap());
    }
    let wide = vec![Some(i256::from_i128(3)), None, Some(i256::from_i128(-3)), Some(i256::from_i128(3))];
    columns.push(Arc::new(Decimal256Array::from(wide).with_data_type(Decimal256(60, 2))));
    for column in columns {
        let name = column.data_type().to_string();
        let plain = crate::types::to_plain(&column).unwrap();
        let batch = of(vec![("x", column)]);
        let measures = [("least", "min(x)"), ("most", "max(x)")];
        let whole = run(&[], &measures, &[vec![batch.clone()]]).unwrap();
        assert_eq!(whole.column(0).as_ref(), plain.slice(2, 1).as_ref(), "{name}");
        assert_eq!(whole.column(1).as_ref(), plain.slice(0, 1).as_ref(), "{name}");
        let halves = [vec![batch.slice(0, 2)], vec![batch.slice(2, 2)]];
        assert_eq!(run(&[], &measures, &halves).unwrap(), whole, "{name}");
        let keyed = run(&["x"], &[("n", "count")], &[vec![batch.clone()]]).unwrap();
        let indices = UInt64Array::from(vec![2, 0, 1]);
        assert_eq!(
            keyed.column(0).as_ref(),
            arrow::compute::take(&plain, &indices, None).unwrap().as_ref(),
            "{name}"
        );
        assert_eq!(keyed.column(1).as_primitive::<Int64Type>().values(), &[1, 2, 1], "{name}");
        saves_and_loads(&["x"], &measures, &batch);
    }
}

#[test]
fn a_column_without_values_counts_nothing() {
    let batch = of(vec![("x", Arc::new(NullArray::new(3)))]);
    let measures = [("a", "count(x)"), ("b", "sum(x)"), ("c", "mean(x)"), ("d", "min(x)"), ("n", "count")];
    let got = run(&["x"], &measures, &[vec![batch.slice(0, 1)], vec![batch.clone()]]).unwrap();
    assert_eq!(got.num_rows(), 1);
    assert_eq!(got.column(1).as_primitive::<Int64Type>().value(0), 0);
    assert_eq!(got.column(5).as_primitive::<Int64Type>().value(0), 4);
    assert!(
        (2..5).all(|index| got.column(index).is_nullable() && got.column(index).logical_null_count() == 1)
    );
    saves_and_loads(&["x"], &measures, &batch);
}

#[test]
fn sums_are_exact_or_an_error() {
    let i = |values: Vec<i64>| of(vec![("x", Arc::new(Int64Array::from(values)))]);
    let measures = [("s", "sum(x)")];
    // The sum leaves int64 on its way and comes back.
    let back = run(&[], &measures, &[vec![i(vec![i64::MAX, 1])], vec![i(vec![-1])]]).unwrap();
    assert_eq!(back.column(0).as_primitive::<Int64Type>().value(0), i64::MAX);
    let error = run(&[], &measures, &[vec![i(vec![i64::MAX, 1])]]).unwrap_err();
    assert_eq!(error.text(), "the measure `s` of some group does not fit Int64");
    assert_eq!(error.column(), Some("s"));

    let unsigned = of(vec![("x", Arc::new(UInt64Array::from(vec![u64::MAX - 1, 1])))]);
    let sum = run(&[], &measures, &[vec![unsigned]]).unwrap();
    assert_eq!(sum.column(0).as_primitive::<UInt64Type>().value(0), u64::MAX);

    let most = 10i128.pow(38) - 1;
    let decimal = |values: Vec<i128>| {
        let array = Decimal128Array::from(values).with_data_type(DataType::Decimal128(38, 2));
        of(vec![("x", Arc::new(array))])
    };
    let runs = [vec![decimal(vec![most, most, 1])], vec![decimal(vec![-most])]];
    let error = run(&[], &measures, &runs).unwrap_err();
    assert_eq!(error.text(), "the measure `s` of some group does not fit Decimal128(38, 2)");
    let runs = [vec![decimal(vec![most, most])], vec![decimal(vec![-most])]];
    let sum = run(&[], &[("m", "mean(x)"), ("s", "sum(x)")], &runs).unwrap();
    assert_eq!(sum.column(1).as_primitive::<Decimal128Type>().value(0), most);
    assert_eq!(sum.column(0).as_primitive::<Float64Type>().value(0), 1e36 / 3.0);
}

#[test]
fn equal_floats_are_one_group() {
    let x = Float64Array::from(vec![0.0, -0.0, f64::NAN, -f64::NAN, 1.0]);
    let got = run(&["x"], &[("n", "count")], &[vec![of(vec![("x", Arc::new(x))])]]).unwrap();
    assert_eq!(got.column(1).as_primitive::<Int64Type>().values(), &[2, 1, 2]);
}

#[test]
fn many_groups_come_in_several_batches() {
    let values: Vec<i64> = (0..70_000).map(|value| value * 7919 % 70_000).collect();
    let batch = of(vec![("x", Arc::new(Int64Array::from(values)))]);
    let batches = host(&["x"], &[("n", "count")]).run_algorithm::<Aggregate>(&[vec![batch.clone()]]).unwrap();
    let rows: Vec<usize> = batches[0].iter().map(RecordBatch::num_rows).collect();
    assert_eq!(rows, [65_536, 4_464]);
    let sorted: Vec<i64> =
        batches[0].iter().flat_map(|b| b.column(0).as_primitive::<Int64Type>().values().to_vec()).collect();
    assert!(sorted.iter().copied().eq(0..70_000));
    saves_and_loads(&["x"], &[("n", "count")], &batch);
}

#[test]
fn wrong_properties_and_columns_are_refused() {
    let text = |by: &[&str], measures: &[(&str, &str)]| {
        run(by, measures, &[vec![flights()]]).unwrap_err().to_string()
    };
    assert_eq!(text(&[], &[]), "give at least one measure");
    assert_eq!(text(&["carrier", "carrier"], &[("n", "count")]), "column `carrier` stands twice in `by`");
    assert_eq!(
        text(&["carrier"], &[("carrier", "count")]),
        "`carrier` is a column of `by` and a measure: give the measure another name"
    );
    assert_eq!(
        text(&["x"], &[("n", "count")]),
        "there is no column `x`; there are `carrier`, `delay`, `distance`"
    );
    assert_eq!(text(&[], &[("n", "sum(carrier)")]), "measure `n`: column `carrier` is Utf8, not a number");
    assert!(
        text(&[], &[("n", "median(delay)")]).starts_with("measure `n`: `median(delay)` is none of count,")
    );
}

/// An aggregate over a batch, initialized, with the partial of the batch.
fn accumulated(by: &[&str], measures: &[(&str, &str)], batch: &RecordBatch) -> (Aggregate, Accumulated) {
    let host = host(by, measures);
    let context = host.context(Default::default());
    let mut aggregate: Aggregate = host.configure().unwrap();
    aggregate.initialize(&context, &[batch.schema()]).unwrap();
    let (mut instance, mut partial) = (aggregate.instance(&context).unwrap(), aggregate.partial());
    let inputs = vec![Input { parent: 0, batch: batch.clone() }];
    aggregate.execute(&context, &mut instance, &mut partial, inputs).unwrap();
    (aggregate, partial)
}

fn finished(aggregate: &Aggregate, partial: &mut Accumulated) -> Vec<RecordBatch> {
    let host = TestHost::new();
    aggregate.finalize(&host.context(Default::default()), partial).unwrap();
    host.record().emitted.into_iter().map(|(_, batch)| batch).collect()
}

fn saves_and_loads(by: &[&str], measures: &[(&str, &str)], batch: &RecordBatch) {
    let (aggregate, mut partial) = accumulated(by, measures, batch);
    let saved = aggregate.save(&partial).unwrap();
    let mut loaded = aggregate.load(&saved).unwrap();
    assert_eq!(finished(&aggregate, &mut loaded), finished(&aggregate, &mut partial));
}

const ALL: [(&str, &str); 9] = [
    ("a", "count"),
    ("b", "count(x)"),
    ("c", "sum(x)"),
    ("d", "min(x)"),
    ("e", "max(s)"),
    ("f", "mean(x)"),
    ("g", "sum(z)"),
    ("h", "mean(d)"),
    ("i", "sum(d)"),
];

#[test]
fn saved_bytes_of_another_plan_are_refused() {
    let batch = random(vec![(Some(1), Some(2), None, 0.5)]);
    let (aggregate, partial) = accumulated(&["k"], &ALL, &batch);
    let (other, _) = accumulated(&["k"], &ALL[..3], &batch);
    let error = other.load(&aggregate.save(&partial).unwrap()).err().unwrap();
    assert_eq!(error.text(), "the saved partial cannot be used: it is of another plan");
}

type Row = (Option<i64>, Option<i64>, Option<char>, f64);

fn random(rows: Vec<Row>) -> RecordBatch {
    let decimals = rows.iter().map(|row| row.1.map(i128::from)).collect::<Decimal128Array>();
    of(vec![
        ("k", Arc::new(rows.iter().map(|row| row.0).collect::<Int64Array>())),
        ("x", Arc::new(rows.iter().map(|row| row.1).collect::<Int64Array>())),
        ("s", Arc::new(rows.iter().map(|row| row.2.map(String::from)).collect::<StringArray>())),
        ("z", Arc::new(rows.iter().map(|row| row.3).collect::<Float64Array>())),
        ("d", Arc::new(decimals.with_data_type(DataType::Decimal128(30, 1)))),
    ])
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (
        proptest::option::of(-2i64..3),
        proptest::option::of(-1_000_000i64..1_000_000),
        proptest::option::of(any::<char>()),
        -1e9f64..1e9,
    );
    proptest::collection::vec(row, 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_split_into_runs_and_chunks_gives_the_same(
        rows in rows(),
        cuts in proptest::collection::vec((0usize..60, any::<bool>()), 0..8),
    ) {
        let whole = random(rows);
        let mut cuts: Vec<_> = cuts.into_iter().filter(|(at, _)| *at <= whole.num_rows()).collect();
        cuts.sort_unstable();
        let (mut runs, mut start) = (vec![vec![]], 0);
        for (at, new_run) in cuts {
            let piece = whole.slice(start, at - start);
            runs.last_mut().unwrap().push(piece);
            start = at;
            if new_run {
                runs.push(vec![]);
            }
        }
        runs.last_mut().unwrap().push(whole.slice(start, whole.num_rows() - start));
        for by in [&["k"][..], &[], &["s", "k"]] {
            let split = run(by, &ALL, &runs).unwrap();
            prop_assert_eq!(split, run(by, &ALL, &[vec![whole.clone()]]).unwrap());
        }
    }

    #[test]
    fn groups_agree_with_a_row_by_row_interpreter(rows in rows()) {
        let got = run(&["k"], &ALL, &[vec![random(rows.clone())]]).unwrap();
        // Nulls last: the key is (is null, value).
        let mut groups: BTreeMap<(bool, i64), Vec<Row>> = BTreeMap::new();
        for row in rows {
            groups.entry((row.0.is_none(), row.0.unwrap_or(0))).or_default().push(row);
        }
        prop_assert_eq!(got.num_rows(), groups.len());
        for (index, (key, rows)) in groups.into_iter().enumerate() {
            let int = |column: usize| {
                let column = got.column(column).as_primitive::<Int64Type>();
                column.is_valid(index).then(|| column.value(index))
            };
            let values: Vec<i64> = rows.iter().filter_map(|row| row.1).collect();
            let sum = (!values.is_empty()).then(|| values.iter().sum::<i64>());
            prop_assert_eq!(int(0), (!key.0).then_some(key.1));
            prop_assert_eq!(int(1), Some(rows.len() as i64));
            prop_assert_eq!(int(2), Some(values.len() as i64));
            prop_assert_eq!(int(3), sum);
            prop_assert_eq!(int(4), values.iter().min().copied());
            let mean = got.column(6).as_primitive::<Float64Type>();
            let mean = mean.is_valid(index).then(|| mean.value(index));
            prop_assert_eq!(mean, sum.map(|sum| sum as f64 / values.len() as f64));
            let most = rows.iter().filter_map(|row| row.2).max().map(String::from);
            let text = got.column(5).as_string::<i32>();
            prop_assert_eq!(text.is_valid(index).then(|| text.value(index).to_owned()), most);
        }
    }

    #[test]
    fn saved_partials_come_back(rows in rows()) {
        saves_and_loads(&["k", "s"], &ALL, &random(rows.clone()));
        saves_and_loads(&[], &ALL, &random(rows));
    }

    #[test]
    fn damaged_bytes_are_refused_or_harmless(
        rows in rows(),
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
        cut in proptest::option::of(any::<proptest::sample::Index>()),
    ) {
        let (aggregate, partial) = accumulated(&["s", "k"], &ALL, &random(rows));
        let mut saved = aggregate.save(&partial).unwrap();
        for (at, byte) in damage {
            let at = at.index(saved.len());
            saved[at] = byte;
        }
        if let Some(cut) = cut {
            saved.truncate(cut.index(saved.len()));
        }
        if let Ok(mut loaded) = aggregate.load(&saved) {
            let host = TestHost::new();
            let _ = aggregate.merge(&mut aggregate.partial(), aggregate.load(&saved).unwrap());
            let _ = aggregate.finalize(&host.context(Default::default()), &mut loaded);
        }
    }
}
