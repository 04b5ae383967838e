//! A text that is not what it should be, and what all notations have in common.

use thiserror::Error;

/// A text that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{text:?} is not {expected}")]
pub struct Unreadable {
    /// The text, cut if it is long.
    pub text: String,
    /// What it should be, with an example.
    pub expected: &'static str,
}

/// The longest text that an error repeats, in characters.
const SHOWN: usize = 60;

impl Unreadable {
    pub(crate) fn new(text: &str, expected: &'static str) -> Self {
        Self {
            text: text.chars().take(SHOWN).collect(),
            expected,
        }
    }
}

/// Splits a number from the unit behind it.
pub(super) fn number_and_unit(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let is_of_number = |c: char| c.is_ascii_digit() || c == '.';
    let end = text.find(|c| !is_of_number(c)).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let number: f64 = number.parse().ok()?;
    number.is_finite().then(|| (number, unit.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::number_and_unit;

    #[test]
    fn numbers_have_no_signs_and_no_exponents() {
        assert_eq!(number_and_unit(" 1.5 GiB"), Some((1.5, "GiB")));
        assert_eq!(number_and_unit("10"), Some((10.0, "")));
        for odd in ["", "-1s", "+1s", "e3s", ".", "1.2.3s", "inf", "NaN"] {
            assert_eq!(number_and_unit(odd), None, "{odd}");
        }
        assert_eq!(number_and_unit("1e3s"), Some((1.0, "e3s")));
    }
}
