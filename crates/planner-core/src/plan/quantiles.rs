//! Quantiles by time, and what lies above them.

use super::percent::Percent;

/// Runs above a quantile that are less than this apart are one burst.
const SAME_BURST_SECONDS: u64 = 600;

/// Rates with the time that each was observed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Distribution {
    /// In ascending order of rates; the time is that of this rate and all below it.
    ranks: Vec<(f64, u64)>,
    seconds: u64,
}

impl Distribution {
    /// The distribution of rates, each with the seconds that it lasted.
    pub(crate) fn new(observed: impl Iterator<Item = (f64, u64)>) -> Self {
        let mut ranks: Vec<(f64, u64)> = observed.collect();
        ranks.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
        let mut seconds = 0;
        for (_, up_to_here) in &mut ranks {
            seconds += *up_to_here;
            *up_to_here = seconds;
        }
        Self { ranks, seconds }
    }

    /// The same if only quantiles from `lowest` up are asked for: what is below stays unsorted, which is most of it.
    pub(crate) fn from_quantile(
        lowest: Percent,
        observed: impl Iterator<Item = (f64, u64)>,
    ) -> Self {
        let mut observed: Vec<(f64, u64)> = observed.collect();
        let length = observed.first().map_or(0, |(_, seconds)| *seconds);
        if observed.iter().any(|(_, seconds)| *seconds != length) {
            return Self::new(observed.into_iter());
        }
        let rank = usize::try_from(lowest.rank(observed.len() as u64));
        let below = rank.unwrap_or_default().saturating_sub(1);
        if below < observed.len() {
            observed.select_nth_unstable_by(below, |one, other| one.0.total_cmp(&other.0));
        }
        let upper = Self::new(observed.drain(below..));
        let unsorted = below as u64 * length;
        let ranks = upper.ranks.into_iter();
        Self {
            ranks: ranks
                .map(|(rate, seconds)| (rate, seconds + unsorted))
                .collect(),
            seconds: upper.seconds + unsorted,
        }
    }

    /// The smallest observed rate such that this rate and lower ones last at least `percent` of the time. It is a rate that
    /// was observed: nothing is interpolated. `None` if nothing was observed.
    pub(crate) fn quantile(&self, percent: Percent) -> Option<f64> {
        let below = |(_, up_to_here): &(f64, u64)| !percent.is_reached(*up_to_here, self.seconds);
        let place = self.ranks.partition_point(below);
        self.ranks.get(place).map(|(rate, _)| *rate)
    }

    /// The share of the time with a rate above this one.
    pub(crate) fn share_above(&self, limit: f64) -> f64 {
        let place = self.ranks.partition_point(|(rate, _)| *rate <= limit);
        let up_to_limit = place.checked_sub(1).and_then(|last| self.ranks.get(last));
        let up_to_limit = up_to_limit.map_or(0, |(_, seconds)| *seconds);
        (self.seconds - up_to_limit) as f64 / self.seconds.max(1) as f64
    }
}

/// How often a rate was reached: runs of present buckets with at least this rate, those less than 10 minutes apart joined.
pub(crate) fn bursts(buckets: impl Iterator<Item = (u64, f64, bool)>, at_least: f64) -> u64 {
    let (mut bursts, mut now) = (0, 0);
    let mut last_end: Option<u64> = None;
    for (length, rate, is_present) in buckets {
        if is_present && rate >= at_least {
            if last_end.is_none_or(|end| now - end >= SAME_BURST_SECONDS) {
                bursts += 1;
            }
            last_end = Some(now + length);
        }
        now += length;
    }
    bursts
}
