//! A sum of writes as it travels over a link.

use std::sync::Arc;

use super::bucket::FINEST_SECONDS;
use super::grid::Grid;
use super::sum::Sum;
use super::trace::Trace;

/// The rate on the wire: `r = w x (1 - compression) x (1 + overhead)`, with growth. All formulas about the link take it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Wire {
    grid: Arc<Grid>,
    rates: Vec<f64>,
    present: Vec<bool>,
    peaks: Option<Vec<f64>>,
    longest_sample: u64,
}

impl Wire {
    pub(crate) fn new(sum: &Sum, factor: f64) -> Self {
        let scaled = |rates: &[f64]| rates.iter().map(|rate| rate * factor).collect();
        Self {
            grid: Arc::clone(sum.grid()),
            rates: scaled(sum.bare_rates()),
            present: sum.present().to_vec(),
            peaks: sum.peaks().map(scaled),
            longest_sample: sum.longest_sample(),
        }
    }

    pub(crate) fn grid(&self) -> &Grid {
        &self.grid
    }

    pub(crate) fn trace(&self) -> Trace<'_> {
        Trace::new(self.grid.seconds_of_buckets(), &self.rates)
    }

    /// Rate of each bucket.
    pub(crate) fn rates(&self) -> &[f64] {
        &self.rates
    }

    /// Length, rate and presence of each bucket.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = (u64, f64, bool)> {
        let rates = self.rates.iter().copied();
        let cells = self.grid.lengths().zip(rates);
        cells
            .zip(self.present.iter().copied())
            .map(|((length, rate), present)| (length, rate, present))
    }

    /// Whether buckets are too long to know what links keep this RPO: 20 s is the finest there is and taken as it is.
    pub(crate) fn hides_bursts_below(&self, rpo: f64) -> bool {
        self.longest_sample > FINEST_SECONDS && rpo < self.longest_sample as f64
    }

    /// What buckets longer than 20 s may hide of the backlog, in bytes: `E = 2 x max (p - m)(m / p) dt` with the mean m
    /// and the peak p of a bucket. `None` if there is no such bucket, or if a peak isn't known.
    pub(crate) fn hidden_backlog(&self) -> Option<f64> {
        let is_coarser_than_grid = self.longest_sample > self.grid.longest();
        if self.longest_sample <= FINEST_SECONDS || is_coarser_than_grid {
            return None;
        }
        let peaks = self.peaks.as_ref()?;
        let hidden = self.trace().buckets().zip(peaks);
        let hidden = hidden.filter(|(_, peak)| **peak > 0.0);
        let hidden = hidden.map(|((length, mean), peak)| (peak - mean) * (mean / peak) * length);
        Some(2.0 * hidden.fold(0.0, f64::max))
    }
}
