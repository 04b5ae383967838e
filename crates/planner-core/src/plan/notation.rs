//! Quantities as people write them: `300Mbit`, `150GiB`, `4h`, `22:00-06:00=1Gbit`.
//!
//! A number without a unit is refused, and so is a unit that could be mistaken for another one: `Mb/s` is a megabit to some
//! and a megabyte to others.

mod moment;
mod rate;
mod size;
mod time;
mod unreadable;

pub use self::moment::{moment, span};
pub use self::rate::{daily_rate, rate};
pub use self::size::size;
pub use self::time::time;
pub use self::unreadable::Unreadable;

use super::percent::Percent;

/// A percentage such as `99.9`.
///
/// # Errors
///
/// If it is not above 0 and at most 100.
pub fn percent(text: &str) -> Result<Percent, Unreadable> {
    let number = text.trim().parse().ok();
    number
        .and_then(Percent::new)
        .ok_or_else(|| Unreadable::new(text, "a percentage above 0 and up to 100, such as 95"))
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn percentages_are_numbers() {
        assert!(percent("99.9").is_ok());
        for odd in ["0", "101", "95%", "NaN", ""] {
            assert!(percent(odd).is_err(), "{odd}");
        }
    }
}
