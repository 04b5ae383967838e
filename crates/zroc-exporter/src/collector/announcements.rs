//! What the log says about cycles: each trouble when it begins, changes and ends, and in between once an hour.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use planner_core::collection::reason::Reason;
use planner_core::collection::{CycleEnd, CycleReport};
use planner_core::inventory::filter::Filter;
use planner_core::inventory::{Inventory, VmId};
use planner_core::snapshot::Snapshot;
use planner_core::vm_state::VmState;
use tokio::time::Instant;

use crate::advice::explain;
use crate::cycle_message;
use crate::filter_message;
use crate::settings::VcenterSettings;
use crate::status::count;

/// A trouble that stays as it is is logged again after this time.
const REMINDER: Duration = Duration::from_secs(3_600);

/// This many cycles in a row without values of any VM are an outage.
const CYCLES_OF_OUTAGE: u32 = 2;

/// A host without values of any of its VMs is named after this many cycles in a row.
const CYCLES_OF_SILENCE: u32 = 3;

/// What was said so far, so that it is not said again in each cycle.
#[derive(Debug, Default)]
pub(super) struct Announcements {
    has_begun: bool,
    trouble: Option<Trouble>,
    without_values: HashSet<VmId>,
    /// For how many cycles in a row hosts have been silent.
    silent_hosts: BTreeMap<Arc<str>, u32>,
    filtered: Option<Arc<Inventory>>,
    idle_patterns: Vec<String>,
}

/// A trouble that has not ended yet.
#[derive(Debug)]
struct Trouble {
    nature: Nature,
    cycles: u32,
    /// Cycles in a row without values of any VM.
    cycles_of_outage: u32,
    said_at: Instant,
    /// Cycles in which nothing was said.
    silent_cycles: u32,
}

/// What two cycles have in common whose trouble is the same.
#[derive(Debug, PartialEq, Eq)]
struct Nature {
    stopped: Option<&'static str>,
    kinds: BTreeSet<&'static str>,
    /// Number of digits of the number of VMs, in the binary system.
    magnitude: Option<u32>,
    is_outage: bool,
}

impl Announcements {
    /// The first cycle has its inventory.
    pub(super) fn begin(&mut self, inventory: &Inventory) {
        if !std::mem::replace(&mut self.has_begun, true) {
            let vms = inventory.vms().len();
            let to_ask = inventory.vms().iter().filter(|vm| vm.is_observed()).count();
            tracing::info!(vms, to_ask, "the first cycle is under way");
        }
    }

    /// A cycle has ended. `error` is what went wrong in it.
    pub(super) fn cycle(
        &mut self,
        report: &CycleReport,
        error: Option<&str>,
        settings: &VcenterSettings,
        filter: &Filter,
    ) {
        if let Some(snapshot) = &report.snapshot {
            self.patterns(filter, snapshot.inventory());
            newly_quarantined(report, snapshot, settings);
            self.vms_without_values(snapshot);
            self.silent_hosts(snapshot);
        }
        match error {
            None => self.success(report),
            Some(reason) => self.failure(report, reason),
        }
    }

    fn success(&mut self, report: &CycleReport) {
        let (sampled, no_data) = (
            count(report, VmState::Sampled),
            count(report, VmState::NoData),
        );
        let seconds = seconds(report);
        tracing::info!(sampled, no_data, seconds, "cycle finished");
        if let Some(trouble) = self.trouble.take() {
            let cycles = trouble.cycles;
            tracing::info!(cycles, "the trouble is over that lasted so many cycles");
        }
    }

    fn failure(&mut self, report: &CycleReport, reason: &str) {
        let is_outage = count(report, VmState::Sampled) == 0;
        let before = self.trouble.take();
        let outages_before = before.as_ref().map_or(0, |it| it.cycles_of_outage);
        let cycles_of_outage = if is_outage { outages_before + 1 } else { 0 };
        let nature = Nature::of(report, cycles_of_outage >= CYCLES_OF_OUTAGE);
        let cycles = before.as_ref().map_or(1, |it| it.cycles.saturating_add(1));
        let mut trouble = Trouble {
            cycles,
            cycles_of_outage,
            said_at: Instant::now(),
            silent_cycles: 0,
            nature,
        };
        if let Some(before) = before
            && before.nature == trouble.nature
            && before.said_at.elapsed() < REMINDER
        {
            trouble.said_at = before.said_at;
            trouble.silent_cycles = before.silent_cycles.saturating_add(1);
        }
        say(report, reason, &trouble);
        self.trouble = Some(trouble);
    }

    /// Patterns of the operator's that fit no VM. They change with the inventory only.
    fn patterns(&mut self, filter: &Filter, inventory: &Arc<Inventory>) {
        let known = self.filtered.as_ref();
        if known.is_some_and(|known| Arc::ptr_eq(known, inventory)) {
            return;
        }
        self.filtered = Some(Arc::clone(inventory));
        let idle = filter_message::idle_patterns(filter, inventory);
        for pattern in idle.iter().filter(|it| !self.idle_patterns.contains(it)) {
            tracing::warn!(pattern, "a filter fits no VM");
        }
        self.idle_patterns = idle;
    }

    /// Names VMs that have had values, or are new, and have none now.
    fn vms_without_values(&mut self, snapshot: &Snapshot) {
        let without = snapshot.vms().filter(|it| it.state == VmState::NoData);
        let without: HashSet<VmId> = without.map(|it| it.vm.id.clone()).collect();
        let mut new: Vec<&VmId> = without.difference(&self.without_values).collect();
        if !new.is_empty() {
            new.sort_unstable();
            let names = cycle_message::some_of(snapshot, new.iter().copied());
            let (vms, in_all) = (new.len(), without.len());
            tracing::info!(vms, in_all, names, "vCenter has no values of these VMs");
        }
        self.without_values = without;
    }

    /// Names hosts that have been silent for some cycles: then it is not a VM that has just started.
    fn silent_hosts(&mut self, snapshot: &Snapshot) {
        let mut silent = BTreeMap::new();
        for host in snapshot.silent_hosts() {
            let before = self.silent_hosts.get(&host).copied().unwrap_or(0);
            silent.insert(host, before.saturating_add(1));
        }
        self.silent_hosts = silent;
        let all = self.silent_hosts.iter();
        let new = all.filter(|(_, cycles)| **cycles == CYCLES_OF_SILENCE);
        let new: Vec<String> = new.map(|(host, _)| host.to_string()).collect();
        if !new.is_empty() {
            let (hosts, in_all) = (new.len(), self.silent_hosts.len());
            let names = cycle_message::some(new.into_iter());
            tracing::warn!(
                hosts,
                in_all,
                names,
                "vCenter has no values of any VM on these hosts; see to their management agents, their clocks (NTP) and \
                 their network"
            );
        }
    }
}

impl Nature {
    fn of(report: &CycleReport, is_outage: bool) -> Self {
        let stopped = match &report.end {
            CycleEnd::Completed => None,
            CycleEnd::Stopped(reason) => Some(reason.kind()),
        };
        let failed = report.missed.unanswered.iter();
        let kinds: BTreeSet<_> = failed.map(|it| Reason::kind(&it.reason)).collect();
        Self {
            stopped,
            kinds,
            magnitude: report.missed.unanswered.len().checked_ilog2(),
            is_outage,
        }
    }
}

fn newly_quarantined(report: &CycleReport, snapshot: &Snapshot, settings: &VcenterSettings) {
    let all = &report.missed.newly_quarantined;
    if let Some(first) = all.first() {
        let vms = all.len();
        let names = cycle_message::some_of(snapshot, all.iter().map(|it| &it.vm));
        let reason = explain(&first.reason, settings);
        tracing::warn!(
            vms,
            names,
            reason,
            "VMs make queries fail, so they are left out and tried again later; the reason is that of the first"
        );
    }
}

/// One line for each cycle. Its level, and whether it has the reason, depend on what was said before.
fn say(report: &CycleReport, reason: &str, trouble: &Trouble) {
    // tracing fixes the level of each place.
    macro_rules! finished {
        ($level:ident, $reason:expr, $message:literal) => {
            tracing::$level!(
                sampled = count(report, VmState::Sampled),
                no_data = count(report, VmState::NoData),
                failed = count(report, VmState::Failed),
                seconds = seconds(report),
                reason = $reason,
                cycles = trouble.cycles,
                $message
            )
        };
    }
    if trouble.silent_cycles > 0 {
        finished!(info, "as before", "cycle finished with errors");
    } else if trouble.nature.is_outage {
        finished!(
            error,
            reason,
            "cycle finished with errors; there are no values of any VM any more"
        );
    } else {
        finished!(warn, reason, "cycle finished with errors");
    }
}

/// How long a cycle took, with three digits after the point.
fn seconds(report: &CycleReport) -> f64 {
    report.duration.as_millis() as f64 / 1_000.0
}
