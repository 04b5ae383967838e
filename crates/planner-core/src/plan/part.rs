//! What a part of a selection contributes to the sum: a group's VMs, or those of a host.

use super::row::{Covered, Row};
use super::sum::Sum;
use crate::units::BytesPerSec;

/// Contributions bucket by bucket. Those of all parts add up to the sum.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    rates: Vec<f64>,
    mean: f64,
}

impl Part {
    pub(crate) fn new(buckets: usize) -> Self {
        Self {
            rates: vec![0.0; buckets],
            mean: 0.0,
        }
    }

    pub(crate) fn add(&mut self, row: &Row, covered: Covered) {
        self.mean += covered.mean;
        for (sum, rate) in self.rates.iter_mut().zip(row.rates()) {
            *sum += rate.map_or(covered.mean, BytesPerSec::get);
        }
        for &(place, part) in row.partly() {
            let rate = row.rates().get(place).copied().flatten();
            if let (Some(rate), Some(sum)) = (rate, self.rates.get_mut(place)) {
                *sum += (covered.mean - rate.get()) * (1.0 - part);
            }
        }
    }

    /// The contributions to `sum`, times `factor`: in buckets that aren't present every VM counts with its mean.
    pub(crate) fn rates(&self, sum: &Sum, factor: f64) -> Vec<f64> {
        let cells = self.rates.iter().zip(sum.present());
        cells
            .map(|(rate, is_present)| if *is_present { *rate } else { self.mean })
            .map(|rate| rate.max(0.0) * factor)
            .collect()
    }
}
