//! What the samples of a window say: means, latencies, and the peak.

use super::cell::Cell;
use super::counters::Quantity;
use crate::io_stats::IoStats;
use crate::units::{Bytes, Iops, KibPerSec, LatencyMillis};

/// The samples of one disk in a window, or of the whole VM.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'w> {
    /// A series of the whole VM counts only where no disk has data.
    pub(super) is_of_whole_vm: bool,
    pub(super) cells: &'w [Cell],
}

/// Each disk has its own mean, over the samples that it has: a sample that one disk lacks changes no other disk, and does
/// not lower the sum. All rows are equally long.
pub(super) fn stats<'w>(rows: impl Iterator<Item = Row<'w>>, total: Option<Bytes>) -> IoStats {
    let rows: Vec<Row<'_>> = rows.collect();
    let (mut disks, mut whole) = (Together::default(), Together::default());
    for row in &rows {
        let sums = Sums::of(row.cells);
        if row.is_of_whole_vm {
            whole.add(sums);
        } else {
            disks.add(sums);
        }
    }
    let peak_rate = peak(&rows, disks.rate.sum().is_none());
    let latency = disks.latency.mean().or_else(|| whole.latency.mean());
    let weighted = disks
        .weighted_latency()
        .or_else(|| whole.weighted_latency());
    IoStats {
        iops: disks
            .iops
            .sum()
            .or_else(|| whole.iops.sum())
            .and_then(Iops::new),
        rate: disks
            .rate
            .sum()
            .or_else(|| whole.rate.sum())
            .and_then(KibPerSec::new),
        latency: latency.and_then(LatencyMillis::new),
        // Without any operation there are no weights.
        weighted_latency: weighted.or(latency).and_then(LatencyMillis::new),
        peak_rate: peak_rate.and_then(KibPerSec::new),
        total,
    }
}

/// The largest sum over disks at one stamp. A disk without a value adds nothing, so it cannot raise the peak, and stamps
/// at which all disks have values decide.
fn peak(rows: &[Row<'_>], of_whole_vm: bool) -> Option<f64> {
    let stamps = rows.first().map_or(0, |row| row.cells.len());
    let at = |stamp: usize| {
        let rows = rows.iter().filter(|row| row.is_of_whole_vm == of_whole_vm);
        let cells = rows.filter_map(|row| row.cells.get(stamp));
        let rates = cells.filter_map(|cell| cell.value(Quantity::Rate));
        rates.map(u64::from).reduce(|a, b| a + b)
    };
    (0..stamps).filter_map(at).max().map(|rate| rate as f64)
}

/// A sum of values, and how many there are.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    sum: u64,
    count: u32,
}

impl Sum {
    fn add(&mut self, value: Option<u32>) {
        if let Some(value) = value {
            self.sum += u64::from(value);
            self.count += 1;
        }
    }

    fn mean(self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / f64::from(self.count))
    }
}

/// One row's values added up.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    iops: Sum,
    rate: Sum,
    latency: Sum,
    /// Latency of the samples that have operations too.
    latency_with_iops: Sum,
    /// Latency times operations, and operations, of those samples.
    weighted_latency: u64,
    operations: u64,
}

impl Sums {
    fn of(cells: &[Cell]) -> Self {
        let mut sums = Self::default();
        for cell in cells {
            let (iops, latency) = (cell.value(Quantity::Iops), cell.value(Quantity::Latency));
            sums.iops.add(iops);
            sums.rate.add(cell.value(Quantity::Rate));
            sums.latency.add(latency);
            if let (Some(iops), Some(latency)) = (iops, latency) {
                sums.latency_with_iops.add(Some(latency));
                sums.weighted_latency += u64::from(latency) * u64::from(iops);
                sums.operations += u64::from(iops);
            }
        }
        sums
    }

    /// A latency says something if it is known of how many operations.
    fn latency(&self) -> Sum {
        if self.latency_with_iops.count > 0 {
            self.latency_with_iops
        } else {
            self.latency
        }
    }
}

/// Rows put together.
#[derive(Debug, Default)]
struct Together {
    iops: Means,
    rate: Means,
    latency: Means,
    weighted_latency: u64,
    operations: u64,
}

impl Together {
    fn add(&mut self, row: Sums) {
        self.iops.add(row.iops);
        self.rate.add(row.rate);
        self.latency.add(row.latency());
        self.weighted_latency += row.weighted_latency;
        self.operations += row.operations;
    }

    fn weighted_latency(&self) -> Option<f64> {
        (self.operations > 0).then(|| self.weighted_latency as f64 / self.operations as f64)
    }
}

/// Means of rows added up. As long as all have equally many values, one division serves all, so that the sum stays exact.
#[derive(Debug, Default)]
struct Means {
    added: f64,
    same: Sum,
    rows: u32,
}

impl Means {
    fn add(&mut self, row: Sum) {
        if row.count == 0 {
            return;
        }
        self.rows += 1;
        if row.count != self.same.count {
            self.added += self.same.mean().unwrap_or(0.0);
            self.same = Sum {
                sum: 0,
                count: row.count,
            };
        }
        self.same.sum += row.sum;
    }

    fn sum(&self) -> Option<f64> {
        (self.rows > 0).then(|| self.added + self.same.mean().unwrap_or(0.0))
    }

    fn mean(&self) -> Option<f64> {
        Some(self.sum()? / f64::from(self.rows))
    }
}
