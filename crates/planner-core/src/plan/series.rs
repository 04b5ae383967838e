//! What one disk or VM has written: samples as a source gives them.

use thiserror::Error;

use super::bucket::Bucket;
use super::cell::Cell;
use super::grid::Grid;
use super::row::Row;
use crate::units::{BytesPerSec, DataAmount};

/// Two samples speak of the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("two samples cover the second {second} of Unix time: leave one of them out")]
pub struct Overlap {
    /// The first second that both cover.
    pub second: i64,
}

/// Samples in the order of time that don't overlap. Where there is none, nothing is known: that isn't zero.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Series {
    buckets: Vec<Bucket>,
}

impl Series {
    /// Sorts the samples.
    ///
    /// # Errors
    ///
    /// If two of them overlap.
    pub fn new(mut buckets: Vec<Bucket>) -> Result<Self, Overlap> {
        buckets.sort_by_key(|bucket| bucket.start_second);
        let neighbours = buckets.iter().zip(buckets.iter().skip(1));
        for (earlier, later) in neighbours {
            if later.start_second < earlier.end_second {
                return Err(Overlap {
                    second: later.start_second,
                });
            }
        }
        Ok(Self { buckets })
    }

    /// Notes that the VM is known to have been off, or not to have existed, in `[start, end)`. Where there is no
    /// sample in that time, it wrote nothing: zero, and present.
    #[must_use]
    pub fn idle_between(self, start_second: i64, end_second: i64) -> Self {
        let mut buckets = Vec::with_capacity(self.buckets.len() + 1);
        let mut free_from = start_second;
        for bucket in self.buckets {
            buckets.extend(idle(free_from, bucket.start_second.min(end_second)));
            free_from = free_from.max(bucket.end_second);
            buckets.push(bucket);
        }
        buckets.extend(idle(free_from, end_second));
        buckets.sort_by_key(|bucket| bucket.start_second);
        Self { buckets }
    }

    /// What was written in `[start, end)`. A sample that lies there in part counts in part.
    pub fn written_between(&self, start_second: i64, end_second: i64) -> DataAmount {
        let buckets = self.buckets.iter().map(|bucket| {
            let (start, end) = (
                bucket.start_second.max(start_second),
                bucket.end_second.min(end_second),
            );
            bucket.mean.get() * (end - start).max(0) as f64
        });
        DataAmount::computed(buckets.sum())
    }

    /// The samples.
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// Puts the samples on a grid by bytes: a sample that reaches over several buckets of the grid is shared out by
    /// time, and what lies outside of the grid is dropped.
    pub fn write_to(&self, grid: &Grid, row: &mut Row) {
        row.reset(grid.len());
        let first = self
            .buckets
            .partition_point(|bucket| bucket.end_second <= grid.start_second());
        let mut samples = self.buckets.get(first..).unwrap_or_default();
        for (cell, (start, end)) in grid.buckets().enumerate() {
            let overlapping = samples.partition_point(|bucket| bucket.start_second < end);
            let (inside, _) = samples.split_at(overlapping);
            row.put(cell, &Cell::of(inside, start, end));
            let done = inside.partition_point(|bucket| bucket.end_second <= end);
            samples = samples.get(done..).unwrap_or_default();
        }
    }
}

fn idle(start_second: i64, end_second: i64) -> Option<Bucket> {
    let zero = BytesPerSec::new(0.0)?;
    Bucket::new(start_second, end_second, zero, Some(zero))
}
