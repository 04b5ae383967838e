//! Percentages that compare without rounding.

/// A percentage above 0 and up to 100, in billionths of a percent.
///
/// Shares of a time are compared as whole numbers, because 99.9 has no exact binary form: `99.9 / 100 * 1000` is above
/// 999 and would pick the next rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent {
    billionths: u64,
}

const BILLIONTHS: f64 = 1e9;
const WHOLE: u64 = 100_000_000_000;

impl Percent {
    /// 100 %.
    pub const ALL: Self = Self { billionths: WHOLE };

    /// The percentage, to the nearest billionth; `None` unless it is above 0 and at most 100.
    pub fn new(percent: f64) -> Option<Self> {
        let billionths = (percent * BILLIONTHS).round();
        let valid = percent <= 100.0 && billionths >= 1.0;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 1 and 1e11"
        )]
        valid.then_some(Self {
            billionths: billionths as u64,
        })
    }

    /// A percentage between 1 and 100.
    pub(crate) const fn whole(percent: u8) -> Self {
        Self {
            billionths: percent as u64 * (WHOLE / 100),
        }
    }

    /// The bare number, such as 99.9.
    pub fn get(self) -> f64 {
        self.billionths as f64 / BILLIONTHS
    }

    /// Whether `part` is at least this percentage of `whole`, exactly.
    pub(crate) fn is_reached(self, part: u64, whole: u64) -> bool {
        u128::from(part) * u128::from(WHOLE) >= u128::from(self.billionths) * u128::from(whole)
    }

    /// The first rank of `all` that reaches this percentage.
    pub(crate) fn rank(self, all: u64) -> u64 {
        let rank = (u128::from(self.billionths) * u128::from(all)).div_ceil(u128::from(WHOLE));
        u64::try_from(rank).unwrap_or(all)
    }

    /// The share that is left out, between 0 and 1.
    pub(crate) fn remainder(self) -> f64 {
        (WHOLE - self.billionths) as f64 / WHOLE as f64
    }
}

#[cfg(test)]
mod tests {
    use super::Percent;

    #[test]
    fn a_rank_is_reached_exactly() {
        let percent = |value| Percent::new(value).unwrap();
        assert!(percent(99.9).is_reached(999, 1_000));
        assert_eq!(percent(99.9).rank(1_000), 999);
        assert_eq!(percent(95.0).rank(1), 1);
        assert!(!percent(99.9).is_reached(998, 1_000));
        assert!(percent(100.0).is_reached(1_000, 1_000));
        assert!(!percent(100.0).is_reached(999, 1_000));
        assert!((percent(99.9).get() - 99.9).abs() < f64::EPSILON);
    }

    #[test]
    fn only_percentages_can_be_made() {
        for odd in [0.0, -1.0, 100.1, f64::NAN, f64::INFINITY] {
            assert_eq!(Percent::new(odd), None, "{odd}");
        }
        assert_eq!(Percent::new(100.0), Some(Percent::ALL));
    }
}
