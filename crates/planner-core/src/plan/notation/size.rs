//! Sizes.

use super::unreadable::{Unreadable, number_and_unit};
use crate::units::DataAmount;

const SIZE: &str = "a size with its unit, such as 150GiB, 500GB or 2TB";

/// A size such as `150GiB` (2^30 bytes each) or `2TB` (10^12).
///
/// # Errors
///
/// If it has no unit, or one that isn't known.
pub fn size(text: &str) -> Result<DataAmount, Unreadable> {
    let size = number_and_unit(text).and_then(|(number, of)| DataAmount::new(number * unit(of)?));
    size.ok_or_else(|| Unreadable::new(text, SIZE))
}

fn unit(text: &str) -> Option<f64> {
    match text {
        "B" => Some(1.0),
        "kB" | "KB" => Some(1e3),
        "MB" => Some(1e6),
        "GB" => Some(1e9),
        "TB" => Some(1e12),
        "KiB" => Some(1_024.0),
        "MiB" => Some(1_048_576.0),
        "GiB" => Some(1_073_741_824.0),
        "TiB" => Some(1_099_511_627_776.0),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::float_cmp, reason = "a test")]
mod tests {
    use super::size;

    #[test]
    fn binary_and_decimal_units_differ() {
        assert_eq!(size("3GiB").unwrap().get(), 3_221_225_472.0);
        assert_eq!(size("3GB").unwrap().get(), 3e9);
        assert_eq!(size("1.5 TB").unwrap().get(), 1.5e12);
        for odd in ["3", "3G", "3gb", "3Gb", "-3GB", "GB", ""] {
            assert!(size(odd).is_err(), "{odd}");
        }
    }
}
