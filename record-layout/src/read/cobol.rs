//! The fields of a copybook, and the table that says how it is understood.

use super::section::Section;
use super::{Defaults, check_names, field};
use crate::copybook::{self, Around};
use crate::{BinarySize, Copybook, Field, FloatForm, Order, SourceFormat, Views};

/// The fields of the copybook's record, and its length.
pub(super) fn fields(
    section: &mut Section<'_>,
    text: &str,
    defaults: &Defaults,
) -> Option<(Vec<Field>, u64)> {
    let options = options(section, defaults);
    let around = Around {
        encoding: defaults.encoding,
        trim: defaults.trim,
        nulls: defaults.nulls.as_ref(),
        order: defaults.order,
    };
    match copybook::fields(text, &options, &around) {
        Ok((fields, bytes)) => {
            check_names(&fields, section);
            Some((fields, bytes))
        }
        Err(problems) => {
            problems.iter().for_each(|problem| section.problem(problem));
            None
        }
    }
}

fn options(section: &mut Section<'_>, defaults: &Defaults) -> Copybook {
    let mut options = Copybook {
        record: None,
        views: Views::First,
        source: None,
        binary_size: BinarySize::TwoToEight,
        floats: if defaults.encoding.is_ebcdic() { FloatForm::Hex } else { FloatForm::Ieee },
        native: if defaults.encoding.is_ebcdic() { Order::Big } else { Order::Little },
        depending_as_maximum: false,
    };
    let Some(table) = section.table("cobol") else { return options };
    let mut own = Section::new(table, "`cobol`".to_owned(), section.problems);
    options.record = own.text("record").map(str::to_ascii_uppercase);
    if let Some(views) = own.word_or_texts("views", &[("first", false), ("all", true)]) {
        options.views = match views {
            Ok(false) => Views::First,
            Ok(true) => Views::All,
            Err(names) => Views::Chosen(names.iter().map(|name| name.to_ascii_uppercase()).collect()),
        };
    }
    options.source = own.choice("source", &[("fixed", SourceFormat::Fixed), ("free", SourceFormat::Free)]);
    let sizes = [("2-4-8", BinarySize::TwoToEight), ("1-2-4-8", BinarySize::OneToEight)];
    options.binary_size = own.choice("binary_size", &sizes).unwrap_or(options.binary_size);
    let floats = [("hex", FloatForm::Hex), ("ieee", FloatForm::Ieee)];
    options.floats = own.choice("floats", &floats).unwrap_or(options.floats);
    options.native = own.choice("native_endian", field::ORDERS).unwrap_or(options.native);
    options.depending_as_maximum =
        own.choice("depending", &[("refuse", false), ("maximum", true)]).unwrap_or(false);
    own.finish();
    options
}
