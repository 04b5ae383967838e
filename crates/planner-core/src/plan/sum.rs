//! Series added up, with absence kept as absence.
//!
//! A bucket of the sum is *present* if at least one series is present in it and those present carry at least half of the
//! mean rate of all. Each absent series counts there with its own mean. In any other bucket nothing is observed: it enters
//! no quantile, and the backlog takes every series at its mean.

use std::sync::Arc;

use super::bucket::{FINEST_SECONDS, peak_of};
use super::grid::Grid;
use super::row::{Covered, Row};
use crate::units::BytesPerSec;

/// Half of the mean rate, with room for rounding.
const HALF: f64 = 0.5 - 1e-12;

/// Adds up rows one by one. It remembers the sums and not the rows.
#[derive(Debug, Clone)]
pub struct SumBuilder {
    grid: Arc<Grid>,
    /// Per bucket: bytes per second of the series that are present.
    observed: Vec<f64>,
    /// Per bucket: the mean rates of the series that are present.
    carried: Vec<f64>,
    /// Per bucket: whether a series is present whose mean is zero.
    is_idle: Vec<bool>,
    /// Only where buckets are longer than 20 s.
    peaks: Vec<Peak>,
    total_mean: f64,
    covered_seconds: f64,
    series: u64,
    longest_sample: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Peak {
    sum: f64,
    is_unknown: bool,
}

impl SumBuilder {
    /// A sum of nothing.
    pub fn new(grid: Arc<Grid>) -> Self {
        let buckets = grid.len();
        let peaks = if grid.longest() > FINEST_SECONDS {
            buckets
        } else {
            0
        };
        Self {
            observed: vec![0.0; buckets],
            carried: vec![0.0; buckets],
            is_idle: vec![false; buckets],
            peaks: vec![Peak::default(); peaks],
            total_mean: 0.0,
            covered_seconds: 0.0,
            series: 0,
            longest_sample: 0,
            grid,
        }
    }

    /// Adds a series. Returns false if it has no sample: then it is left out.
    pub fn add(&mut self, row: &Row) -> bool {
        let covered = row.covered(&self.grid);
        covered.is_some_and(|covered| {
            self.add_times(row, covered, 1.0);
            true
        })
    }

    /// Adds a series that is sent several times.
    pub(crate) fn add_times(&mut self, row: &Row, covered: Covered, times: f64) {
        self.add_weighted(row, covered.mean, times);
        self.covered_seconds += covered.seconds;
        self.series += 1;
        self.longest_sample = self.longest_sample.max(row.longest_sample());
    }

    /// Notes how many series, and how much covered time of them, the few that were added are the sum of.
    pub(crate) fn stands_for(&mut self, series: u64, covered_seconds: f64) {
        self.series = series;
        self.covered_seconds = covered_seconds;
    }

    fn add_weighted(&mut self, row: &Row, mean: f64, times: f64) {
        let mean = mean * times;
        self.total_mean += mean;
        let sums = self.observed.iter_mut().zip(&mut self.carried);
        for ((observed, carried), rate) in sums.zip(row.rates()) {
            *observed += rate.map_or(0.0, BytesPerSec::get) * times;
            *carried += if rate.is_some() { mean } else { 0.0 };
        }
        for &(place, part) in row.partly() {
            let rate = row.rates().get(place).copied().flatten();
            if let (Some(rate), Some(observed), Some(carried)) = (
                rate,
                self.observed.get_mut(place),
                self.carried.get_mut(place),
            ) {
                *observed -= rate.get() * times * (1.0 - part);
                *carried -= mean * (1.0 - part);
            }
        }
        if mean == 0.0 {
            for (is_idle, rate) in self.is_idle.iter_mut().zip(row.rates()) {
                *is_idle |= rate.is_some();
            }
        }
        self.add_peaks(row, times);
    }

    fn add_peaks(&mut self, row: &Row, times: f64) {
        let known = row.peaks().iter().copied().chain(std::iter::repeat(None));
        let cells = self.peaks.iter_mut().zip(row.rates()).zip(known);
        for (((peak, rate), known), length) in cells.zip(self.grid.lengths()) {
            let Some(mean) = *rate else { continue };
            match peak_of(known, mean, length) {
                Some(known) => peak.sum += known.get() * times,
                None => peak.is_unknown = true,
            }
        }
    }

    /// The same sum without one of its series, as if it had not been chosen.
    pub(crate) fn without(&self, row: &Row, times: f64) -> Self {
        let mut rest = self.clone();
        if let Some(covered) = row.covered(&self.grid) {
            rest.add_weighted(row, covered.mean, -times);
            rest.covered_seconds -= covered.seconds;
            rest.series -= 1;
        }
        rest
    }

    /// Decides which buckets are present and fills in means.
    pub fn finish(&self) -> Sum {
        let cells = self.observed.iter().zip(&self.carried).zip(&self.is_idle);
        let buckets: Vec<SumBucket> = cells
            .map(|((observed, carried), is_idle)| self.bucket(*observed, *carried, *is_idle))
            .collect();
        let (mut bytes, mut filled) = (0.0, 0.0);
        for (bucket, length) in buckets.iter().zip(self.grid.lengths()) {
            if bucket.is_present {
                bytes += bucket.rate * length as f64;
                filled += bucket.filled * length as f64;
            }
        }
        let vm_seconds = self.grid.seconds() * self.series as f64;
        Sum {
            peaks: self.peaks(&buckets),
            share_present: ratio(self.covered_seconds, vm_seconds),
            share_filled: ratio(filled, bytes),
            longest_sample: self.longest_sample,
            total_mean: self.total_mean.max(0.0),
            rates: buckets.iter().map(|bucket| bucket.rate).collect(),
            present: buckets.iter().map(|bucket| bucket.is_present).collect(),
            grid: Arc::clone(&self.grid),
        }
    }

    fn bucket(&self, observed: f64, carried: f64, is_idle: bool) -> SumBucket {
        let total = self.total_mean.max(0.0);
        let has_any = carried > 0.0 || is_idle;
        if has_any && carried >= total * HALF {
            let filled = (total - carried).max(0.0);
            SumBucket {
                rate: observed.max(0.0) + filled,
                filled,
                is_present: true,
            }
        } else {
            SumBucket {
                rate: total,
                filled: 0.0,
                is_present: false,
            }
        }
    }

    /// The sum of the peaks, which no peak of the sum exceeds; `None` if one is unknown.
    fn peaks(&self, buckets: &[SumBucket]) -> Option<Vec<f64>> {
        if self.peaks.is_empty() {
            return Some(buckets.iter().map(|bucket| bucket.rate).collect());
        }
        let cells = self.peaks.iter().zip(buckets);
        cells
            .map(
                |(peak, bucket)| match (bucket.is_present, peak.is_unknown) {
                    (true, true) => None,
                    (true, false) => Some((peak.sum + bucket.filled).max(bucket.rate)),
                    (false, _) => Some(bucket.rate),
                },
            )
            .collect()
    }
}

#[derive(Debug, Clone, Copy)]
struct SumBucket {
    rate: f64,
    filled: f64,
    is_present: bool,
}

/// A share, 0 of nothing.
pub(crate) fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 {
        (part / whole).clamp(0.0, 1.0)
    } else {
        0.0
    }
}

/// What a selection wrote, bucket by bucket.
#[derive(Debug, Clone, PartialEq)]
pub struct Sum {
    grid: Arc<Grid>,
    rates: Vec<f64>,
    present: Vec<bool>,
    peaks: Option<Vec<f64>>,
    total_mean: f64,
    share_present: f64,
    share_filled: f64,
    longest_sample: u64,
}

impl Sum {
    /// The buckets.
    pub fn grid(&self) -> &Arc<Grid> {
        &self.grid
    }

    /// The sum as a series of its own: absent where the sum isn't present.
    pub(crate) fn to_row(&self) -> Row {
        let mut row = Row::default();
        let rates = row.reset(self.rates.len()).iter_mut();
        let sums = self.rates().zip(&self.present);
        for (rate, (sum, is_present)) in rates.zip(sums) {
            *rate = is_present.then_some(sum);
        }
        if let Some(peaks) = &self.peaks {
            for (peak, sum) in row.peaks_mut().iter_mut().zip(peaks) {
                *peak = Some(BytesPerSec::computed(*sum));
            }
        }
        row
    }

    /// Rate of each bucket: observed and filled in where present, the mean of all series elsewhere.
    pub fn rates(&self) -> impl Iterator<Item = BytesPerSec> {
        self.rates.iter().map(|rate| BytesPerSec::computed(*rate))
    }

    /// Whether each bucket is present.
    pub fn present(&self) -> &[bool] {
        &self.present
    }

    /// Seconds that samples cover, over all series, divided by the seconds that they would cover without a gap.
    pub fn share_present(&self) -> f64 {
        self.share_present
    }

    /// The share of the bytes in present buckets that stand in for absent samples.
    pub fn share_filled(&self) -> f64 {
        self.share_filled
    }

    /// The mean rates of all series together: what a bucket counts that is not present.
    pub(crate) fn total_mean(&self) -> f64 {
        self.total_mean
    }

    pub(crate) fn bare_rates(&self) -> &[f64] {
        &self.rates
    }

    pub(crate) fn peaks(&self) -> Option<&[f64]> {
        self.peaks.as_deref()
    }

    /// Length of the longest sample, or of the longest bucket if that is longer.
    pub(crate) fn longest_sample(&self) -> u64 {
        self.longest_sample.max(self.grid.longest())
    }
}
