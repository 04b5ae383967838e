//! Rates, and rates by time of day.

use jiff::civil::Time;

use super::unreadable::{Unreadable, number_and_unit};
use crate::plan::link::DailyRate;
use crate::units::BytesPerSec;

const RATE: &str = "a rate with its unit, such as 300Mbit, 1Gbit or 40MB/s";
const DAILY_RATE: &str = "a time of day with a rate, such as 22:00-06:00=1Gbit";

/// Bytes per second of one unit. Bits are spelled out in any case; bytes have a capital B.
fn unit(text: &str) -> Option<f64> {
    let bits = text.strip_suffix("/s").unwrap_or(text);
    match &*bits.to_ascii_lowercase() {
        "bit" => return Some(1.0 / 8.0),
        "kbit" => return Some(1e3 / 8.0),
        "mbit" => return Some(1e6 / 8.0),
        "gbit" => return Some(1e9 / 8.0),
        _ => {}
    }
    match text {
        "B/s" => Some(1.0),
        "kB/s" | "KB/s" => Some(1e3),
        "MB/s" => Some(1e6),
        "GB/s" => Some(1e9),
        "KiB/s" => Some(1_024.0),
        "MiB/s" => Some(1_048_576.0),
        "GiB/s" => Some(1_073_741_824.0),
        _ => None,
    }
}

/// A rate such as `300Mbit`, `1Gbit` or `40MB/s`.
///
/// # Errors
///
/// If it has no unit, or one that isn't known.
pub fn rate(text: &str) -> Result<BytesPerSec, Unreadable> {
    let rate = number_and_unit(text).and_then(|(number, of)| BytesPerSec::new(number * unit(of)?));
    rate.ok_or_else(|| Unreadable::new(text, RATE))
}

/// A rate from one time of day to another, such as `22:00-06:00=1Gbit`.
///
/// # Errors
///
/// If a part of it is missing.
pub fn daily_rate(text: &str) -> Result<DailyRate, Unreadable> {
    let unreadable = || Unreadable::new(text, DAILY_RATE);
    let (times, of) = text.split_once('=').ok_or_else(unreadable)?;
    let (from, to) = times.split_once('-').ok_or_else(unreadable)?;
    Ok(DailyRate {
        from: time_of_day(from).ok_or_else(unreadable)?,
        to: time_of_day(to).ok_or_else(unreadable)?,
        rate: rate(of)?,
    })
}

fn time_of_day(text: &str) -> Option<Time> {
    let mut parts = text.trim().split(':');
    let mut next = || parts.next().map(|part| part.parse::<i8>().ok());
    let (hour, minute) = (next()??, next()??);
    let second = match next() {
        Some(second) => second?,
        None => 0,
    };
    let is_whole = parts.next().is_none();
    is_whole.then(|| Time::new(hour, minute, second, 0).ok())?
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::float_cmp, reason = "a test")]
mod tests {
    use super::{daily_rate, rate};

    #[test]
    fn bits_and_bytes_differ_by_eight() {
        let bytes = |text: &str| rate(text).unwrap().get();
        assert_eq!(bytes("300Mbit"), 37_500_000.0);
        assert_eq!(bytes("1 Gbit/s"), 125_000_000.0);
        assert_eq!(bytes("40MB/s"), 40_000_000.0);
        assert_eq!(bytes("1MiB/s"), 1_048_576.0);
        assert_eq!(bytes("300mbit"), 37_500_000.0);
    }

    #[test]
    fn what_could_mean_either_is_refused() {
        for odd in [
            "300", "300M", "300Mb/s", "300mb/s", "300Mbps", "-1Mbit", "Mbit", "1e9Mbit", "",
        ] {
            assert!(rate(odd).is_err(), "{odd}");
        }
        let message = rate("300").unwrap_err().to_string();
        assert!(message.contains("300Mbit"), "{message}");
    }

    #[test]
    fn rates_by_time_of_day() {
        let night = daily_rate("22:00-06:00=1Gbit").unwrap();
        assert_eq!((night.from.hour(), night.to.hour()), (22, 6));
        assert_eq!(night.rate.get(), 125_000_000.0);
        for odd in [
            "22-6=1Gbit",
            "22:00-06:00",
            "22:00=1Gbit",
            "24:00-06:00=1Gbit",
            "22:60-06:00=1Gbit",
            "22:00-06:00=1",
            "22:00:00:00-06:00=1Gbit",
        ] {
            assert!(daily_rate(odd).is_err(), "{odd}");
        }
    }
}
