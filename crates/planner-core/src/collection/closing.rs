//! Closes samples that did not come, and remembers the rest.

use super::cell::Slot;
use super::counters::{Direction, DiskCounter, Quantity};
use super::epoch::Epoch;
use super::ingest::Pass;
use super::look::Desk;
use super::plausibility::plausible;
use super::samples::VmSamples;
use super::timeline::{Moment, lost_between};
use super::vm_accumulator::VmAccumulator;
use crate::units::Bytes;

impl VmAccumulator {
    /// Closes what will not be asked for again. A disk that lacks a rate then misses it, unless no disk has one at that
    /// stamp and the series of the whole VM has.
    pub(super) fn close(&mut self, answer: &VmSamples<'_>, pass: Pass, desk: &mut Desk) {
        let closing = self.closed;
        let moments = std::mem::take(&mut desk.moments);
        let lost = self.lost(&moments, pass, desk.rules.spacing_seconds());
        for (way, direction) in desk.rules.directions().iter().copied().enumerate() {
            self.note_expected(answer, pass, direction, desk);
            let rows = desk.is_expected.iter().filter(|is_expected| **is_expected);
            desk.tally.missing += rows.count() as u64 * u64::from(lost);
            let due = moments.iter().take_while(|moment| moment.at <= closing);
            for (column, moment) in due.enumerate() {
                let is_awaited = |place| self.awaits(place, direction, moment.at);
                let (has_rate, open) = close_column(desk, way, column, moments.len(), is_awaited);
                let of_whole = if has_rate || moment.at <= pass.closed {
                    None
                } else {
                    self.count_whole(answer, pass, direction, moment)
                };
                match of_whole {
                    None => desk.tally.missing += open,
                    Some(bytes) if direction == Direction::Write => {
                        if let Some(written) = desk.written.get_mut(column) {
                            *written = Some(bytes.saturating_add(written.unwrap_or(0)));
                        }
                    }
                    Some(_) => {}
                }
            }
        }
        desk.moments = moments;
    }

    /// Whether a sample may still come although newer ones were counted by an earlier process.
    fn awaits(&self, disk: usize, direction: Direction, at: u32) -> bool {
        let Some(inherited) = &self.inherited else {
            return false;
        };
        let disk = self.disks.get(disk);
        disk.is_some_and(|disk| inherited.has(&disk.instance, direction, at))
    }

    /// How many stamps that are closed now never came at all. Those of another epoch cannot be compared.
    fn lost(&self, moments: &[Moment], pass: Pass, spacing: u32) -> u32 {
        if pass.epoch != Epoch::Same {
            return 0;
        }
        let closed = pass.closed.max(self.on_since);
        let pairs = moments.iter().zip(moments.iter().skip(1));
        pairs
            .map(|(earlier, later)| {
                lost_between(earlier.at, later.at, spacing, closed, self.closed)
            })
            .sum()
    }

    /// Notes for each disk whether the answer should have its rates: a disk that is not in it may be gone, and its samples
    /// may come with it later.
    fn note_expected(
        &self,
        answer: &VmSamples<'_>,
        pass: Pass,
        direction: Direction,
        desk: &mut Desk,
    ) {
        let rate = DiskCounter::rate(direction);
        let disks = self.disks.iter().enumerate();
        let is_expected = disks.map(|(place, disk)| {
            let instance = answer.instance(&disk.instance, place);
            let instance = instance.filter(|it| it.has_series(rate) && pass.whole.admits(it, rate));
            instance.is_some() && disk.budget(direction).has_counted()
        });
        desk.is_expected.clear();
        desk.is_expected.extend(is_expected);
    }

    /// Counts what the whole VM did at a stamp at which no disk has a rate.
    fn count_whole(
        &mut self,
        answer: &VmSamples<'_>,
        pass: Pass,
        direction: Direction,
        moment: &Moment,
    ) -> Option<u64> {
        let whole = answer.instance("", 0)?;
        let values = answer.values(whole, DiskCounter::rate(direction));
        let rate = plausible(Quantity::Rate, *values.get(moment.answered?)?)?;
        let mut disks = self.disks.iter_mut();
        let disk =
            disks.find(|disk| !disk.is_whole_vm() && disk.budget(direction).has_counted())?;
        if !disk
            .budget_mut(direction)
            .spend(moment.seconds, pass.allowance)
        {
            return None;
        }
        let bytes = moment.bytes_at(rate);
        self.totals.add(direction, Bytes::new(bytes));
        self.baseline = self.baseline.max(moment.at);
        Some(bytes)
    }

    /// Keeps the newest samples, and the disks that have any or are in the answer.
    pub(super) fn remember(&mut self, answer: &VmSamples<'_>, newest: u32, desk: &mut Desk) {
        let length = desk.moments.len();
        let forgotten = newest.checked_sub(desk.rules.remembered_seconds());
        let first = forgotten.map_or(0, |forgotten| {
            desk.moments
                .partition_point(|moment| moment.at <= forgotten)
        });
        let ways = desk.rules.directions().len();
        let mut rows = desk.grid.chunks_exact(length.max(1));
        let mut places = 0..;
        let mut cells = std::mem::take(&mut self.cells).into_vec();
        cells.clear();
        cells.reserve_exact(self.disks.len() * ways * (length - first));
        let disks_before = self.disks.len();
        self.disks.retain(|disk| {
            let place = places.next().unwrap_or(0);
            let before = cells.len();
            for row in rows.by_ref().take(ways) {
                cells.extend_from_slice(row.get(first..).unwrap_or_default());
            }
            let has_values = || cells.iter().skip(before).any(|cell| cell.has_value());
            let is_kept = answer.instance(&disk.instance, place).is_some() || has_values();
            if !is_kept {
                cells.truncate(before);
            }
            is_kept
        });
        if self.disks.len() < disks_before {
            // A disk that comes back does not count again what it has counted.
            self.baseline = self.baseline.max(self.closed);
        }
        self.cells = cells.into_boxed_slice();
        self.stamps = desk.stamps_from(first);
    }
}

/// Closes the rates of a stamp. Returns whether any disk has one, or had one that was refused, and how many that are
/// expected never came.
fn close_column(
    desk: &mut Desk,
    way: usize,
    column: usize,
    length: usize,
    is_awaited: impl Fn(usize) -> bool,
) -> (bool, u64) {
    let ways = desk.rules.directions().len();
    let (mut has_rate, mut open) = (false, 0);
    for (place, is_expected) in desk.is_expected.iter().enumerate() {
        let row = (place * ways + way) * length;
        let Some(cell) = desk.grid.get_mut(row + column) else {
            continue;
        };
        match cell.slot(Quantity::Rate) {
            Slot::Open if *is_expected && !is_awaited(place) => {
                cell.close(Quantity::Rate);
                open += 1;
            }
            Slot::Open => {}
            Slot::Closed | Slot::Value(_) => has_rate = true,
        }
    }
    (has_rate, open)
}
