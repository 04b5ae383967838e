//! Reads every sample of every VM once: what to ask for next, and what the answers add up to.

use super::counters::Direction;
use super::samples::{Disks, SampleTime, VmSamples};
use super::source::{SampleRange, Source};
use super::totals::VmTotals;
use super::vm_accumulator::{NewSamples, VmAccumulator};
use crate::inventory::{Inventory, VmId};
use crate::io_stats::VmIoStats;
use crate::units::Bytes;
use crate::vcenter_time::VcenterTime;
use crate::vm_map::{Expected, VmMap};

pub use super::vm_accumulator::Measures;

/// vCenter's clock may differ from those of its hosts by this much.
const SKEW_SECONDS: u32 = 60;

/// What all VMs of one vCenter did, from one source. It lives as long as collection does.
///
/// Each VM has a *mark*: the stamp of its newest sample counted. Only newer samples count, so answers may repeat samples.
#[derive(Debug)]
pub struct Accumulators {
    source: Source,
    window_seconds: u32,
    measures: Measures,
    vms: VmMap<Marked>,
    ranges: Expected,
    answers: Expected,
    stats: Expected,
}

/// A VM's accumulator with what has been counted.
#[derive(Debug)]
struct Marked {
    /// Stamp of the newest sample counted by this process.
    mark: Option<VcenterTime>,
    /// When samples were counted last.
    ingested_at: Option<VcenterTime>,
    /// Samples up to this stamp are in the totals of an earlier process. They fill the window, and add no bytes.
    restored_up_to: Option<VcenterTime>,
    accumulator: VmAccumulator,
}

impl Marked {
    fn new(accumulator: VmAccumulator) -> Self {
        Self {
            mark: None,
            ingested_at: None,
            restored_up_to: None,
            accumulator,
        }
    }
}

impl Accumulators {
    /// Accumulators that have counted nothing yet.
    pub fn new(source: Source, window_seconds: u32, measures: Measures) -> Self {
        Self {
            source,
            window_seconds,
            measures,
            vms: VmMap::default(),
            ranges: Expected::default(),
            answers: Expected::default(),
            stats: Expected::default(),
        }
    }

    /// Where the samples come from.
    pub fn source(&self) -> Source {
        self.source
    }

    /// What to ask for at vCenter's time `now`, so that every sample since the last one is read as far as it is kept.
    pub fn range(&self, vm: &VmId, now: VcenterTime) -> SampleRange {
        let known = self.find(vm, &self.ranges);
        let since = |since: Option<VcenterTime>| {
            let since = since.filter(|since| *since <= now)?;
            Some(self.source.range_since(since, now, self.window_seconds))
        };
        since(known.and_then(|known| known.mark)).unwrap_or_else(|| {
            let window = self.source.first_range(now, self.window_seconds);
            let uncounted = since(known.and_then(|known| known.restored_up_to));
            uncounted
                .filter(|uncounted| uncounted.reaches_back_beyond(window))
                .unwrap_or(window)
        })
    }

    /// Counts the samples that are newer than the VM's mark. Returns whether there were any, and reports the bytes that
    /// the VM wrote in each of them to `written`.
    ///
    /// `now` is vCenter's time. If its clock was set back, counting continues from the new time. Samples from beyond the
    /// clock are left for later.
    pub fn ingest(
        &mut self,
        vm: &VmId,
        samples: &VmSamples<'_>,
        now: VcenterTime,
        written: impl FnMut(VcenterTime, Bytes),
    ) -> bool {
        let measures = self.measures;
        let index = self.answers.find(&self.vms, vm);
        let known = index.and_then(|index| self.vms.get_index_mut(index));
        let known = known.map(|(_, known)| known);
        let mark = known.as_ref().and_then(|known| known.mark);
        let is_beyond_clock = |at: VcenterTime| at.seconds_since(now) > i64::from(SKEW_SECONDS);
        let was_set_back = mark.is_some_and(is_beyond_clock);
        let is_counted =
            |time: &SampleTime| !was_set_back && mark.is_some_and(|mark| time.at <= mark);
        let first_new = samples.times().partition_point(is_counted);
        let end = samples
            .times()
            .partition_point(|time| !is_beyond_clock(time.at));
        let has_data = |index: &usize| {
            let has = |direction| samples.tick(*index, direction, Disks::All).0.has_data();
            has(Direction::Write) || (measures.reads && has(Direction::Read))
        };
        let Some(newest) = (first_new..end).rev().find(has_data) else {
            return false;
        };
        let known = match known {
            Some(known) => known,
            None => self
                .vms
                .entry(vm.clone())
                .or_insert_with(|| Marked::new(VmAccumulator::new(measures))),
        };
        if was_set_back {
            known.accumulator.forget_windows();
        }
        known.restored_up_to = known.restored_up_to.filter(|at| !is_beyond_clock(*at));
        known.ingested_at = Some(now);
        known.mark = samples.times().get(newest).map(|time| time.at);
        let new = NewSamples {
            samples,
            indexes: first_new..=newest,
            restored_up_to: known.restored_up_to,
            window_seconds: self.window_seconds,
        };
        known.accumulator.add(&new, measures, written);
        true
    }

    /// The statistics of a VM, if its newest sample is recent at vCenter's time `now`, or was counted just then.
    pub fn stats(&self, vm: &VmId, now: VcenterTime) -> Option<VmIoStats> {
        let known = self.find(vm, &self.stats)?;
        let mark = known.mark?;
        let recent_seconds = self.source.recent_seconds(self.window_seconds);
        let is_recent = (-i64::from(SKEW_SECONDS)..=i64::from(recent_seconds))
            .contains(&now.seconds_since(mark));
        (is_recent || known.ingested_at == Some(now))
            .then(|| known.accumulator.stats(self.source, mark))
    }

    fn find(&self, vm: &VmId, expected: &Expected) -> Option<&Marked> {
        let index = expected.find(&self.vms, vm)?;
        self.vms.get_index(index).map(|(_, known)| known)
    }

    /// All that a later process needs to continue counting.
    pub fn totals(&self) -> impl Iterator<Item = VmTotals> {
        self.vms.iter().filter_map(|(vm, known)| {
            let newest_sample = known.mark.max(known.restored_up_to)?;
            Some(known.accumulator.totals(vm.clone(), newest_sample))
        })
    }

    /// Continues from the totals of an earlier process: what was written since then is asked for as far as samples are
    /// kept, and added.
    pub fn restore(&mut self, totals: VmTotals) {
        let vm = totals.vm.clone();
        let restored = Marked {
            restored_up_to: Some(totals.newest_sample),
            ..Marked::new(VmAccumulator::restored(totals, self.measures))
        };
        self.vms.insert(vm, restored);
    }

    /// Forgets the VMs that the inventory no longer has.
    pub fn keep_only(&mut self, inventory: &Inventory) {
        self.vms.retain(|vm, _| inventory.position(vm).is_some());
    }
}
