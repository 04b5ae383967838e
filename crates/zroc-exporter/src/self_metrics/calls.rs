//! Calls to vCenter.

use std::collections::BTreeMap;
use std::time::Duration;

use prometheus_client::metrics::histogram::Histogram;

/// Upper bounds of the durations' buckets, in seconds: from a call on a LAN to the usual timeout.
const DURATION_BUCKETS: [f64; 12] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0,
];

/// The calls of one operation.
#[derive(Debug, Clone)]
pub struct OperationCalls {
    /// How many ended with which outcome. No outcome is left out: otherwise `increase()` does not see the first of it.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// How long they took, answers included.
    pub durations: Histogram,
}

/// The calls of every operation that was called.
pub type Calls = BTreeMap<&'static str, OperationCalls>;

pub(super) fn add(
    calls: &mut Calls,
    operation: &'static str,
    outcome: &'static str,
    all_outcomes: &[&'static str],
    duration: Duration,
) {
    let calls = calls.entry(operation).or_insert_with(|| OperationCalls {
        outcomes: all_outcomes.iter().map(|outcome| (*outcome, 0)).collect(),
        durations: Histogram::new(DURATION_BUCKETS),
    });
    *calls.outcomes.entry(outcome).or_default() += 1;
    calls.durations.observe(duration.as_secs_f64());
}
