//! "Did you mean …?": the nearest of the allowed names.

/// The candidate nearest to `word`, if one is near enough to be meant.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Words may come as they would be written, in quotes.
    let plain = |text: &str| text.trim_matches(['"', '\'']).to_lowercase();
    let word = plain(word);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, &plain(candidate)), plain(candidate), candidate))
        // A third of the letters wrong, or one of two, is a misspelling; more is another word.
        .filter(|(distance, plain, _)| *distance <= (plain.chars().count() / 3).max(1))
        .filter(|(distance, plain, _)| *distance < plain.chars().count())
        .min_by_key(|(distance, ..)| *distance)
        .map(|(.., candidate)| candidate)
}

/// Help for a wrong name: the nearest one if there is one, and what is allowed.
pub(crate) fn help<'a>(
    word: &str,
    allowed: impl IntoIterator<Item = &'a str> + Clone,
    what: &str,
) -> Option<String> {
    const SHOWN: usize = 24;
    let names: Vec<&str> = allowed.clone().into_iter().collect();
    let list = match names.len() {
        0 => return Some(format!("there are no {what}")),
        n if n > SHOWN => format!("{}, … ({n} in all)", names[..SHOWN].join(", ")),
        _ => names.join(", "),
    };
    Some(match nearest(word, allowed) {
        Some(near) => format!("did you mean `{near}`? {what}: {list}"),
        None => format!("{what}: {list}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let names = ["delimiter", "quote", "null_values"];
        assert_eq!(nearest("delimeter", names), Some("delimiter"));
        assert_eq!(nearest("Quote", names), Some("quote"));
        assert_eq!(nearest("colour", names), None);
        assert_eq!(nearest("", names), None);
    }
}
