//! What the log says about samples: those that were refused, and hosts whose clocks are wrong.

use std::collections::HashMap;
use std::sync::Arc;

use planner_core::collection::CycleReport;
use planner_core::collection::counters::DiskCounter;
use planner_core::collection::host_clocks::HostClock;
use planner_core::collection::tally::{Refusal, RefusalReason};
use planner_core::snapshot::Snapshot;

use crate::cycle_message::{some, some_of};

/// From here on a clock is worth a warning, in seconds.
const WARNING_SECONDS: u64 = 120;

/// Says each thing once, in one line for all VMs or hosts of a cycle.
#[derive(Debug, Default)]
pub(super) struct SampleWords {
    /// What was said last of each host.
    clocks: HashMap<Arc<str>, ClockState>,
}

/// How wrong a clock is, as far as the log says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ClockState {
    Ahead,
    Behind,
    FarAhead,
    FarBehind,
}

impl ClockState {
    const ALL: [Self; 4] = [Self::Ahead, Self::Behind, Self::FarAhead, Self::FarBehind];

    fn of(clock: &HostClock) -> Self {
        let is_ahead = clock.offset_seconds > 0;
        let is_far = clock.offset_seconds.unsigned_abs() >= WARNING_SECONDS;
        match (is_far, is_ahead) {
            (false, true) => Self::Ahead,
            (false, false) => Self::Behind,
            (true, true) => Self::FarAhead,
            (true, false) => Self::FarBehind,
        }
    }
}

impl SampleWords {
    pub(super) fn say(&mut self, report: &CycleReport) {
        if let Some(snapshot) = &report.snapshot {
            for reason in RefusalReason::ALL {
                let all = report.tally.first_refusals.iter();
                let all: Vec<&Refusal> = all.filter(|it| it.reason == reason).collect();
                say_refused(snapshot, &all);
            }
        }
        // A cycle that ended early has not seen all hosts.
        if report.began_at.is_some() {
            self.say_clocks(&report.host_clocks);
        }
    }

    fn say_clocks(&mut self, clocks: &[HostClock]) {
        for state in ClockState::ALL {
            let in_state = clocks.iter().filter(|it| ClockState::of(it) == state);
            let new = in_state.filter(|it| self.clocks.get(&it.host) != Some(&state));
            say_clocks(&new.collect::<Vec<_>>(), state);
        }
        let states = clocks.iter();
        self.clocks = states
            .map(|clock| (Arc::clone(&clock.host), ClockState::of(clock)))
            .collect();
    }
}

/// Hosts whose clocks have come to be as wrong as this.
fn say_clocks(clocks: &[&HostClock], state: ClockState) {
    if clocks.is_empty() {
        return;
    }
    let hosts = clocks.len();
    let names = clocks
        .iter()
        .map(|clock| format!("{} ({:+} s)", clock.host, clock.offset_seconds));
    let names = some(names);
    match state {
        ClockState::Ahead | ClockState::Behind => {
            tracing::info!(hosts, names, "the clocks of hosts differ from vCenter's");
        }
        ClockState::FarAhead | ClockState::FarBehind => tracing::warn!(
            hosts,
            names,
            "the clocks of hosts differ from vCenter's, or the hosts send old samples; see to their NTP and their \
             management agents"
        ),
    }
}

/// VMs whose samples were refused for the same reason.
fn say_refused(snapshot: &Snapshot, refusals: &[&Refusal]) {
    let Some(first) = refusals.first() else {
        return;
    };
    let vms = refusals.len();
    let names = some_of(snapshot, refusals.iter().map(|it| &it.vm));
    let (disk, value) = (&*first.instance, first.value);
    match first.reason {
        RefusalReason::Implausible => tracing::warn!(
            vms,
            names,
            disk,
            counter = first.counter.map(DiskCounter::full_name),
            value,
            "vCenter sent values that no disk reaches; they do not count; disk and value are the first VM's"
        ),
        RefusalReason::Interval => tracing::warn!(
            vms,
            names,
            seconds = value,
            "vCenter sent samples of an impossible length; they count as samples of 20 seconds; the length is the first VM's"
        ),
        RefusalReason::Clock => tracing::warn!(
            vms,
            names,
            "VMs have more samples than time has passed, so some do not count; see to the clocks of their hosts"
        ),
    }
}
