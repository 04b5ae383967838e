//! What a VM did at moments of the past, by samples that were read all at once.

use std::ops::RangeInclusive;

use super::counters::{Direction, Quantity};
use super::rules::Rules;
use super::timeline::Moment;
use super::vm_accumulator::VmAccumulator;
use crate::io_stats::VmIoStats;
use crate::units::Bytes;
use crate::vcenter_time::VcenterTime;

/// What a VM did at moments of the past, as far as its samples are remembered.
#[derive(Debug)]
pub struct Past<'p> {
    vm: &'p VmAccumulator,
    rules: Rules,
    /// For each disk and each way that is measured: the bytes of its samples up to each place of the stamps; `None` before
    /// the first one.
    bytes: Vec<Option<u64>>,
}

impl<'p> Past<'p> {
    pub(super) fn new(vm: &'p VmAccumulator, rules: Rules) -> Self {
        let mut bytes = Vec::with_capacity(vm.cells.len());
        for row in vm.cells.chunks_exact(vm.stamps.len().max(1)) {
            let mut sum: Option<u64> = None;
            let mut earlier = None;
            for (cell, at) in row.iter().zip(&*vm.stamps) {
                let since = earlier
                    .replace(*at)
                    .map(|earlier| at.saturating_sub(earlier));
                let usual = rules.spacing_seconds();
                if let Some(rate) = cell.value(Quantity::Rate) {
                    let seconds = since.map_or(usual, |since| since.min(usual));
                    let written = Moment::bytes_in(seconds, rate);
                    sum = Some(sum.unwrap_or(0).saturating_add(written));
                }
                bytes.push(sum);
            }
        }
        Self { vm, rules, bytes }
    }

    /// The moments, in seconds of Unix time, at which a window of this length ends that lies within the samples: not
    /// before the first one, and so that no later sample belongs into it. Empty if there is none.
    pub fn reach(&self, window_seconds: u32) -> RangeInclusive<i64> {
        let spacing = i64::from(self.rules.spacing_seconds());
        let (Some(first), Some(last)) = (self.vm.stamps.first(), self.vm.stamps.last()) else {
            return RangeInclusive::new(0, -1);
        };
        let begin = i64::from(*first) - spacing;
        begin + i64::from(window_seconds)..=i64::from(*last) + spacing - 1
    }

    /// The statistics of the samples in the window that ends at this moment; `None` if there are none. The totals are those
    /// of all samples up to it.
    pub fn stats(&self, at: VcenterTime, window_seconds: u32) -> Option<VmIoStats> {
        let up_to = |at: VcenterTime| {
            let stamps = &self.vm.stamps;
            stamps.partition_point(|stamp| i64::from(*stamp) <= at.as_second())
        };
        let places = up_to(at.minus_seconds(window_seconds))..up_to(at);
        let newest = places.end.checked_sub(1).filter(|_| !places.is_empty())?;
        let total = |direction, only| self.total(direction, only, newest);
        Some(self.vm.stats_of(places, self.rules, total))
    }

    /// The bytes of all samples up to this place of the stamps.
    fn total(&self, direction: Direction, only: Option<usize>, place: usize) -> Option<Bytes> {
        let ways = self.rules.directions().len();
        let way = usize::from(direction == Direction::Read);
        let rows = self.bytes.chunks_exact(self.vm.stamps.len().max(1));
        let of_way = rows.skip(way).step_by(ways).enumerate();
        let wanted = of_way.filter(|(disk, _)| only.is_none_or(|only| only == *disk));
        let bytes = wanted.filter_map(|(_, row)| row.get(place).copied().flatten());
        bytes.reduce(u64::saturating_add).map(Bytes::new)
    }
}
