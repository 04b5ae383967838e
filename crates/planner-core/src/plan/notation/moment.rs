//! Moments and stretches of time.

use jiff::Timestamp;

use super::unreadable::Unreadable;
use crate::plan::grid::Span;

const MOMENT: &str = "a moment such as 2026-11-26T02:10:00Z, or seconds of Unix time";
const SPAN: &str =
    "two moments with the earlier one first, such as 2026-11-26T02:00:00Z/2026-11-26T03:00:00Z";

/// A moment in RFC 3339 or as seconds of Unix time.
///
/// # Errors
///
/// If it is neither.
pub fn moment(text: &str) -> Result<Timestamp, Unreadable> {
    let trimmed = text.trim();
    let is_number = !trimmed.is_empty() && trimmed.bytes().all(|b| b.is_ascii_digit());
    let moment = if is_number {
        let second = trimmed.parse().ok();
        second.and_then(|second| Timestamp::from_second(second).ok())
    } else {
        trimmed.parse().ok()
    };
    moment.ok_or_else(|| Unreadable::new(text, MOMENT))
}

/// A stretch of time: two moments with a `/` between them.
///
/// # Errors
///
/// If one of them is missing, or the second is not after the first.
pub fn span(text: &str) -> Result<Span, Unreadable> {
    let (start, end) = text
        .split_once('/')
        .ok_or_else(|| Unreadable::new(text, SPAN))?;
    let (start, end) = (moment(start)?, moment(end)?);
    if start >= end {
        return Err(Unreadable::new(text, SPAN));
    }
    Ok(Span { start, end })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::{moment, span};

    #[test]
    fn both_ways_to_write_a_moment() {
        let at = moment("2026-11-26T02:10:00Z").unwrap();
        assert_eq!(moment("2026-11-26T03:10:00+01:00").unwrap(), at);
        assert_eq!(moment(&at.as_second().to_string()).unwrap(), at);
        for odd in [
            "",
            "now",
            "2026-11-26",
            "-1x",
            "99999999999999999999",
            "2026-11-26T02:10:00",
        ] {
            assert!(moment(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn a_span_has_a_length() {
        assert!(span("1000/2000").is_ok());
        for odd in ["1000", "2000/1000", "1000/1000", "/", "1000/"] {
            assert!(span(odd).is_err(), "{odd}");
        }
    }
}
