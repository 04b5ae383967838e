//! Disks that an answer leaves out: another of its disks may be one of them, spelled in another way.

use super::cell::Cell;
use super::counters::{Direction, DiskCounter, Quantity};
use super::disk::Disk;
use super::rules::Rules;
use super::samples::VmSamples;

/// No VM has more disks. A server that sends more cannot make comparing them expensive.
const MOST: usize = 512;

/// The remembered samples of disks that have counted, and whose rates are not in an answer.
#[derive(Debug, Default)]
pub(super) struct Absent<'c>(Vec<&'c [Cell]>);

impl<'c> Absent<'c> {
    /// `cells` has a row of `stamps` samples for each disk and direction.
    pub(super) fn of(
        answer: &VmSamples<'_>,
        direction: Direction,
        disks: &[Disk],
        cells: &'c [Cell],
        stamps: usize,
        rules: Rules,
    ) -> Self {
        let ways = rules.directions().len();
        let way = usize::from(direction == Direction::Read);
        let rate = DiskCounter::rate(direction);
        let absent = disks.iter().enumerate().filter(|(place, disk)| {
            let answered = || answer.instance(&disk.instance, *place);
            disk.budget(direction).has_counted()
                && !disk.is_whole_vm()
                && answered().is_none_or(|it| !it.has_series(rate))
        });
        let rows = absent.filter_map(|(place, _)| {
            let first = (place * ways + way) * stamps;
            cells.get(first..first + stamps)
        });
        Self(rows.take(MOST).collect())
    }

    /// Those that a disk with these remembered samples may be. Two disks that have rates at one stamp were in one answer,
    /// so they are not the same.
    pub(super) fn that_may_be(&self, own: &[Cell]) -> Self {
        let has_rate = |cell: &Cell| cell.value(Quantity::Rate).is_some();
        let rows = self.0.iter().copied().filter(|row| {
            let mut pairs = row.iter().zip(own);
            !pairs.any(|(theirs, ours)| has_rate(theirs) && has_rate(ours))
        });
        Self(rows.collect())
    }

    /// Whether one of them has a rate at this place among the stamps.
    pub(super) fn have_rate(&self, place: Option<usize>) -> bool {
        let mut cells = self.0.iter().filter_map(|row| row.get(place?));
        cells.any(|cell| cell.value(Quantity::Rate).is_some())
    }
}
