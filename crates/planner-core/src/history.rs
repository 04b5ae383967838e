//! What each VM wrote over days: samples for hours, means and peaks for longer, in a bounded amount of memory.
//!
//! A [`History`] folds the new samples of each [`CycleReport`]. Samples of 20 s become *hours*. An hour is open until every
//! VM was answered beyond its end. Then it closes into blocks that don't change any more: one of samples for each VM, one of
//! means and peaks of five minutes, and one of samples for the VMs of the vCenter together, and of each cluster.
//!
//! A [`View`] is what a history has at one moment. It shares the blocks and stays as it is. [`Past`](past::Past) reads one or
//! several of them, for a [`Demand`](crate::plan::demand::Demand).

mod amounts;
mod bits;
mod block;
mod damage;
pub mod filling;
mod hour;
mod intake;
pub mod log;
mod merge;
mod packed;
pub mod past;
mod places;
mod record;
mod rice;
mod roll_up;
mod slots;
mod stretch;
mod sums;
mod table;
mod varint;
mod view;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::Arc;

use self::hour::Hour;
use self::intake::Intake;
use self::places::Places;
use self::slots::{HOUR_SECONDS, slots_of, start_second};
use crate::collection::CycleReport;
use crate::snapshot::Snapshot;
use crate::vcenter_time::VcenterTime;
use crate::vm_state::VmState;

pub use self::block::Block;
pub use self::damage::Damage;
pub use self::sums::Scope;
pub use self::view::View;

const HOURS_OF_DAY: u32 = 24;

/// Hosts' clocks may be wrong. Samples that lie further in the future than this are not kept.
const MOST_AHEAD_SECONDS: i64 = 3_600;

/// What a history may keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Closed hours with all samples.
    pub hours: NonZeroU32,
    /// Days of means and peaks, and of the sums.
    pub roll_up_days: u32,
    /// Memory. The samples of the oldest hours go first.
    pub bytes: usize,
}

/// What all VMs of one vCenter wrote. It costs nothing where there is none.
#[derive(Debug)]
pub struct History {
    limits: Limits,
    hours: BTreeMap<u32, Hour>,
    places: Places,
    /// vCenter's time when the latest cycle began.
    began: Option<VcenterTime>,
    /// Hours after this one lie in the future: a clock was wrong. They wait for their time, or for the memory to be full.
    last: u32,
    dropped_hours: u64,
    refused_samples: u64,
}

/// What a cycle changed, for those who keep a history in files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Folded {
    /// The new samples, a block for each hour.
    pub records: Vec<Block>,
    /// Starts of the hours that were closed: their [blocks](History::blocks_of) replace their records.
    pub closed: Vec<VcenterTime>,
    /// Starts of the hours that lost something because of the limits: their blocks, if any are left, replace those before.
    pub dropped: Vec<VcenterTime>,
}

/// What came of blocks that were restored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Restored {
    /// How many blocks don't fit to the others.
    pub unfit: usize,
    /// Starts of the hours whose [blocks](History::blocks_of) are others now.
    pub changed: BTreeSet<VcenterTime>,
}

/// When samples of the source of a cycle may still come.
#[derive(Debug, Clone, Copy)]
struct Lateness {
    /// How long after a sample another disk may have one of the same time.
    overlap_seconds: i64,
    /// How long after its end an hour is closed, even if VMs were not answered.
    most_seconds: i64,
}

impl History {
    /// A history of nothing.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            hours: BTreeMap::new(),
            places: Places::default(),
            began: None,
            last: u32::MAX,
            dropped_hours: 0,
            refused_samples: 0,
        }
    }

    /// What it may keep.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Takes the new samples of a cycle, closes the hours that are complete, and drops what is beyond the limits.
    ///
    /// A cycle that asked for no VM changes nothing.
    pub fn fold(&mut self, report: &CycleReport) -> Folded {
        let source = report.statistics.as_ref().and_then(|it| it.source);
        let (Some(began), Some(snapshot), Some(source)) =
            (report.began_at, report.snapshot.as_deref(), source)
        else {
            return Folded::default();
        };
        let slot_seconds = source.interval_seconds(report.window_seconds);
        if slots_of(slot_seconds).is_none() {
            self.refused_samples += report.new_samples.len() as u64;
            return Folded::default();
        }
        let kept_seconds = i64::from(source.kept_seconds(report.window_seconds));
        let overlap_seconds = i64::from(source.overlap_samples() * slot_seconds);
        let lateness = Lateness {
            overlap_seconds,
            most_seconds: kept_seconds + overlap_seconds,
        };
        let inventory = snapshot.inventory();
        let before = self.places.inventory().cloned();
        let mut intake = Intake::new(&report.new_samples, slot_seconds);
        if let Some((before, then)) = before.as_deref().zip(self.began)
            && (0..=kept_seconds).contains(&began.seconds_since(then))
        {
            intake.add_idle(before, inventory, (then.as_second(), began.as_second()));
        }
        let records = self.take(intake, slot_seconds, began);
        self.places.update(inventory);
        self.began = Some(began);
        let closed = self.close(began, snapshot, lateness);
        let dropped = self.keep_within_limits();
        Folded {
            records,
            closed,
            dropped,
        }
    }

    fn take(&mut self, intake: Intake<'_>, slot_seconds: u32, began: VcenterTime) -> Vec<Block> {
        let ahead = began.as_second().saturating_add(MOST_AHEAD_SECONDS);
        let last = u32::try_from(intake::hour_of(ahead)).unwrap_or(0);
        self.last = last;
        let newest = self.hours.range(..=last).next_back();
        let newest = newest.map_or(0, |(hour, _)| *hour);
        let first = newest.saturating_sub(self.longest_hours());
        let fits = |hour: u32| {
            let known = self.hours.get(&hour);
            (first..=last).contains(&hour)
                && known.is_none_or(|known| known.takes_samples_of(slot_seconds))
        };
        let (records, refused) = intake.records(fits);
        self.refused_samples += refused;
        let mut added = Vec::new();
        for record in records {
            let (number, record) = (record.head().hour, Arc::new(record));
            let hour = self.hours.entry(number);
            let hour = hour.or_insert_with(|| Hour::new(number, slot_seconds));
            hour.add(Arc::clone(&record));
            added.push(Block(record));
        }
        added
    }

    /// How far back anything is kept.
    fn longest_hours(&self) -> u32 {
        let of_roll_ups = self.limits.roll_up_days.saturating_mul(HOURS_OF_DAY);
        of_roll_ups.max(self.limits.hours.get())
    }

    /// Closes the hours that are complete. What came late for others is added to them at the same time.
    fn close(
        &mut self,
        now: VcenterTime,
        snapshot: &Snapshot,
        lateness: Lateness,
    ) -> Vec<VcenterTime> {
        let mut answered_until = None;
        let mut is_due = |hour: &Hour| {
            let waited = now.as_second().saturating_sub(hour.end_second());
            waited >= lateness.most_seconds
                || waited >= lateness.overlap_seconds
                    && *answered_until.get_or_insert_with(|| all_answered_until(snapshot))
                        >= hour.end_second() + lateness.overlap_seconds
        };
        let mut due: Vec<u32> = Vec::new();
        let open = self.hours.values().filter(|hour| !hour.is_closed);
        due.extend(open.filter(|hour| is_due(hour)).map(|hour| hour.number));
        let mut closed = Vec::new();
        if due.is_empty() {
            return closed;
        }
        for hour in self.hours.values_mut() {
            let has_more = hour.is_closed && !hour.samples.records.is_empty();
            if has_more || due.contains(&hour.number) {
                hour.close(&self.places);
                closed.push(start_of(hour.number));
            }
        }
        self.places.forget();
        closed
    }

    /// Returns the starts of the hours that lost something.
    fn keep_within_limits(&mut self) -> Vec<VcenterTime> {
        let sizes = self.hours.iter();
        let before: Vec<_> = sizes.map(|(hour, it)| (*hour, it.bytes())).collect();
        self.drop_beyond_limits();
        let left = |hour: &u32| self.hours.get(hour).map_or(0, Hour::bytes);
        let shrunk = before.iter().filter(|(hour, bytes)| left(hour) < *bytes);
        shrunk.map(|(hour, _)| start_of(*hour)).collect()
    }

    fn drop_beyond_limits(&mut self) {
        let Limits {
            hours,
            roll_up_days,
            bytes,
        } = self.limits;
        let until_now = self.hours.range(..=self.last).rev();
        let Some((newest, _)) = until_now.into_iter().find(|(_, hour)| hour.is_closed) else {
            return self.keep_within_bytes(bytes);
        };
        let newest = *newest;
        let roll_up_hours = roll_up_days.saturating_mul(HOURS_OF_DAY);
        self.hours.retain(|number, hour| {
            let age = newest.saturating_sub(*number);
            if age >= roll_up_hours {
                (hour.roll_up, hour.sums) = (None, None);
            }
            let is_fine = hour.has_fine_samples();
            if age >= hours.get() && (is_fine || age >= roll_up_hours) {
                hour.drop_samples();
            }
            !hour.is_closed || hour.bytes() > 0
        });
        self.keep_within_bytes(bytes);
    }

    /// Drops samples of 20 s first, then means and peaks, each from the oldest hour on, and open hours last.
    fn keep_within_bytes(&mut self, most: usize) {
        let mut bytes = self.bytes();
        let drop_closed = |hour: &mut Hour| if hour.is_closed { hour.drop_all() } else { 0 };
        let drop_fine = |hour: &mut Hour| {
            if hour.is_closed {
                hour.drop_fine_samples()
            } else {
                0
            }
        };
        for drop in [drop_fine, drop_closed, Hour::drop_all] {
            for hour in self.hours.values_mut() {
                if bytes <= most {
                    break;
                }
                let dropped = drop(hour);
                bytes -= dropped;
                self.dropped_hours += u64::from(dropped > 0);
            }
        }
        self.hours
            .retain(|_, hour| !hour.is_closed || hour.bytes() > 0);
    }

    /// Takes back what an earlier history had, as its [`View`] gave it. Samples that are there already stay as they are:
    /// a process that starts counts the newest samples once more.
    ///
    /// Records that are restored become one settled block. A file that is continued has to be replaced with that
    /// ([`blocks_of`](Self::blocks_of)) first: beside its old records, new ones would be added to them the next time.
    pub fn restore(&mut self, blocks: impl IntoIterator<Item = Block>) -> Restored {
        let mut restored = Restored::default();
        for block in blocks {
            let head = block.0.head();
            let hour = self.hours.entry(head.hour);
            let hour = hour.or_insert_with(|| Hour::new(head.hour, head.slot_seconds));
            if !hour.restore(block) {
                restored.unfit += 1;
                restored.changed.insert(start_of(head.hour));
            }
        }
        for hour in self.hours.values_mut() {
            if !hour.samples.is_settled() {
                restored.changed.insert(start_of(hour.number));
            }
            hour.settle();
        }
        restored.changed.extend(self.keep_within_limits());
        restored
    }

    /// A history of nothing with the same limits and the same present, to [restore](Self::restore) what an earlier process had
    /// while this one collects.
    #[must_use]
    pub fn to_restore(&self) -> Self {
        Self {
            last: self.last,
            ..Self::new(self.limits)
        }
    }

    /// Puts what an earlier process had under what is here. Its samples stay as they are, and those here fill its gaps.
    /// Returns the starts of the hours whose [blocks](Self::blocks_of) are others than before in the earlier history.
    pub fn continue_from(&mut self, earlier: Self) -> BTreeSet<VcenterTime> {
        let mut changed: BTreeSet<_> = self.hours.keys().copied().map(start_of).collect();
        for (number, hour) in earlier.hours {
            match self.hours.entry(number) {
                Entry::Vacant(place) => {
                    place.insert(hour);
                }
                Entry::Occupied(mut place) => place.get_mut().continue_from(hour, &self.places),
            }
        }
        self.dropped_hours += earlier.dropped_hours;
        changed.extend(self.keep_within_limits());
        changed
    }

    /// All of the hour that begins at a moment, or around it.
    pub fn blocks_of(&self, hour: VcenterTime) -> impl Iterator<Item = Block> {
        let number = hour.as_second().div_euclid(i64::from(HOUR_SECONDS));
        let number = u32::try_from(number).ok();
        let hour = number.and_then(|number| self.hours.get(&number));
        hour.into_iter().flat_map(Hour::blocks)
    }

    /// What it has now.
    pub fn view(&self) -> View {
        let hours = self.hours.range(..=self.last);
        View::new(
            hours
                .map(|(number, hour)| (*number, hour.clone()))
                .collect(),
        )
    }

    /// Memory of all blocks.
    pub fn bytes(&self) -> usize {
        self.hours.values().map(Hour::bytes).sum()
    }

    /// How many times an hour lost its samples, or all that was left of it, because the memory was full.
    pub fn dropped_hours(&self) -> u64 {
        self.dropped_hours
    }

    /// How many samples were not kept, because they are older than all that is kept, far in the future, or of another length
    /// than those of the same hour.
    pub fn refused_samples(&self) -> u64 {
        self.refused_samples
    }

    /// Start of the oldest hour of which anything is kept.
    pub fn oldest(&self) -> Option<VcenterTime> {
        let (oldest, _) = self.hours.first_key_value()?;
        Some(start_of(*oldest))
    }
}

fn start_of(hour: u32) -> VcenterTime {
    VcenterTime::from_second(start_second(hour))
}

/// Up to which stamp every VM was answered. Only those that have samples now or should have them count: samples of others fill
/// the gap that they left, whenever they come.
fn all_answered_until(snapshot: &Snapshot) -> i64 {
    let is_awaited = |state| matches!(state, VmState::Sampled | VmState::Failed);
    let vms = snapshot.vms().filter(|row| is_awaited(row.state));
    let newest = vms.map(|row| row.stats.map_or(0, |stats| stats.newest_sample.as_second()));
    newest.min().unwrap_or(i64::MAX)
}
