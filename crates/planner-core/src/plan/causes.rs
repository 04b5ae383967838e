//! Who causes the link that an RPO needs.

use std::ops::Range;
use std::sync::Arc;

use super::chords::steepest;
use super::demand::{Demand, SeriesId, VmIdentity};
use super::grid::Grid;
use super::row::{Covered, Row};
use super::sum::{Sum, SumBuilder, ratio};
use super::wire::Wire;
use crate::units::{BytesPerSec, DataAmount, Seconds};

/// For how many of the largest causes a plan says what link would do without them.
const CAUSES_TRIED: usize = 10;

/// What a VM, or one of its disks, wrote in a critical interval.
#[derive(Debug, Clone, PartialEq)]
pub struct Cause {
    /// The VM.
    pub vm: Arc<VmIdentity>,
    /// The disk, if disks have series of their own.
    pub disk: Option<Arc<str>>,
    /// Bytes on the wire. Those of all causes add up to the interval's.
    pub bytes: DataAmount,
    /// The part of the interval's bytes.
    pub share: f64,
    /// The nominal link for the same RPO over all the data without this cause; known of the ten largest whose series are.
    pub link_without: Option<BytesPerSec>,
}

/// Adds up what each series wrote in one critical interval.
#[derive(Debug)]
pub(crate) struct Tally {
    buckets: Range<usize>,
    factor: f64,
    usable_share: f64,
    rpo: Seconds,
    found: Vec<Found>,
}

#[derive(Debug, Clone, Copy)]
struct Found {
    series: SeriesId,
    times: f64,
    bytes: f64,
}

impl Tally {
    /// `factor` makes bytes on the wire out of bytes written.
    pub(crate) fn new(buckets: Range<usize>, factor: f64, usable_share: f64, rpo: Seconds) -> Self {
        Self {
            buckets,
            factor,
            usable_share,
            rpo,
            found: Vec::new(),
        }
    }

    /// Notes a series that is sent `times` times.
    pub(crate) fn note(
        &mut self,
        series: SeriesId,
        row: &Row,
        covered: Covered,
        times: f64,
        sum: &Sum,
    ) {
        let range = self.buckets.clone();
        let rates = row.rates().get(range.clone()).unwrap_or_default();
        let present = sum.present().get(range.clone()).unwrap_or_default();
        let lengths = sum.grid().seconds_of_buckets();
        let lengths = lengths.get(range.clone()).unwrap_or_default();
        let mut bytes = 0.0;
        for ((rate, is_present), length) in rates.iter().zip(present).zip(lengths) {
            let observed = rate.filter(|_| *is_present).map(BytesPerSec::get);
            bytes += observed.unwrap_or(covered.mean) * length;
        }
        bytes += partly(&range, row, covered, sum);
        self.found.push(Found {
            series,
            times,
            bytes: bytes * times * self.factor,
        });
    }

    /// Notes a VM of which the bytes are known that it wrote in the interval.
    pub(crate) fn note_bytes(&mut self, vm: usize, bytes: DataAmount) {
        self.found.push(Found {
            series: SeriesId { vm, disk: None },
            times: 1.0,
            bytes: bytes.get() * self.factor,
        });
    }

    /// The causes, largest first, and the links without the largest of them, as far as their series are known.
    pub(crate) fn finish(
        mut self,
        demand: &Demand<'_>,
        all: &SumBuilder,
        read: Reading<'_>,
    ) -> Vec<Cause> {
        self.found
            .sort_by(|one, other| other.bytes.total_cmp(&one.bytes));
        let total: f64 = self.found.iter().map(|found| found.bytes).sum();
        let mut row = Row::default();
        let causes = self.found.iter().enumerate();
        causes
            .filter_map(|(place, found)| {
                let vm = demand.vms().get(found.series.vm)?;
                let disk = found.series.disk.and_then(|disk| vm.disks.get(disk));
                let link_without = (place < CAUSES_TRIED).then(|| {
                    read(found.series, &mut row);
                    let is_known = row.covered(demand.grid()).is_some();
                    is_known.then(|| self.link_without(all, &row, found.times))
                });
                Some(Cause {
                    vm: Arc::clone(&vm.identity),
                    disk: disk.cloned(),
                    bytes: DataAmount::computed(found.bytes),
                    share: ratio(found.bytes, total),
                    link_without: link_without.flatten(),
                })
            })
            .collect()
    }

    fn link_without(&self, all: &SumBuilder, row: &Row, times: f64) -> BytesPerSec {
        let rest = Wire::new(&all.without(row, times).finish(), self.factor);
        let link = steepest(rest.trace(), self.rpo.get(), 0.0);
        BytesPerSec::computed(link / self.usable_share)
    }
}

/// Reads a series as the sum has counted it.
pub(crate) type Reading<'a> = &'a dyn Fn(SeriesId, &mut Row);

/// What buckets that samples cover in part add to a tally: the rest of them counts with the mean.
fn partly(range: &Range<usize>, row: &Row, covered: Covered, sum: &Sum) -> f64 {
    let inside = row
        .partly()
        .iter()
        .filter(|(place, _)| range.contains(place));
    let parts = inside.filter_map(|&(place, part)| {
        let rate = (*row.rates().get(place)?)?;
        let is_present = sum.present().get(place)?;
        let length = length(sum.grid(), place)?;
        is_present.then_some((covered.mean - rate.get()) * (1.0 - part) * length)
    });
    parts.sum()
}

fn length(grid: &Grid, place: usize) -> Option<f64> {
    let (start, end) = (grid.edges().get(place)?, grid.edges().get(place + 1)?);
    Some(end.abs_diff(*start) as f64)
}
