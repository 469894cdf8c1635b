//! Sizes as a user writes them: `1GB`, `256 MiB`, `65536`.

/// The number of bytes that a text such as `1GB` (10^9), `1 GiB` (2^30) or `4096` stands for.
///
/// # Errors
/// A sentence that names the text, when the number or the unit is not understood or the product passes `u64`.
pub fn parse_bytes(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return Err(format!("`{text}`: the unit is not one of B, kB, MB, GB, KiB, MiB, GiB")),
    };
    let number: u64 = number.parse().map_err(|_| format!("`{text}` does not begin with a whole number"))?;
    number.checked_mul(factor).ok_or_else(|| format!("`{text}` is more than a size can be"))
}

#[cfg(test)]
mod tests {
    use super::parse_bytes;

    #[test]
    fn units_are_decimal_or_binary_as_written() {
        for (text, bytes) in [("7", 7), ("1GB", 1_000_000_000), ("1 GiB", 1 << 30), (" 64 kib ", 65_536)] {
            assert_eq!(parse_bytes(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn a_size_without_number_or_unit_or_bound_is_an_error() {
        for text in ["", "GB", "1 parsec", "-1", "18446744073709551615 GiB"] {
            assert!(parse_bytes(text).is_err(), "{text}");
        }
    }
}
