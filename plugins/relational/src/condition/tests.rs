//! Conditions against what they should give, and random ones against a row-by-row interpreter.

use super::*;
use arrow::array::*;
use arrow::datatypes::*;
use proptest::prelude::*;
use std::sync::Arc;

/// Three rows: a small value, a larger one, a null.
fn batch() -> RecordBatch {
    let zoned = |zone: &str| TimestampSecondArray::from(vec![Some(0), Some(3600), None]).with_timezone(zone);
    let decimal =
        Decimal128Array::from(vec![Some(150), Some(-275), None]).with_data_type(DataType::Decimal128(10, 2));
    let wide = [Some(i256::from_i128(150)), Some(i256::from_i128(-275)), None];
    let wide = Decimal256Array::from(wide.to_vec()).with_data_type(DataType::Decimal256(50, 2));
    let dictionary: DictionaryArray<Int8Type> = [Some("ab"), Some("cd"), None].into_iter().collect();
    let columns: [(&str, ArrayRef); 19] = [
        ("i", Arc::new(Int64Array::from(vec![Some(-5), Some(i64::MAX), None]))),
        ("small", Arc::new(Int8Array::from(vec![Some(-5), Some(100), None]))),
        ("u", Arc::new(UInt64Array::from(vec![Some(0), Some(u64::MAX), None]))),
        ("f", Arc::new(Float64Array::from(vec![Some(-0.0), Some(f64::NAN), None]))),
        ("f32", Arc::new(Float32Array::from(vec![Some(0.5), Some(2.0), None]))),
        ("d", Arc::new(decimal)),
        ("wide", Arc::new(wide)),
        ("s", Arc::new(StringArray::from(vec![Some("it's"), Some("é"), None]))),
        ("view", Arc::new(StringViewArray::from(vec![Some("it's"), Some("a long text, not inlined"), None]))),
        ("dict", Arc::new(dictionary)),
        ("b", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))),
        ("day", Arc::new(Date32Array::from(vec![Some(0), Some(15_736), None]))),
        ("date", Arc::new(Date64Array::from(vec![Some(0), Some(86_400_000), None]))),
        ("t", Arc::new(TimestampMicrosecondArray::from(vec![Some(0), Some(86_400_000_001), None]))),
        ("utc", Arc::new(zoned("UTC"))),
        ("east", Arc::new(zoned("+02:00"))),
        ("paris", Arc::new(zoned("Europe/Paris"))),
        ("nothing", Arc::new(NullArray::new(3))),
        ("strange \"name\"", Arc::new(Int64Array::from(vec![1, 2, 3]))),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap()
}

/// The outcome per row: `t`, `f`, `n` for null.
fn outcome(text: &str) -> String {
    let batch = batch();
    let condition = match Condition::new(text, &batch.schema()) {
        Ok(condition) => condition,
        Err(error) => return error.text().to_owned(),
    };
    let holds = condition.evaluate(&batch).unwrap();
    holds.iter().map(|value| value.map_or('n', |v| if v { 't' } else { 'f' })).collect()
}

#[test]
fn conditions_hold_where_they_should() {
    for (text, expected) in [
        ("i = -5", "tfn"),
        ("i == 9223372036854775807", "ftn"),
        ("i > 9223372036854775806.5", "ftn"),
        ("i <> -5 ", "ftn"),
        ("i != -5.5", "ttn"),
        ("i = -5.5", "ffn"),
        ("i < -4.5", "tfn"),
        ("i <= -5.5", "ffn"),
        ("i >= -5.5", "ttn"),
        ("i < 1e30", "ttn"),
        ("i > -1e300", "ttn"),
        ("i = 1e300", "ffn"),
        ("-5 >= i", "tfn"),
        ("small < 1000", "ttn"),
        ("small > 1000", "ffn"),
        ("small = 100", "ftn"),
        ("u > -1", "ttn"),
        ("u = 18446744073709551615", "ftn"),
        ("f = 0", "tfn"),
        ("f > 1e308", "ftn"),
        ("f < f", "ffn"),
        ("f = f", "ttn"),
        ("f32 = 0.5", "tfn"),
        ("d = 1.5", "tfn"),
        ("d < -2.749", "ftn"),
        ("d >= -2.750", "ttn"),
        ("d = 1.505", "ffn"),
        ("wide <= 1.5", "ttn"),
        ("wide = -2.75", "ftn"),
        ("s = 'it''s'", "tfn"),
        ("s > 'z'", "ftn"),
        ("view = 'it''s'", "tfn"),
        ("view >= 'a long text, not inlined'", "ttn"),
        ("dict in ('cd', 'x')", "ftn"),
        ("dict not in ('cd')", "tfn"),
        ("b", "tfn"),
        ("not b", "ftn"),
        ("b = false", "ftn"),
        ("true or b", "ttt"),
        ("b or true", "ttt"),
        ("b and false", "fff"),
        ("b or false", "tfn"),
        ("day = date '2013-01-31'", "ftn"),
        ("day < timestamp '2013-01-31 00:00:01'", "ttn"),
        ("day >= timestamp '2013-01-31 00:00:01'", "ffn"),
        ("date = date '1970-01-02'", "ftn"),
        ("t > date '1970-01-02'", "ftn"),
        ("t = timestamp '1970-01-02 00:00:00.000001'", "ftn"),
        ("t < timestamp '1970-01-02 00:00:00.0000011'", "ttn"),
        ("utc = timestamp '1970-01-01 01:00:00'", "ftn"),
        ("utc = timestamp '1970-01-01T03:00:00+02:00'", "ftn"),
        ("east = timestamp '1970-01-01 02:00'", "tfn"),
        ("east = date '1970-01-01'", "ffn"),
        ("paris = timestamp '1970-01-01 01:00:00Z'", "ftn"),
        ("utc = paris and utc >= east", "ttn"),
        ("nothing = 1", "nnn"),
        ("nothing is null", "ttt"),
        ("nothing < day", "nnn"),
        ("nothing", "nnn"),
        ("s is null", "fft"),
        ("s is not null", "ttf"),
        (
            "S IS NULL",
            "condition, character 1: there is no column `S`; there are `i`, `small`, `u`, `f`, `f32`, `d`, `wide`, `s`, `view`, `dict`, `b`, `day`, `date`, `t`, `utc`, `east`, `paris`, `nothing`, `strange \"name\"`",
        ),
        (
            "s IS NULL OR I IS NULL AND b",
            "condition, character 14: there is no column `I`; there are `i`, `small`, `u`, `f`, `f32`, `d`, `wide`, `s`, `view`, `dict`, `b`, `day`, `date`, `t`, `utc`, `east`, `paris`, `nothing`, `strange \"name\"`",
        ),
        ("i = -5 or s is null and b", "tfn"),
        ("(i = -5 or s is null) and b", "tfn"),
        ("not i = -5 and not b", "ftn"),
        ("i in (1, -5)", "tfn"),
        ("i not in (1, -5)", "ftn"),
        ("\"strange \"\"name\"\"\" > 1", "ftt"),
        ("small = i", "tfn"),
        ("i <= u", "ttn"),
        ("d > i", "tfn"),
        ("d = wide", "ttn"),
        ("f32 > d", "ftn"),
        ("f = i", "ffn"),
        ("view = s", "tfn"),
        ("day <= t", "tfn"),
        ("date = day", "tfn"),
        ("((((i = -5))))", "tfn"),
    ] {
        assert_eq!(outcome(text), expected, "{text}");
    }
}

#[test]
fn wrong_conditions_say_where_and_why() {
    for (text, expected) in [
        ("", "condition, character 1: expected a column or a literal, not the end"),
        ("i >", "condition, character 4: expected a column or a literal, not the end"),
        ("i > 1 2", "condition, character 7: expected `and`, `or` or the end, not a number"),
        (
            "i > 1 > 2",
            "condition, character 7: only columns and literals can be compared; use `and` between comparisons",
        ),
        ("é > 1 ; x", "condition, character 7: `;` does not belong here"),
        ("i > 12abc", "condition, character 5: `12abc` is not a number"),
        ("i ! 1", "condition, character 3: write `!=` or `<>` for not equal"),
        ("s = 'x", "condition, character 5: the text has no closing '"),
        ("\"s = 1", "condition, character 1: the column name has no closing \""),
        ("(i > 1", "condition, character 7: expected `)`, not the end"),
        ("i in ()", "condition, character 7: expected a column or a literal, not `)`"),
        ("i in (1", "condition, character 8: expected `,` or `)`, not the end"),
        ("i in (1, s)", "condition, character 10: `in` takes literals only"),
        ("i is 1", "condition, character 6: expected `null`, not a number"),
        ("i not 1", "condition, character 7: expected `in`, not a number"),
        ("i = null", "condition, character 5: nothing equals null: write `is null` or `is not null`"),
        (
            "i = and",
            "condition, character 5: expected a column or a literal, not `and`; a column of that name stands in double quotes",
        ),
        ("i", "condition, character 1: column `i` is Int64, not a bool: compare it with something"),
        ("1", "condition, character 1: a number is not a condition"),
        ("1 = 2", "condition, character 1: one side of a comparison must be a column"),
        (
            "(i = 1) = true",
            "condition, character 9: only columns and literals can be compared; use `and` between comparisons",
        ),
        ("b = (i = 1)", "condition, character 6: only columns and literals can be compared"),
        ("s = 1", "condition, character 5: Utf8 cannot be compared with a number"),
        ("s = i", "condition, character 5: `s` is Utf8 and `i` is Int64: they cannot be compared"),
        (
            "utc = t",
            "condition, character 7: `utc` is Timestamp(s, \"UTC\") and `t` is Timestamp(µs): they cannot be compared",
        ),
        ("day = '2013-01-31'", "condition, character 7: write date '2013-01-31' for a date"),
        ("day = date '2013-02-30'", "condition, character 12: a date is written '2013-01-31'"),
        (
            "t = timestamp 'noon'",
            "condition, character 15: a timestamp is written '2013-01-31 05:00:00', with `Z` or `+02:00` behind it for an offset",
        ),
        (
            "t = timestamp '2013-01-31 05:00:00Z'",
            "condition, character 5: the column has no zone: leave out the offset",
        ),
        (
            "paris = date '2013-01-31'",
            "condition, character 9: the column is in zone Europe/Paris: give an offset, as in '2013-01-31 05:00:00+00:00'",
        ),
        ("1 is null", "condition, character 1: `is null` takes a column"),
        ("wide = 1e40", "condition, character 8: the number has too many digits"),
    ] {
        assert_eq!(outcome(text), expected, "{text}");
    }
}

#[test]
fn nesting_is_bounded_and_chains_are_not() {
    let deep = "(".repeat(10_000) + "b" + &")".repeat(10_000);
    assert_eq!(outcome(&deep), "condition, character 65: nested deeper than 64 levels");
    let nots = "not ".repeat(10_000) + "b";
    assert!(outcome(&nots).ends_with("nested deeper than 64 levels"));
    let chain = vec!["b"; 10_000].join(" and ");
    assert_eq!(outcome(&chain), "tfn");
    let long = "b or ".repeat(20_000) + "b";
    assert_eq!(outcome(&long), "condition, character 1: longer than 65536 bytes");
}

/// A condition in the tests' own form: written as text for the parser, and interpreted row by row.
#[derive(Clone, Debug)]
enum Own {
    Number(usize, &'static str, i64),
    Text(&'static str, char),
    Columns(usize, &'static str, usize),
    Null(usize, bool),
    In(usize, bool, Vec<i64>),
    Not(Box<Own>),
    And(Vec<Own>),
    Or(Vec<Own>),
}

type Row = (Option<i64>, Option<i64>, Option<char>);
const NAMES: [&str; 3] = ["x", "y", "s"];

impl Own {
    fn text(&self) -> String {
        let join = |parts: &[Own], word: &str| {
            parts.iter().map(|part| format!("({})", part.text())).collect::<Vec<_>>().join(word)
        };
        match self {
            Own::Number(column, op, value) => format!("{} {op} {value}", NAMES[*column]),
            Own::Text(op, value) => format!("s {op} '{value}'"),
            Own::Columns(a, op, b) => format!("{} {op} {}", NAMES[*a], NAMES[*b]),
            Own::Null(column, negated) => {
                format!("{} is {}null", NAMES[*column], if *negated { "not " } else { "" })
            }
            Own::In(column, negated, items) => {
                let items: Vec<String> = items.iter().map(i64::to_string).collect();
                format!("{} {}in ({})", NAMES[*column], if *negated { "not " } else { "" }, items.join(", "))
            }
            Own::Not(operand) => format!("not ({})", operand.text()),
            Own::And(parts) => join(parts, " and "),
            Own::Or(parts) => join(parts, " or "),
        }
    }

    fn holds(&self, row: &Row) -> Option<bool> {
        let number = |column: usize| if column == 0 { row.0 } else { row.1 };
        match self {
            Own::Number(column, op, value) => Some(compared(op, number(*column)?.cmp(value))),
            Own::Text(op, value) => Some(compared(op, row.2?.cmp(value))),
            Own::Columns(a, op, b) => Some(compared(op, number(*a)?.cmp(&number(*b)?))),
            Own::Null(2, negated) => Some(row.2.is_none() != *negated),
            Own::Null(column, negated) => Some(number(*column).is_none() != *negated),
            Own::In(column, negated, items) => Some(items.contains(&number(*column)?) != *negated),
            Own::Not(operand) => operand.holds(row).map(|holds| !holds),
            Own::And(parts) => {
                let all: Vec<_> = parts.iter().map(|part| part.holds(row)).collect();
                if all.contains(&Some(false)) { Some(false) } else { (!all.contains(&None)).then_some(true) }
            }
            Own::Or(parts) => {
                let all: Vec<_> = parts.iter().map(|part| part.holds(row)).collect();
                if all.contains(&Some(true)) { Some(true) } else { (!all.contains(&None)).then_some(false) }
            }
        }
    }
}

fn compared(op: &str, order: std::cmp::Ordering) -> bool {
    match op {
        "=" | "==" => order.is_eq(),
        "!=" | "<>" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    }
}

fn own() -> impl Strategy<Value = Own> {
    let op = || proptest::sample::select(vec!["=", "==", "!=", "<>", "<", "<=", ">", ">="]);
    let leaf = prop_oneof![
        (0usize..2, op(), -3i64..4).prop_map(|(column, op, value)| Own::Number(column, op, value)),
        (op(), proptest::char::range('a', 'd')).prop_map(|(op, value)| Own::Text(op, value)),
        (0usize..2, op(), 0usize..2).prop_map(|(a, op, b)| Own::Columns(a, op, b)),
        (0usize..3, any::<bool>()).prop_map(|(column, negated)| Own::Null(column, negated)),
        (0usize..2, any::<bool>(), proptest::collection::vec(-3i64..4, 1..4))
            .prop_map(|(column, negated, items)| Own::In(column, negated, items)),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|operand| Own::Not(Box::new(operand))),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Own::And),
            proptest::collection::vec(inner, 2..4).prop_map(Own::Or),
        ]
    })
}

proptest! {
    #[test]
    fn kernels_agree_with_a_row_by_row_interpreter(
        own in own(),
        rows in proptest::collection::vec(
            (
                proptest::option::of(-3i64..4),
                proptest::option::of(-3i64..4),
                proptest::option::of(proptest::char::range('a', 'd')),
            ),
            0..20,
        ),
    ) {
        let columns: [(&str, ArrayRef); 3] = [
            ("x", Arc::new(rows.iter().map(|row| row.0).collect::<Int64Array>())),
            ("y", Arc::new(rows.iter().map(|row| row.1.map(|y| y as i32)).collect::<Int32Array>())),
            ("s", Arc::new(rows.iter().map(|row| row.2.map(String::from)).collect::<StringArray>())),
        ];
        let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap();
        let condition = Condition::new(&own.text(), &batch.schema()).unwrap();
        let got: Vec<Option<bool>> = condition.evaluate(&batch).unwrap().iter().collect();
        let wanted: Vec<Option<bool>> = rows.iter().map(|row| own.holds(row)).collect();
        prop_assert_eq!(got, wanted, "{}", own.text());
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,40}") {
        let _ = Condition::new(&text, &batch().schema());
    }

    #[test]
    fn no_sequence_of_tokens_makes_it_panic(
        words in proptest::collection::vec(
            proptest::sample::select(vec![
                "i", "s", "b", "t", "and", "or", "not", "in", "is", "null", "(", ")", ",", "=", "<", "'x'", "1", "-2.5",
                "date", "timestamp", "'2013-01-31'", "true", "\"i\"",
            ]),
            0..16,
        ),
    ) {
        if let Ok(condition) = Condition::new(&words.join(" "), &batch().schema()) {
            condition.evaluate(&batch()).unwrap();
        }
    }
}
