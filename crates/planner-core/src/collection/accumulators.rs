//! Reads every sample of every VM once: what to ask for next, and what the answers add up to.

use std::time::Duration;

use super::look::Desk;
use super::past::Past;
use super::rules::Rules;
use super::samples::VmSamples;
use super::silent_hosts::SilentHosts;
use super::source::{self, SampleRange, Source};
use super::tally::Tally;
use super::timeline::time;
use super::totals::VmTotals;
use super::vm_accumulator::VmAccumulator;
use crate::inventory::{Inventory, VmId};
use crate::io_stats::VmIoStats;
use crate::units::Bytes;
use crate::uptime::Uptime;
use crate::vcenter_time::VcenterTime;
use crate::vm_map::{Expected, VmMap};

pub use super::look::Look;
pub use super::rules::Measures;

/// What all VMs of one vCenter did, from one source. It lives as long as collection does.
///
/// Each sample of each series counts once, however often it is answered, in whatever order, and however late within the
/// overlap of two queries. A clock that is set makes no series count more seconds than have passed.
#[derive(Debug)]
pub struct Accumulators {
    rules: Rules,
    vms: VmMap<VmAccumulator>,
    desk: Desk,
    /// The time of vCenter, and ours, when the latest cycle began.
    began: Option<(VcenterTime, Uptime)>,
    /// None for roll-ups, which vCenter stamps.
    silent_hosts: SilentHosts,
    /// By how much more vCenter's clock has moved since the cycle before than ours. Ours may have slept.
    ahead_seconds: u32,
    ranges: Expected,
    answers: Expected,
    stats: Expected,
}

impl Accumulators {
    /// Accumulators that have counted nothing yet.
    pub fn new(source: Source, window_seconds: u32, measures: Measures) -> Self {
        let rules = Rules {
            source,
            window_seconds,
            measures,
        };
        Self {
            rules,
            vms: VmMap::default(),
            desk: Desk::new(rules),
            began: None,
            silent_hosts: SilentHosts::default(),
            ahead_seconds: 0,
            ranges: Expected::default(),
            answers: Expected::default(),
            stats: Expected::default(),
        }
    }

    /// Where the samples come from.
    pub fn source(&self) -> Source {
        self.rules.source
    }

    /// Begins a cycle at vCenter's time `now`, our time `at`.
    pub fn begin_cycle(&mut self, now: VcenterTime, at: Uptime) {
        let before = self.began.replace((now, at));
        let ahead = before.map(|(then, at_then)| {
            let ours = i64::from(at.seconds_since(at_then));
            now.seconds_since(then).saturating_sub(ours)
        });
        let ahead = ahead.and_then(|ahead| u32::try_from(ahead).ok());
        self.ahead_seconds = ahead.unwrap_or(0);
        if let Some((then, _)) = before {
            self.silent_hosts.conclude(then, at);
        }
    }

    /// What to ask for at vCenter's time `now`, our time `at`, so that every sample since the last one is read as far as it
    /// is kept.
    pub fn range(&self, vm: &VmId, now: VcenterTime, at: Uptime) -> SampleRange {
        let Rules {
            source,
            window_seconds,
            ..
        } = self.rules;
        let window = source.first_range(now, window_seconds);
        let known = self.find(vm, &self.ranges);
        let Some(known) = known.filter(|known| known.has_counted) else {
            return window;
        };
        let newest = time(known.newest());
        if source == Source::Historical && newest > now {
            return window;
        }
        let elapsed = at.seconds_since(known.moved_at);
        let elapsed = elapsed.saturating_add(self.ahead_seconds);
        if self.silent_hosts.is_asked_by_time(known.host.as_ref()) {
            return source::recent(elapsed, now);
        }
        let since = source.range_since(newest, elapsed, now, window_seconds);
        if known.has_samples() || since.reaches_back_beyond(window) {
            since
        } else {
            window
        }
    }

    /// Takes the samples of a VM and counts those that are new. Returns whether there were any samples, and reports the
    /// bytes that the VM wrote in each new one to `written`.
    pub fn ingest(
        &mut self,
        vm: &VmId,
        samples: &VmSamples<'_>,
        look: Look<'_>,
        mut written: impl FnMut(VcenterTime, Bytes),
    ) -> bool {
        if self.rules.source == Source::Realtime
            && let Some((host, newest)) = look.host.zip(samples.newest())
        {
            self.silent_hosts.note(host, newest, look.answered);
        }
        let index = self.answers.find(&self.vms, vm);
        let known = index.and_then(|index| self.vms.get_index_mut(index));
        let known = match known {
            Some((_, known)) => known,
            None if samples.has_data(self.rules.directions()) => self
                .vms
                .entry(vm.clone())
                .or_insert_with(VmAccumulator::new),
            None => return false,
        };
        let has_data = known.ingest(vm, samples, look, &mut self.desk);
        for (at, bytes) in self.desk.written() {
            written(time(at), bytes);
        }
        has_data
    }

    /// The statistics of a VM, if a new sample came not long before `at`.
    pub fn stats(&self, vm: &VmId, at: Uptime) -> Option<VmIoStats> {
        let known = self.find(vm, &self.stats)?;
        let fresh_seconds = self.rules.source.fresh_seconds(self.rules.window_seconds);
        let is_fresh = at.seconds_since(known.moved_at) <= fresh_seconds;
        (known.has_samples() && is_fresh).then(|| known.stats(self.rules))
    }

    /// What a VM did at moments of the past, as far as its samples are remembered.
    pub fn past(&self, vm: &VmId) -> Option<Past<'_>> {
        let known = self.find(vm, &self.stats)?;
        Some(Past::new(known, self.rules))
    }

    /// How many hosts are asked by vCenter's time, because their newest samples are of the future.
    pub fn hosts_asked_by_time(&self) -> usize {
        self.silent_hosts.asked_by_time()
    }

    /// What was found besides values since this was asked last.
    pub fn take_tally(&mut self) -> Tally {
        std::mem::take(&mut self.desk.tally)
    }

    fn find(&self, vm: &VmId, expected: &Expected) -> Option<&VmAccumulator> {
        let index = expected.find(&self.vms, vm)?;
        self.vms.get_index(index).map(|(_, known)| known)
    }

    /// All that a later process needs to continue counting.
    pub fn totals(&self) -> impl Iterator<Item = VmTotals> {
        let counted = self.vms.iter().filter(|(_, known)| known.has_counted);
        counted.map(|(vm, known)| known.totals(vm.clone(), self.rules))
    }

    /// Continues from the totals of an earlier process, which ended `away` before this one began: what was written since
    /// then is asked for as far as samples are kept, and added.
    pub fn restore(&mut self, totals: VmTotals, away: Duration) {
        let vm = totals.vm.clone();
        let restored = VmAccumulator::restored(totals, away, self.rules);
        self.vms.insert(vm, restored);
    }

    /// Forgets the VMs that the inventory no longer has. VMs that do not run write nothing, so nothing is missing of them.
    pub fn keep_only(&mut self, inventory: &Inventory) {
        self.vms.retain(|vm, known| {
            let Some(vm) = inventory.get(vm) else {
                return false;
            };
            known.was_off |= vm.is_off();
            true
        });
    }
}
