//! Counters with one label whose values are all known.

use std::array;
use std::fmt;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;

/// One counter for each value of a label, in their order. All begin at 0: otherwise `increase()` does not see the first
/// event. Clones share the same counts.
#[derive(Debug, Clone)]
pub(super) struct LabelledCounters<const N: usize> {
    label: &'static str,
    values: [&'static str; N],
    counters: [Counter; N],
}

impl<const N: usize> LabelledCounters<N> {
    pub(super) fn new(label: &'static str, values: [&'static str; N]) -> Self {
        Self {
            label,
            values,
            counters: array::from_fn(|_| Counter::default()),
        }
    }

    /// Adds to the counter of one of the values.
    pub(super) fn add(&self, value: &'static str, count: u64) {
        let counters = self.values.iter().zip(&self.counters);
        for (_, counter) in counters.filter(|(known, _)| **known == value) {
            counter.inc_by(count);
        }
    }
}

impl<const N: usize> EncodeMetric for LabelledCounters<N> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        for (value, counter) in self.values.iter().zip(&self.counters) {
            encoder
                .encode_family(&[(self.label, *value)])?
                .encode_counter::<NoLabelSet, _, u64>(&counter.get(), None)?;
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Counter
    }
}
