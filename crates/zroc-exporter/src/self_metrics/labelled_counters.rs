//! Counters with one label whose values are all known.

use std::sync::atomic::{AtomicU64, Ordering};

/// One counter for each value of a label, in their order. All begin at 0: otherwise `increase()` does not see the first
/// event.
#[derive(Debug)]
pub(super) struct LabelledCounters<const N: usize> {
    values: [&'static str; N],
    counts: [AtomicU64; N],
}

impl<const N: usize> LabelledCounters<N> {
    pub(super) fn new(values: [&'static str; N]) -> Self {
        Self {
            values,
            counts: [const { AtomicU64::new(0) }; N],
        }
    }

    /// Adds to the counter of one of the values.
    pub(super) fn add(&self, value: &str, count: u64) {
        let counts = self.values.iter().zip(&self.counts);
        for (_, counter) in counts.filter(|(known, _)| **known == value) {
            counter.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// Each value of the label with its count.
    pub(super) fn get(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        let counts = self.counts.iter().map(|it| it.load(Ordering::Relaxed));
        self.values.iter().copied().zip(counts)
    }
}
