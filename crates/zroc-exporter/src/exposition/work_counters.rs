//! What a vCenter's collector counts about its own work.

use prometheus_client::metrics::MetricType;

use super::vcenter_family::{Series, Value, VcenterFamily, gauge, labelled, single};
use crate::self_metrics::unix_seconds;
use crate::status::VcenterStatus;

pub(super) const FAMILIES: [VcenterFamily; 16] = [
    VcenterFamily::counter(
        "vcenter_collector_samples_missing",
        "Rates of disks that never came, so their bytes are in no total.",
        |vcenter| single(Value::Counter(vcenter.metrics.samples_missing())),
    ),
    VcenterFamily::counter(
        "vcenter_collector_samples_refused",
        "Values that do not count as they came, by reason.",
        |vcenter| by("reason", vcenter.metrics.samples_refused()),
    ),
    VcenterFamily::counter(
        "vcenter_collector_vm_host_changes",
        "VMs found on another host: each may have lost what it wrote since the poll before.",
        |vcenter| single(Value::Counter(vcenter.metrics.host_changes())),
    ),
    VcenterFamily::counter(
        "vcenter_collector_cycles",
        "Collection cycles finished, with or without success.",
        |vcenter| single(Value::Counter(vcenter.metrics.cycles())),
    ),
    VcenterFamily::counter(
        "vcenter_collector_skipped_ticks",
        "Cycles that did not start because the one before was still running.",
        |vcenter| single(Value::Counter(vcenter.metrics.skipped_ticks())),
    ),
    VcenterFamily::counter(
        "vcenter_collector_soap_requests",
        "Calls to vCenter by operation and outcome.",
        soap_requests,
    ),
    VcenterFamily {
        name: "vcenter_collector_soap_request_duration_seconds",
        help: "Duration of calls to vCenter, answers included.",
        kind: MetricType::Histogram,
        series: soap_request_durations,
    },
    VcenterFamily::counter(
        "vcenter_collector_received_bytes",
        "Bytes of vCenter's answers as they came over the network.",
        |vcenter| single(Value::Counter(vcenter.metrics.received_bytes())),
    ),
    VcenterFamily::counter(
        "vcenter_collector_batches",
        "QueryPerf batches by outcome.",
        |vcenter| by("outcome", vcenter.metrics.batches()),
    ),
    VcenterFamily::counter(
        "vcenter_collector_batch_splits",
        "QueryPerf batches that were split because vCenter refused them.",
        |vcenter| single(Value::Counter(vcenter.metrics.batch_splits())),
    ),
    VcenterFamily::counter(
        "vcenter_collector_logins",
        "Logins to vCenter by outcome.",
        |vcenter| by("outcome", vcenter.metrics.logins()),
    ),
    VcenterFamily::gauge(
        "vcenter_collector_state_saved_timestamp_seconds",
        "When STATE_FILE was written last; 0 if never.",
        |vcenter| gauge(vcenter.metrics.state_saved().map(unix_seconds)),
    ),
    VcenterFamily::gauge(
        "vcenter_collector_history_bytes",
        "Memory of the history's samples, means and sums; at most HISTORY_MAX_BYTES.",
        |vcenter| {
            gauge(
                vcenter
                    .metrics
                    .history()
                    .map(|history| history.bytes as f64),
            )
        },
    ),
    VcenterFamily::gauge(
        "vcenter_collector_history_oldest_timestamp_seconds",
        "Start of the oldest hour of the history, in vCenter's Unix time.",
        |vcenter| {
            let history = vcenter.metrics.history();
            gauge(history.and_then(|history| history.oldest).map(unix_seconds))
        },
    ),
    VcenterFamily::gauge(
        "vcenter_collector_history_saved_timestamp_seconds",
        "When the files in HISTORY_DIR had all of the history last; 0 if never.",
        |vcenter| {
            let history = vcenter.metrics.history();
            gauge(history.and_then(|history| history.saved).map(unix_seconds))
        },
    ),
    VcenterFamily::counter(
        "vcenter_collector_history_hours_dropped",
        "Times that an hour of the history lost its samples, or its means, because of HISTORY_MAX_BYTES.",
        |vcenter| {
            let history = vcenter.metrics.history();
            let dropped = history.map(|history| Value::Counter(history.dropped_hours));
            dropped.map(single).unwrap_or_default()
        },
    ),
];

fn by<'s>(
    label: &'static str,
    counts: impl Iterator<Item = (&'static str, u64)>,
) -> Vec<Series<'s>> {
    counts
        .map(|(value, count)| labelled([(label, value)], Value::Counter(count)))
        .collect()
}

fn soap_requests(vcenter: &VcenterStatus) -> Vec<Series<'_>> {
    let mut series = Vec::new();
    for (operation, calls) in vcenter.metrics.calls() {
        for (outcome, count) in calls.outcomes {
            let labels = [("operation", operation), ("outcome", outcome)];
            series.push(labelled(labels, Value::Counter(count)));
        }
    }
    series
}

fn soap_request_durations(vcenter: &VcenterStatus) -> Vec<Series<'_>> {
    let calls = vcenter.metrics.calls().into_iter();
    calls
        .map(|(operation, calls)| {
            labelled(
                [("operation", operation)],
                Value::Histogram(calls.durations),
            )
        })
        .collect()
}
