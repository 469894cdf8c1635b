//! Tables that fit the terminal.

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Schema};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::fault::{Fault, Outcome};
use super::text;

/// Between two columns.
const GAP: usize = 2;
/// Columns are not cut narrower than this.
const NARROWEST: usize = 6;
/// No cell shows more characters than this, however wide the terminal.
const WIDEST: usize = 200;

/// Cells in rows.
#[derive(Debug, Default)]
pub(crate) struct Table {
    heads: Vec<String>,
    /// Numbers stand at the right.
    right: Vec<bool>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with its heads; a head that begins with `>` stands at the right, and so do its cells.
    pub(crate) fn new(heads: &[&str]) -> Table {
        let right = heads.iter().map(|head| head.starts_with('>')).collect();
        let heads = heads.iter().map(|head| head.trim_start_matches('>').to_owned()).collect();
        Table { heads, right, rows: Vec::new() }
    }

    /// Adds a row with as many cells as there are heads.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells.iter().map(|cell| text::clean(cell)).collect());
    }

    /// The first rows of batches, with the types below the heads.
    pub(crate) fn of_batches(schema: &Schema, batches: &[RecordBatch], rows: usize) -> Outcome<Table> {
        let mut table = Table::default();
        let mut types = Vec::new();
        for field in schema.fields() {
            table.heads.push(text::clean(field.name()));
            table.right.push(field.data_type().is_numeric());
            types.push(type_name(field.data_type()));
        }
        table.rows.push(types);
        let options = FormatOptions::new().with_null("null").with_display_error(true);
        let failed = |error| Fault::bug(format!("a value cannot be shown: {error}"));
        let mut left = rows;
        for batch in batches {
            let columns =
                batch.columns().iter().map(|column| ArrayFormatter::try_new(column.as_ref(), &options));
            let columns = columns.collect::<Result<Vec<_>, _>>().map_err(failed)?;
            for row in 0..batch.num_rows().min(left) {
                let cell = |column: &ArrayFormatter<'_>| {
                    let text = column.value(row).to_string();
                    // The rest of a very long text would be cut off in any case.
                    let end = text.char_indices().nth(WIDEST + 1).map_or(text.len(), |(at, _)| at);
                    text::clean(&text[..end])
                };
                table.rows.push(columns.iter().map(cell).collect());
            }
            left = left.saturating_sub(batch.num_rows());
        }
        Ok(table)
    }

    /// The table in at most `width` columns of the terminal: wide columns are cut, and those that then still do
    /// not fit are only counted.
    pub(crate) fn render(&self, width: usize) -> String {
        let mut widths: Vec<usize> = self.heads.iter().map(|head| head.width().min(WIDEST)).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width()).min(WIDEST);
            }
        }
        let shown = fit(&mut widths, width);
        let mut out = String::new();
        for row in std::iter::once(&self.heads).chain(&self.rows) {
            let mut line = String::new();
            for ((cell, width), right) in row.iter().zip(&widths[..shown]).zip(&self.right) {
                let cell = cut(cell, *width);
                let pad = " ".repeat(width - cell.width());
                line += &if *right { pad + &cell } else { cell + &pad };
                line += &" ".repeat(GAP);
            }
            out += line.trim_end();
            out.push('\n');
        }
        if shown < self.heads.len() {
            let hidden = self.heads[shown..].join(", ");
            let count = text::counted((self.heads.len() - shown) as u64, "column");
            out += &text::wrapped("  ", &format!("and {count} more: {hidden}"), width);
        }
        out
    }
}

/// Narrows the widest columns until all fit, and returns how many of them do.
fn fit(widths: &mut [usize], width: usize) -> usize {
    let gaps = |count: usize| GAP * count.saturating_sub(1);
    let floor = |width: &usize| (*width).min(NARROWEST);
    let mut shown = widths.len();
    while shown > 1 && widths[..shown].iter().map(floor).sum::<usize>() + gaps(shown) > width {
        shown -= 1;
    }
    let chosen = &mut widths[..shown];
    let mut excess = (chosen.iter().sum::<usize>() + gaps(shown)).saturating_sub(width);
    while excess > 0 {
        let Some(widest) = chosen.iter_mut().max_by_key(|width| **width) else { break };
        if *widest <= 1 {
            break;
        }
        *widest -= 1;
        excess -= 1;
    }
    shown
}

/// The beginning of a text that fits, with `…` for the rest.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

/// Short names of types.
fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "string".into(),
        DataType::Boolean => "bool".into(),
        DataType::Date32 => "date".into(),
        DataType::Timestamp(_, None) => "timestamp".into(),
        DataType::Timestamp(_, Some(zone)) => format!("timestamp {zone}"),
        DataType::Decimal128(precision, scale) => format!("decimal({precision},{scale})"),
        other => other.to_string().to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, StringArray};

    use super::*;

    fn batch(columns: usize) -> RecordBatch {
        let columns = (0..columns).map(|i| {
            let strings = StringArray::from(vec![Some("a very long text that needs room\u{1b}[2J"), None]);
            let numbers = Int64Array::from(vec![Some(1), Some(1_000_000)]);
            let column: arrow::array::ArrayRef =
                if i % 2 == 0 { Arc::new(numbers) } else { Arc::new(strings) };
            (format!("name_{i}"), column)
        });
        RecordBatch::try_from_iter(columns).unwrap()
    }

    #[test]
    fn every_table_fits_its_width() {
        for columns in [1, 2, 5, 40] {
            let batch = batch(columns);
            let table = Table::of_batches(&batch.schema(), &[batch], 10).unwrap();
            for width in [40, 80, 200] {
                let drawn = table.render(width);
                assert!(drawn.lines().all(|line| line.width() <= width), "{columns} {width}\n{drawn}");
                assert!(!drawn.contains('\u{1b}'));
            }
        }
    }

    #[test]
    fn columns_that_do_not_fit_are_named() {
        let batch = batch(6);
        let drawn = Table::of_batches(&batch.schema(), &[batch], 1).unwrap().render(40);
        assert_eq!(
            drawn,
            "name_0  name_1   name_2  name_3   name_4\n int64  string    int64  string    int64\n     1  a very…       \
             1  a very…       1\n  and 1 column more: name_5\n"
        );
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(cut("日本語", 6), "日本語");
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("日本語", 4), "日…");
    }
}
