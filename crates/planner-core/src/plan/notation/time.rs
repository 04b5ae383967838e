//! Lengths of time.

use super::unreadable::Unreadable;
use crate::units::Seconds;

const TIME: &str = "a time with its unit, such as 10s, 15m, 4h, 7d or 1h30m";

/// A length of time such as `10s`, `4h` or `1h30m`.
///
/// # Errors
///
/// If it has no unit, or one that isn't known.
pub fn time(text: &str) -> Result<Seconds, Unreadable> {
    seconds(text.trim())
        .and_then(Seconds::new)
        .ok_or_else(|| Unreadable::new(text, TIME))
}

fn seconds(text: &str) -> Option<f64> {
    let mut rest = text;
    let (mut all, mut smallest) = (0.0, f64::INFINITY);
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| c.is_ascii_alphabetic())?;
        let (number, behind) = rest.split_at_checked(unit_at)?;
        let end = behind.find(|c: char| !c.is_ascii_alphabetic());
        let (unit, behind) = behind.split_at_checked(end.unwrap_or(behind.len()))?;
        let unit = match unit {
            "s" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            "w" => 604_800.0,
            _ => return None,
        };
        if unit >= smallest {
            return None;
        }
        smallest = unit;
        let is_plain = number
            .trim()
            .bytes()
            .all(|b| b.is_ascii_digit() || b == b'.');
        all += unit * number.trim().parse::<f64>().ok().filter(|_| is_plain)?;
        rest = behind.trim_start();
    }
    (smallest < f64::INFINITY).then_some(all)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::float_cmp, reason = "a test")]
mod tests {
    use super::time;

    #[test]
    fn times_have_units_from_large_to_small() {
        for (text, seconds) in [
            ("10s", 10.0),
            ("0s", 0.0),
            ("0.5s", 0.5),
            ("15m", 900.0),
            ("15 min", 900.0),
            ("4h", 14_400.0),
            ("7d", 604_800.0),
            ("1h30m", 5_400.0),
            ("1d 2h", 93_600.0),
        ] {
            assert_eq!(time(text).unwrap().get(), seconds, "{text}");
        }
        for odd in [
            "", "10", "s", "10x", "-1s", "30m1h", "1h1h", "1e3s", "infs", "1h30",
        ] {
            assert!(time(odd).is_err(), "{odd}");
        }
    }
}
