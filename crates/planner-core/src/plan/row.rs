//! One series on a grid.

use std::ops::Range;

use super::cell::Cell;
use super::grid::Grid;
use crate::units::BytesPerSec;

/// The mean rate of each bucket of a grid, `None` where there is no sample. A row can be filled again and again, so that
/// thousands of series take the memory of one.
#[derive(Debug, Clone, Default)]
pub struct Row {
    rates: Vec<Option<BytesPerSec>>,
    /// Buckets that samples cover in part only, and which part.
    partly: Vec<(usize, f64)>,
    /// The largest 20 s sample of each bucket, as far as it is known. Empty if none is.
    peaks: Vec<Option<BytesPerSec>>,
    longest_sample: u64,
}

impl Row {
    /// Empties the row and gives room for the rates of `buckets` buckets. The caller writes them.
    pub fn reset(&mut self, buckets: usize) -> &mut [Option<BytesPerSec>] {
        self.rates.clear();
        self.rates.resize(buckets, None);
        self.partly.clear();
        self.peaks.clear();
        self.longest_sample = 0;
        &mut self.rates
    }

    /// Room for the peaks of the buckets; they matter only where buckets are longer than 20 s.
    pub fn peaks_mut(&mut self) -> &mut [Option<BytesPerSec>] {
        self.peaks.resize(self.rates.len(), None);
        &mut self.peaks
    }

    /// Some of the rates, which the caller writes. Empty if there are not as many.
    pub(crate) fn rates_mut(&mut self, places: Range<usize>) -> &mut [Option<BytesPerSec>] {
        self.rates.get_mut(places).unwrap_or_default()
    }

    pub(crate) fn put(&mut self, place: usize, cell: &Cell) {
        if let Some(rate) = self.rates.get_mut(place) {
            *rate = cell.mean;
        }
        if cell.mean.is_some() && cell.covered < 1.0 {
            self.partly.push((place, cell.covered));
        }
        if cell.peak.is_some()
            && let Some(peak) = self.peaks_mut().get_mut(place)
        {
            *peak = cell.peak;
        }
        self.longest_sample = self.longest_sample.max(cell.longest_sample);
    }

    /// Gives the row the length of a grid: buckets that it lacks are absent.
    pub(crate) fn fit(&mut self, buckets: usize) {
        self.rates.resize(buckets, None);
    }

    /// Forgets the buckets of which `is_left_out` says true.
    pub(crate) fn blank(&mut self, is_left_out: &[bool]) {
        for values in [&mut self.rates, &mut self.peaks] {
            for (value, left_out) in values.iter_mut().zip(is_left_out) {
                if *left_out {
                    *value = None;
                }
            }
        }
        let rates = &self.rates;
        self.partly
            .retain(|(place, _)| rates.get(*place).is_some_and(Option::is_some));
    }

    /// Mean rates of the buckets.
    pub fn rates(&self) -> &[Option<BytesPerSec>] {
        &self.rates
    }

    pub(crate) fn partly(&self) -> &[(usize, f64)] {
        &self.partly
    }

    /// The largest 20 s sample of each bucket, as far as it is known. Empty if none is.
    pub fn peaks(&self) -> &[Option<BytesPerSec>] {
        &self.peaks
    }

    /// Length of the longest sample in seconds; 0 if the rates were written bucket by bucket.
    pub(crate) fn longest_sample(&self) -> u64 {
        self.longest_sample
    }

    /// Mean rate and time over what samples cover; `None` without any sample.
    pub(crate) fn covered(&self, grid: &Grid) -> Option<Covered> {
        let (rates, more_rates) = self.rates.as_chunks::<LANES>();
        let (lengths, more_lengths) = grid.seconds_of_buckets().as_chunks::<LANES>();
        // Sums side by side: the processor need not wait for one addition before the next.
        let mut lanes = [(0.0, 0.0); LANES];
        for (rates, lengths) in rates.iter().zip(lengths) {
            for ((lane, rate), length) in lanes.iter_mut().zip(rates).zip(lengths) {
                add(lane, *rate, *length);
            }
        }
        let mut sum = (0.0, 0.0);
        for (rate, length) in more_rates.iter().zip(more_lengths) {
            add(&mut sum, *rate, *length);
        }
        let (mut bytes, mut seconds) = lanes
            .iter()
            .fold(sum, |sum, lane| (sum.0 + lane.0, sum.1 + lane.1));
        for (rate, length, part) in self.partly_covered(grid) {
            bytes -= rate * length * (1.0 - part);
            seconds -= length * (1.0 - part);
        }
        (seconds > 0.0).then(|| Covered {
            mean: bytes.max(0.0) / seconds,
            seconds,
        })
    }

    /// Rate, length and covered part of the buckets that are covered in part.
    fn partly_covered<'a>(&'a self, grid: &'a Grid) -> impl Iterator<Item = (f64, f64, f64)> + 'a {
        self.partly.iter().filter_map(|&(place, part)| {
            let rate = (*self.rates.get(place)?)?;
            let (start, end) = (grid.edges().get(place)?, grid.edges().get(place + 1)?);
            Some((rate.get(), end.abs_diff(*start) as f64, part))
        })
    }

    /// Rates without gaps: what no sample covers counts with `mean`. The second value says which part samples cover.
    pub(crate) fn filled(&self, mean: f64) -> Vec<(f64, f64)> {
        let mut filled: Vec<(f64, f64)> = self
            .rates
            .iter()
            .map(|rate| rate.map_or((mean, 0.0), |rate| (rate.get(), 1.0)))
            .collect();
        for &(place, part) in &self.partly {
            if let Some(bucket) = filled.get_mut(place) {
                *bucket = (bucket.0 * part + mean * (1.0 - part), part);
            }
        }
        filled
    }

    /// The largest 20 s sample if it is known, else the largest bucket.
    pub(crate) fn largest(&self) -> Option<BytesPerSec> {
        let peaks = self.peaks.iter().copied().flatten();
        self.rates.iter().copied().flatten().chain(peaks).max()
    }
}

const LANES: usize = 4;

/// Adds a bucket to bytes and seconds.
fn add(sum: &mut (f64, f64), rate: Option<BytesPerSec>, length: f64) {
    // Adding zero keeps the loop free of branches.
    let length = if rate.is_some() { length } else { 0.0 };
    sum.0 += rate.map_or(0.0, BytesPerSec::get) * length;
    sum.1 += length;
}

/// What samples cover of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Covered {
    /// Bytes per second over the covered time.
    pub(crate) mean: f64,
    /// The covered time.
    pub(crate) seconds: f64,
}
