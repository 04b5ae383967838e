//! What the exporter counts about its own work.

mod labelled_counters;
mod process_health;
mod sample_counts;

use std::fmt;
use std::time::Duration;

use planner_core::collection::tally::Tally;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use self::labelled_counters::LabelledCounters;
pub use self::process_health::ProcessHealth;
pub(crate) use self::process_health::unix_seconds;
use self::sample_counts::SampleCounts;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    operation: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabel {
    operation: &'static str,
}

/// What became of one `QueryPerf` batch.
#[derive(Debug, Clone, Copy)]
pub enum BatchOutcome {
    /// Its VMs were sampled.
    Ok,
    /// It failed, and its VMs are asked for again in smaller batches.
    Split,
    /// It failed because of one VM, which is not asked for again.
    Isolated,
    /// It failed and is tried again at the end of the cycle.
    Retried,
    /// It failed for good.
    Failed,
}

impl BatchOutcome {
    const ALL: [Self; 5] = [
        Self::Ok,
        Self::Split,
        Self::Isolated,
        Self::Retried,
        Self::Failed,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Split => "split",
            Self::Isolated => "isolated",
            Self::Retried => "retried",
            Self::Failed => "failed",
        }
    }
}

/// What became of a login.
#[derive(Debug, Clone, Copy)]
pub enum LoginOutcome {
    /// vCenter opened a session.
    Ok,
    /// vCenter did not take the user name and password.
    Refused,
    /// vCenter could not be asked, or answered something else.
    Failed,
}

impl LoginOutcome {
    const ALL: [Self; 3] = [Self::Ok, Self::Refused, Self::Failed];

    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// Counters and histograms that only grow. Clones share the same values.
#[derive(Clone)]
pub struct SelfMetrics {
    /// How the process itself fares.
    pub process: ProcessHealth,
    samples: SampleCounts,
    cycles: Counter,
    skipped_ticks: Counter,
    soap_requests: Family<CallLabels, Counter>,
    soap_durations: Family<OperationLabel, Histogram>,
    received_bytes: Counter,
    batches: LabelledCounters<{ BatchOutcome::ALL.len() }>,
    batch_splits: Counter,
    logins: LabelledCounters<{ LoginOutcome::ALL.len() }>,
}

/// Upper bounds of the request durations' buckets, in seconds: from a call on a LAN to the usual timeout.
const DURATION_BUCKETS: [f64; 12] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0,
];

impl Default for SelfMetrics {
    fn default() -> Self {
        Self {
            process: ProcessHealth::default(),
            samples: SampleCounts::default(),
            cycles: Counter::default(),
            skipped_ticks: Counter::default(),
            soap_requests: Family::default(),
            soap_durations: Family::new_with_constructor(|| Histogram::new(DURATION_BUCKETS)),
            received_bytes: Counter::default(),
            batches: LabelledCounters::new("outcome", BatchOutcome::ALL.map(BatchOutcome::as_str)),
            batch_splits: Counter::default(),
            logins: LabelledCounters::new("outcome", LoginOutcome::ALL.map(LoginOutcome::as_str)),
        }
    }
}

impl SelfMetrics {
    /// Counts one call to vCenter.
    pub fn count_call(
        &self,
        operation: &'static str,
        outcome: &'static str,
        duration: Duration,
        received_bytes: u64,
    ) {
        self.soap_requests
            .get_or_create(&CallLabels { operation, outcome })
            .inc();
        self.soap_durations
            .get_or_create(&OperationLabel { operation })
            .observe(duration.as_secs_f64());
        self.received_bytes.inc_by(received_bytes);
    }

    /// Counts what a cycle found besides values.
    pub fn count_tally(&self, tally: &Tally) {
        self.samples.add(tally);
    }

    /// Counts one login.
    pub fn count_login(&self, outcome: LoginOutcome) {
        self.logins.add(outcome.as_str(), 1);
    }

    /// Counts one `QueryPerf` batch.
    pub fn count_batch(&self, outcome: BatchOutcome) {
        if matches!(outcome, BatchOutcome::Split) {
            self.batch_splits.inc();
        }
        self.batches.add(outcome.as_str(), 1);
    }

    /// Counts a finished cycle, whatever its outcome.
    pub fn count_cycle(&self) {
        self.cycles.inc();
    }

    /// Counts ticks of the schedule that a long cycle missed.
    pub fn count_skipped_ticks(&self, ticks: u64) {
        self.skipped_ticks.inc_by(ticks);
    }

    /// Number of finished cycles.
    pub fn cycles(&self) -> u64 {
        self.cycles.get()
    }

    /// Makes the values part of a page.
    pub fn register(&self, registry: &mut Registry) {
        self.samples.register(registry);
        registry.register(
            "vcenter_collector_cycles",
            "Collection cycles finished, with or without success",
            self.cycles.clone(),
        );
        registry.register(
            "vcenter_collector_skipped_ticks",
            "Cycles that did not start because the one before was still running",
            self.skipped_ticks.clone(),
        );
        registry.register(
            "vcenter_collector_soap_requests",
            "Calls to vCenter by operation and outcome",
            self.soap_requests.clone(),
        );
        registry.register(
            "vcenter_collector_soap_request_duration_seconds",
            "Duration of calls to vCenter, answers included",
            self.soap_durations.clone(),
        );
        registry.register(
            "vcenter_collector_received_bytes",
            "Bytes of vCenter's answers as they came over the network",
            self.received_bytes.clone(),
        );
        registry.register(
            "vcenter_collector_batches",
            "QueryPerf batches by outcome",
            self.batches.clone(),
        );
        registry.register(
            "vcenter_collector_batch_splits",
            "QueryPerf batches that were split because vCenter refused them",
            self.batch_splits.clone(),
        );
        registry.register(
            "vcenter_collector_logins",
            "Logins to vCenter by outcome",
            self.logins.clone(),
        );
        self.process.register(registry);
    }
}

impl fmt::Debug for SelfMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SelfMetrics")
            .field("cycles", &self.cycles())
            .finish_non_exhaustive()
    }
}
