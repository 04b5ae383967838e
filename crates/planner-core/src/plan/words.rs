//! Quantities as sentences and tables show them: needs rounded up, observations to the nearest.

use crate::units::{BytesPerSec, DataAmount, Gib, MegabitPerSec, MegabytePerSec, Seconds};

/// What is above a whole number by less than this part comes from rounding.
const ROUNDING: f64 = 1e-9;

/// A rate that is needed, rounded up to whole Mbit/s, in both units: `498 Mbit/s (62.3 MB/s)`.
pub fn needed_rate(rate: BytesPerSec) -> String {
    let (megabit, megabyte) = needed_figures(rate);
    format!("{megabit} Mbit/s ({megabyte} MB/s)")
}

/// The two figures of [`needed_rate`] alone: Mbit/s and MB/s.
pub fn needed_figures(rate: BytesPerSec) -> (String, String) {
    let needed = rounded_up(MegabitPerSec::from(rate).get());
    (whole(needed), digits(needed / 8.0))
}

/// A size that is needed, rounded up to whole GiB.
pub fn needed_size(size: DataAmount) -> String {
    format!("{} GiB", whole(rounded_up(Gib::from(size).get())))
}

/// A rate that was observed, in both units, each to three digits.
pub fn observed_rate(rate: BytesPerSec) -> String {
    let bytes = MegabytePerSec::from(rate).get();
    format!("{} ({} MB/s)", observed_megabit(rate), digits(bytes))
}

/// A rate that was observed or given, in Mbit/s to three digits.
pub fn observed_megabit(rate: BytesPerSec) -> String {
    format!("{} Mbit/s", digits(MegabitPerSec::from(rate).get()))
}

/// A size that was observed, in GiB to three digits.
pub fn observed_size(size: DataAmount) -> String {
    format!("{} GiB", digits(Gib::from(size).get()))
}

/// An amount that was observed, in units of 10^9 bytes to three digits.
pub fn observed_gigabytes(amount: DataAmount) -> String {
    format!("{} GB", digits(amount.get() / 1e9))
}

/// A share in per cent, to three digits.
pub fn percentage(share: f64) -> String {
    format!("{} %", digits(share * 100.0))
}

/// A length of time in its two largest units: `4 min 10 s`, `6 d 3 h`. It is rounded to the nearest second.
pub fn duration(time: Seconds) -> String {
    let exact = time.get();
    if exact > 0.0 && exact < 10.0 && exact.fract() != 0.0 {
        return format!("{} s", digits(exact));
    }
    let seconds = exact.round();
    let units = [(86_400.0, "d"), (3_600.0, "h"), (60.0, "min"), (1.0, "s")];
    let largest = units.iter().position(|(unit, _)| seconds >= *unit);
    let shown = units.iter().skip(largest.unwrap_or(3)).take(2);
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (unit, name) in shown {
        let count = (rest / unit).floor();
        rest -= count * unit;
        if count > 0.0 || parts.is_empty() {
            parts.push(format!("{} {name}", whole(count)));
        }
    }
    parts.join(" ")
}

/// A number to three digits, or whole if it is 100 or more.
pub fn digits(number: f64) -> String {
    let to = |scale: f64| (number * scale).round() / scale;
    let text = match number.abs() {
        0.0 => return "0".to_owned(),
        size if size >= 99.95 => return whole(number.round()),
        size if size >= 9.995 => format!("{:.1}", to(10.0)),
        size if size >= 0.9995 => format!("{:.2}", to(100.0)),
        _ => format!("{:.3}", to(1_000.0)),
    };
    let trimmed = text.trim_end_matches('0').trim_end_matches('.');
    trimmed.to_owned()
}

fn rounded_up(number: f64) -> f64 {
    (number * (1.0 - ROUNDING)).ceil()
}

/// A whole number with commas.
fn whole(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    fn megabit(value: f64) -> BytesPerSec {
        BytesPerSec::from(MegabitPerSec::new(value).unwrap())
    }

    #[test]
    fn needs_are_rounded_up_and_observations_to_the_nearest() {
        assert_eq!(needed_rate(megabit(497.2)), "498 Mbit/s (62.3 MB/s)");
        assert_eq!(observed_rate(megabit(497.2)), "497 Mbit/s (62.2 MB/s)");
        assert_eq!(
            needed_rate(megabit(320.000_000_000_1)),
            "320 Mbit/s (40 MB/s)"
        );
        assert_eq!(needed_rate(megabit(320.001)), "321 Mbit/s (40.1 MB/s)");
        assert_eq!(needed_rate(megabit(1_311.98)), "1,312 Mbit/s (164 MB/s)");
        let gib = |value| DataAmount::from(Gib::new(value).unwrap());
        assert_eq!(needed_size(gib(147.656_25)), "148 GiB");
        assert_eq!(observed_size(gib(36.328)), "36.3 GiB");
    }

    #[test]
    fn times_have_two_units_at_most() {
        let shown = |value| duration(Seconds::new(value).unwrap());
        for (seconds, text) in [
            (0.0, "0 s"),
            (0.25, "0.25 s"),
            (10.0, "10 s"),
            (250.0, "4 min 10 s"),
            (120.0, "2 min"),
            (3_600.0, "1 h"),
            (3_661.0, "1 h 1 min"),
            (529_200.0, "6 d 3 h"),
            (1e8, "1,157 d 9 h"),
        ] {
            assert_eq!(shown(seconds), text);
        }
    }

    #[test]
    fn three_digits_count() {
        for (number, text) in [
            (0.0, "0"),
            (0.123_4, "0.123"),
            (1.0, "1"),
            (9.999, "10"),
            (62.25, "62.3"),
            (99.96, "100"),
            (1_234.4, "1,234"),
            (1e6, "1,000,000"),
        ] {
            assert_eq!(digits(number), text);
        }
    }
}
