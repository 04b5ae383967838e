//! What the log says about samples: those that were refused, and hosts whose clocks are wrong.

use std::collections::HashMap;
use std::sync::Arc;

use planner_core::collection::CycleReport;
use planner_core::collection::host_clocks::HostClock;
use planner_core::collection::tally::{Refusal, RefusalReason};

use crate::cycle_message::describe;

/// From here on a clock is worth a warning, in seconds.
const WARNING_SECONDS: u64 = 120;

/// Says each thing once.
#[derive(Debug, Default)]
pub(super) struct SampleWords {
    /// What was said last of each host.
    clocks: HashMap<Arc<str>, ClockState>,
}

/// How wrong a clock is, as far as the log tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ClockState {
    Ahead,
    Behind,
    FarAhead,
    FarBehind,
}

impl ClockState {
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
            for refusal in &report.tally.first_refusals {
                say_refused(&describe(snapshot.inventory(), &refusal.vm), refusal);
            }
        }
        // A cycle that ended early has not seen all hosts.
        if report.began_at.is_some() {
            self.say_clocks(&report.host_clocks);
        }
    }

    fn say_clocks(&mut self, clocks: &[HostClock]) {
        let mut now = HashMap::new();
        for clock in clocks {
            let state = ClockState::of(clock);
            if self.clocks.get(&clock.host) != Some(&state) {
                say_clock(clock, state);
            }
            now.insert(Arc::clone(&clock.host), state);
        }
        self.clocks = now;
    }
}

fn say_clock(clock: &HostClock, state: ClockState) {
    let HostClock {
        host,
        offset_seconds,
    } = clock;
    match state {
        ClockState::Ahead | ClockState::Behind => {
            tracing::info!(%host, offset_seconds, "the clock of a host differs from vCenter's");
        }
        ClockState::FarAhead | ClockState::FarBehind => tracing::warn!(
            %host,
            offset_seconds,
            "the clock of a host differs from vCenter's, or the host sends old samples; see to the host's NTP and its \
             management agents"
        ),
    }
}

fn say_refused(vm: &str, refusal: &Refusal) {
    let (disk, value) = (&*refusal.instance, refusal.value);
    match (refusal.reason, refusal.counter) {
        (RefusalReason::Implausible, Some(counter)) => tracing::warn!(
            vm,
            disk,
            counter = counter.full_name(),
            value,
            "vCenter sent a value that no disk reaches; it does not count"
        ),
        (RefusalReason::Interval, _) => tracing::warn!(
            vm,
            seconds = value,
            "vCenter sent a sample of an impossible length; it counts as one of 20 seconds"
        ),
        (RefusalReason::Clock, _) | (RefusalReason::Implausible, None) => tracing::warn!(
            vm,
            disk,
            seconds = value,
            "a VM has more samples than time has passed, so some do not count; see to the clock of its host"
        ),
    }
}
