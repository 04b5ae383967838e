//! Counts what an answer says about one VM: each sample of each series once.

use std::time::Duration;

use super::absent::Absent;
use super::budget::{Allowance, Budget};
use super::cell::Cell;
use super::counters::{Direction, DiskCounter, Quantity};
use super::disk::Disk;
use super::epoch::{Epoch, Seen, has_moved, since_set_back};
use super::look::{Desk, Look};
use super::plausibility::plausible;
use super::refusals::Refusals;
use super::rules::Rules;
use super::samples::{SampleTime, VmSamples};
use super::tally::RefusalReason;
use super::timeline::{Answered, Moment, merge, stamp};
use super::vm_accumulator::VmAccumulator;
use super::whole_vm::WholeVm;
use crate::inventory::VmId;
use crate::units::Bytes;

/// What decides which samples of an answer count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pass {
    pub(super) epoch: Epoch,
    pub(super) whole: WholeVm,
    /// Samples up to this stamp count no more.
    pub(super) closed: u32,
    /// Series that have counted nothing yet count from this stamp on.
    baseline: u32,
    pub(super) allowance: Allowance,
    /// Samples up to this stamp cost no time.
    free_until: u32,
}

/// One way of one disk.
struct Series<'s> {
    instance: &'s str,
    direction: Direction,
    /// In the order of the quantities; empty where there are none to use.
    values: [&'s [i64]; Quantity::ALL.len()],
    budget: Budget,
    /// Samples up to this stamp do not count, apart from those that are inherited.
    after: u32,
    /// Samples up to this stamp cost no time.
    free_until: u32,
    /// Stamps of the samples that an earlier process still waited for.
    inherited: Option<&'s mut Vec<u32>>,
    /// Disks that are not in the answer, as far as this may be one of them.
    absent: Absent<'s>,
}

impl VmAccumulator {
    /// Takes an answer. Returns whether it has data.
    pub(super) fn ingest(
        &mut self,
        vm: &VmId,
        answer: &VmSamples<'_>,
        look: Look<'_>,
        desk: &mut Desk,
    ) -> bool {
        let rules = desk.rules;
        let known = self.known(rules.source);
        let spacing = rules.spacing_seconds();
        let since_set_back = known.and_then(|known| {
            let elapsed = look.answered.seconds_since(known.moved_at);
            since_set_back(answer, known, &self.stamps, elapsed, spacing)
        });
        let all = Answered::of(answer.times(), since_set_back);
        let with_data = all.up_to(answer.newest_with_data(rules.directions()));
        let times = with_data.times;
        let Some(newest) = all.times.last().filter(|_| !times.is_empty()) else {
            desk.moments.clear();
            return false;
        };
        let newest = stamp(newest);
        let seen = Seen {
            newest,
            spacing,
            at: look.answered,
            host: look.host,
        };
        let epoch = Epoch::of(known, seen);
        let newest_before = self.newest();
        self.begin_epoch(epoch, times, look, rules);
        let whole = WholeVm::of(answer, self, rules);
        self.learn_disks(answer, whole, newest_before, desk);
        merge(
            &self.stamps,
            with_data,
            !matches!(epoch, Epoch::New { .. }),
            rules.spacing(),
            &mut desk.moments,
        );

        let elapsed = look.answered.seconds_since(self.baseline_at);
        let pass = Pass {
            epoch,
            whole,
            closed: self.closed,
            baseline: self.baseline,
            allowance: rules.allowance((epoch != Epoch::First).then_some(elapsed)),
            free_until: self.free_until,
        };
        desk.tally.host_changes += u64::from(has_moved(self.host.as_ref(), look.host));
        self.count(vm, answer, pass, desk);
        let newest_with_data = desk.moments.last().map_or(0, |moment| moment.at);
        let closing = newest_with_data.saturating_sub(rules.open_seconds());
        self.closed = closing.max(pass.closed);
        if std::mem::take(&mut self.was_off) {
            self.on_since = newest_with_data;
        }
        if let Some(inherited) = &mut self.inherited
            && !inherited.close(closing)
        {
            self.inherited = None;
        }
        self.close(answer, pass, desk);
        self.remember(answer, newest_with_data, desk);

        self.host = look.host.cloned().or(self.host.take());
        if newest_with_data > newest_before || epoch != Epoch::Same {
            // Samples that have nothing yet are asked for again.
            let empty = newest.saturating_sub(newest_with_data);
            self.moved_at = look.asked.earlier_by(Duration::from_secs(u64::from(empty)));
        }
        true
    }

    /// Sets from which stamp on samples count.
    fn begin_epoch(&mut self, epoch: Epoch, times: &[SampleTime], look: Look<'_>, rules: Rules) {
        let floor = match epoch {
            Epoch::Same => return,
            Epoch::First => {
                self.has_counted = true;
                self.baseline_at = look.asked;
                let newest = times.last().map_or(0, stamp);
                self.free_until = newest;
                newest.saturating_sub(rules.first_seconds())
            }
            Epoch::New { floor, most } => {
                self.free_until = 0;
                let before_most = times.len().checked_sub(most as usize + 1);
                let before_most = before_most.and_then(|place| times.get(place));
                floor.max(before_most.map_or(0, stamp))
            }
        };
        self.closed = floor;
        self.baseline = floor;
        self.inherited = None;
    }

    /// Makes room for disks that are new. `newest` is the newest stamp of before.
    fn learn_disks(
        &mut self,
        answer: &VmSamples<'_>,
        whole: WholeVm,
        newest: u32,
        desk: &mut Desk,
    ) {
        let directions = desk.rules.directions();
        let has_counted = |of_whole_vm: bool, direction: Direction| {
            let mut disks = self.disks.iter();
            disks.any(|disk| {
                disk.is_whole_vm() == of_whole_vm && disk.budget(direction).has_counted()
            })
        };
        let disks_take_over = directions.iter().copied().any(|direction| {
            answer.disks_have_data(DiskCounter::rate(direction))
                && has_counted(true, direction)
                && !has_counted(false, direction)
        });
        if disks_take_over {
            // What the series of the whole VM has counted, disks shall not count again.
            self.baseline = self.baseline.max(newest);
        }
        for instance in answer.instances() {
            let name = instance.name();
            let mut counters = directions.iter().flat_map(|way| DiskCounter::of(*way));
            let is_usable = counters.any(|it| instance.has_data(it) && whole.admits(instance, it));
            if is_usable && !self.disks.iter().any(|disk| *disk.instance == *name) {
                let name = desk.shared_instances.share(name);
                let new = Disk::new(name, desk.rules.measures.per_disk);
                self.insert(new, directions.len());
            }
        }
    }

    /// Inserts a disk of which no sample is remembered.
    fn insert(&mut self, disk: Disk, directions: usize) {
        let place = self
            .disks
            .partition_point(|known| known.instance < disk.instance);
        self.disks.reserve_exact(1);
        self.disks.insert(place, disk);
        let row = directions * self.stamps.len();
        let mut cells = std::mem::take(&mut self.cells).into_vec();
        let at = (place * row).min(cells.len());
        cells.splice(at..at, std::iter::repeat_n(Cell::OPEN, row));
        self.cells = cells.into_boxed_slice();
    }

    /// Fills the grid with what is remembered and what the answer has, and counts what is new.
    fn count(&mut self, vm: &VmId, answer: &VmSamples<'_>, pass: Pass, desk: &mut Desk) {
        let stamps = self.stamps.len();
        let Desk {
            rules,
            moments,
            grid,
            written,
            tally,
            ..
        } = desk;
        let mut refusals = Refusals {
            vm,
            reported: &mut self.reported,
            tally,
        };
        refusals.note_odd_intervals(moments, pass.closed);
        grid.clear();
        written.clear();
        written.resize(moments.len(), None);
        let absent = [Direction::Write, Direction::Read]
            .map(|way| Absent::of(answer, way, &self.disks, &self.cells, stamps, *rules));
        let mut remembered = self.cells.chunks_exact(stamps.max(1));
        for (place, disk) in self.disks.iter_mut().enumerate() {
            let instance = answer.instance(&disk.instance, place);
            for direction in rules.directions().iter().copied() {
                let budget = disk.budget(direction);
                let inherited = self.inherited.as_deref_mut();
                let is_new = !budget.has_counted();
                let old = if stamps == 0 { None } else { remembered.next() };
                let old = old.unwrap_or_default();
                let mut series = Series {
                    instance: &disk.instance,
                    direction,
                    values: DiskCounter::of(direction).map(|counter| {
                        let used = instance.filter(|it| pass.whole.admits(it, counter));
                        used.map(|it| answer.values(it, counter))
                            .unwrap_or_default()
                    }),
                    after: if is_new && !disk.is_whole_vm() {
                        pass.baseline
                    } else {
                        pass.closed
                    },
                    budget,
                    free_until: pass.free_until,
                    inherited: inherited.and_then(|it| it.of(&disk.instance, direction)),
                    absent: if disk.is_whole_vm() {
                        Absent::default()
                    } else {
                        absent[direction as usize].that_may_be(old)
                    },
                };
                let is_new = is_new && series.inherited.is_none();
                let mut counted: Option<u64> = None;
                let first = grid.len();
                for (moment, written) in moments.iter().zip(&mut *written) {
                    let (cell, bytes) = series.take(moment, old, pass.allowance, &mut refusals);
                    grid.push(cell);
                    let Some(bytes) = bytes else { continue };
                    counted = Some(bytes.saturating_add(counted.unwrap_or(0)));
                    if direction == Direction::Write {
                        *written = Some(bytes.saturating_add(written.unwrap_or(0)));
                    }
                }
                *disk.budget_mut(direction) = series.budget;
                if is_new {
                    let row = grid.get_mut(first..).unwrap_or_default();
                    close_before_first(row);
                }
                if let Some(bytes) = counted {
                    disk.add(direction, bytes);
                    self.totals.add(direction, Bytes::new(bytes));
                }
            }
        }
    }
}

impl Series<'_> {
    /// What is known of a moment now, and the bytes that count, if the rate is new.
    fn take(
        &mut self,
        moment: &Moment,
        remembered: &[Cell],
        allowance: Allowance,
        refusals: &mut Refusals<'_>,
    ) -> (Cell, Option<u64>) {
        let kept = moment.kept.and_then(|place| remembered.get(place));
        let mut cell = kept.copied().unwrap_or(Cell::OPEN);
        let mut bytes = None;
        let Some(answered) = moment.answered.filter(|_| cell.has_open()) else {
            return (cell, bytes);
        };
        for (quantity, values) in Quantity::ALL.into_iter().zip(self.values) {
            let Some(value) = values.get(answered).copied().filter(|value| *value >= 0) else {
                continue;
            };
            if !cell.is_open(quantity) {
                continue;
            }
            if self.absent.have_rate(moment.kept) {
                // It may have counted under another name.
                cell.close(quantity);
                continue;
            }
            let counter = DiskCounter {
                direction: self.direction,
                quantity,
            };
            let Some(plausible) = plausible(quantity, value) else {
                cell.close(quantity);
                let reason = RefusalReason::Implausible;
                refusals.note(reason, self.instance, Some(counter), value);
                continue;
            };
            cell.set(quantity, plausible);
            if quantity == Quantity::Rate {
                // What the VM's first answer lacked is not of the time since then.
                let is_free = moment.at <= self.free_until;
                let seconds = if is_free { 0 } else { moment.seconds };
                if moment.at <= self.after && !self.take_inherited(moment.at) {
                    // It was counted, or is too old to be.
                } else if self.budget.spend(seconds, allowance) {
                    bytes = Some(moment.bytes_at(plausible));
                } else {
                    let seconds = i64::from(moment.seconds);
                    refusals.note(RefusalReason::Clock, self.instance, Some(counter), seconds);
                }
            }
        }
        (cell, bytes)
    }

    /// Takes this sample from those that an earlier process waited for. Returns whether it is one of them.
    fn take_inherited(&mut self, at: u32) -> bool {
        let Some(inherited) = &mut self.inherited else {
            return false;
        };
        let Ok(place) = inherited.binary_search(&at) else {
            return false;
        };
        inherited.remove(place);
        true
    }
}

/// A series does not lack what was before its first sample.
fn close_before_first(row: &mut [Cell]) {
    let has_rate = |cell: &Cell| cell.value(Quantity::Rate).is_some();
    let first = row.iter().position(has_rate).unwrap_or(0);
    for cell in row.iter_mut().take(first) {
        if cell.is_open(Quantity::Rate) {
            cell.close(Quantity::Rate);
        }
    }
}
