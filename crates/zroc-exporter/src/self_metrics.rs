//! What the exporter counts about its own work.

mod calls;
mod history_status;
mod labelled_counters;
mod lock;
mod outcomes;
mod process_health;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use planner_core::collection::tally::{RefusalReason, Tally};

use self::labelled_counters::LabelledCounters;
use self::lock::lock;

pub use self::calls::{Calls, OperationCalls};
pub use self::history_status::HistoryStatus;
pub use self::outcomes::{BatchOutcome, LoginOutcome};
pub use self::process_health::ProcessHealth;
pub(crate) use self::process_health::unix_seconds;

/// What the collector of one vCenter counts. Clones share the same values.
#[derive(Clone, Default)]
pub struct CollectionMetrics(Arc<Counts>);

struct Counts {
    cycles: AtomicU64,
    skipped_ticks: AtomicU64,
    samples_missing: AtomicU64,
    samples_refused: LabelledCounters<{ RefusalReason::ALL.len() }>,
    host_changes: AtomicU64,
    calls: Mutex<Calls>,
    received_bytes: AtomicU64,
    batches: LabelledCounters<{ BatchOutcome::ALL.len() }>,
    logins: LabelledCounters<{ LoginOutcome::ALL.len() }>,
    /// `None` where totals are not kept.
    state_saved: Mutex<Option<Timestamp>>,
    /// `None` where no history is kept.
    history: Mutex<Option<HistoryStatus>>,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            cycles: AtomicU64::default(),
            skipped_ticks: AtomicU64::default(),
            samples_missing: AtomicU64::default(),
            samples_refused: LabelledCounters::new(RefusalReason::ALL.map(RefusalReason::as_str)),
            host_changes: AtomicU64::default(),
            calls: Mutex::default(),
            received_bytes: AtomicU64::default(),
            batches: LabelledCounters::new(BatchOutcome::ALL.map(BatchOutcome::as_str)),
            logins: LabelledCounters::new(LoginOutcome::ALL.map(LoginOutcome::as_str)),
            state_saved: Mutex::default(),
            history: Mutex::default(),
        }
    }
}

impl CollectionMetrics {
    /// Counts one call to vCenter. `all_outcomes` is what could have become of it.
    pub fn count_call(
        &self,
        operation: &'static str,
        outcome: &'static str,
        all_outcomes: &[&'static str],
        duration: Duration,
        received_bytes: u64,
    ) {
        let mut calls = lock(&self.0.calls);
        calls::add(&mut calls, operation, outcome, all_outcomes, duration);
        add(&self.0.received_bytes, received_bytes);
    }

    /// Counts what a cycle found besides values.
    pub fn count_tally(&self, tally: &Tally) {
        add(&self.0.samples_missing, tally.missing);
        add(&self.0.host_changes, tally.host_changes);
        for reason in RefusalReason::ALL {
            let refused = tally.refused(reason);
            self.0.samples_refused.add(reason.as_str(), refused);
        }
    }

    /// Counts one login.
    pub fn count_login(&self, outcome: LoginOutcome) {
        self.0.logins.add(outcome.as_str(), 1);
    }

    /// Counts one `QueryPerf` batch.
    pub fn count_batch(&self, outcome: BatchOutcome) {
        self.0.batches.add(outcome.as_str(), 1);
    }

    /// Counts a finished cycle, whatever its outcome.
    pub fn count_cycle(&self) {
        add(&self.0.cycles, 1);
    }

    /// Counts ticks of the schedule that a long cycle missed.
    pub fn count_skipped_ticks(&self, ticks: u64) {
        add(&self.0.skipped_ticks, ticks);
    }

    /// Totals are to be saved, and never were.
    pub fn expect_saved_totals(&self) {
        self.note_saved_totals(Timestamp::UNIX_EPOCH);
    }

    /// Totals were saved, at this time by this machine's clock.
    pub fn note_saved_totals(&self, at: Timestamp) {
        *lock(&self.0.state_saved) = Some(at);
    }

    /// How the history is by now.
    pub fn note_history(&self, status: HistoryStatus) {
        *lock(&self.0.history) = Some(status);
    }

    /// Number of finished cycles.
    pub fn cycles(&self) -> u64 {
        get(&self.0.cycles)
    }

    /// Ticks of the schedule that long cycles missed.
    pub fn skipped_ticks(&self) -> u64 {
        get(&self.0.skipped_ticks)
    }

    /// Rates of disks that never came.
    pub fn samples_missing(&self) -> u64 {
        get(&self.0.samples_missing)
    }

    /// Values that do not count as they came, by reason.
    pub fn samples_refused(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.0.samples_refused.get()
    }

    /// VMs that were found on another host.
    pub fn host_changes(&self) -> u64 {
        get(&self.0.host_changes)
    }

    /// Calls to vCenter.
    pub fn calls(&self) -> Calls {
        lock(&self.0.calls).clone()
    }

    /// Bytes of vCenter's answers as they came over the network.
    pub fn received_bytes(&self) -> u64 {
        get(&self.0.received_bytes)
    }

    /// `QueryPerf` batches by outcome.
    pub fn batches(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.0.batches.get()
    }

    /// `QueryPerf` batches that were split.
    pub fn batch_splits(&self) -> u64 {
        let split = |(outcome, _): &(&str, u64)| *outcome == BatchOutcome::Split.as_str();
        self.batches().find(split).map_or(0, |(_, count)| count)
    }

    /// Logins by outcome.
    pub fn logins(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.0.logins.get()
    }

    /// When totals were saved last, the Unix epoch if never; `None` where they are not kept.
    pub fn state_saved(&self) -> Option<Timestamp> {
        *lock(&self.0.state_saved)
    }

    /// How the history is; `None` where none is kept.
    pub fn history(&self) -> Option<HistoryStatus> {
        *lock(&self.0.history)
    }
}

impl fmt::Debug for CollectionMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CollectionMetrics")
            .field("cycles", &self.cycles())
            .finish_non_exhaustive()
    }
}

fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
