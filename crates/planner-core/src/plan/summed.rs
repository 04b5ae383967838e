//! Writes that a server has added up, so that a plan need not read the series of every VM.

use std::collections::BTreeMap;

use super::assumptions::History;
use super::demand::Demand;
use super::grid::Grid;
use super::row::Row;
use super::series::Series;
use super::window::largest;
use crate::units::{BytesPerSec, DataAmount, Seconds};

/// A demand whose series are added up already.
///
/// What a sum can't say is not in the plan: quantiles of single VMs, and the hosts that they run on.
#[derive(Debug)]
pub struct Summed<'a> {
    /// The VMs, their groups and the grid. A VM has a series here only if it is one of the largest causes.
    pub demand: &'a Demand<'a>,
    /// The series that all VMs add up to.
    pub parts: Vec<SummedPart>,
    /// What is known of each VM, in the order of [`Demand::vms`]; `None` without samples.
    pub vms: Vec<Option<SummedVm>>,
    /// What VMs wrote in critical intervals, by start and end in seconds of Unix time: places in [`Demand::vms`], and bytes as
    /// they were written. An interval that is not here has no causes.
    pub causes: BTreeMap<(i64, i64), Vec<(usize, DataAmount)>>,
}

/// VMs added up.
#[derive(Debug, Clone, PartialEq)]
pub struct SummedPart {
    /// Place of their group in [`Demand::groups`]. The group of VMs that are in none comes behind the others. `None` without
    /// groups.
    pub group: Option<usize>,
    /// What they wrote.
    pub series: Series,
}

/// What one VM wrote in the time of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SummedVm {
    /// All that it wrote.
    pub written: DataAmount,
    /// The time in which it is known what it wrote.
    pub covered: Seconds,
    /// The largest 20 s sample, if it is known.
    pub peak: Option<BytesPerSec>,
    /// The most that it wrote in any time as long as its journal's history; `None` if that isn't known.
    pub largest_window: Option<DataAmount>,
}

impl SummedVm {
    /// What a series adds up to; `None` without samples on the grid.
    pub fn of_series(series: &Series, grid: &Grid, history: History) -> Option<Self> {
        let mut row = Row::default();
        series.write_to(grid, &mut row);
        let covered = row.covered(grid)?;
        let filled = row.filled(covered.mean).into_iter();
        let rates: Vec<f64> = filled.map(|(rate, _)| rate).collect();
        let window = largest(grid.seconds_of_buckets(), &rates, history.time().get());
        Some(Self {
            written: DataAmount::computed(covered.mean * covered.seconds),
            covered: Seconds::computed(covered.seconds),
            peak: row.largest(),
            largest_window: window.map(|window| DataAmount::computed(window.bytes)),
        })
    }

    /// Bytes per second over what is covered.
    pub(crate) fn mean(&self) -> f64 {
        let covered = self.covered.get();
        if covered > 0.0 {
            self.written.get() / covered
        } else {
            0.0
        }
    }
}
