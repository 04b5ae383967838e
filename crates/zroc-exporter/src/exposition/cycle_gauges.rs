//! How a vCenter's latest cycle went.

use planner_core::collection::CycleReport;
use planner_core::snapshot::Snapshot;
use prometheus_client::metrics::MetricType;

use super::vcenter_family::{Series, Value, VcenterFamily, gauge, labelled, single};
use crate::self_metrics::unix_seconds;
use crate::status::{Success, VcenterStatus};

/// Families of one series per vCenter.
pub(super) const FAMILIES: [VcenterFamily; 12] = [
    VcenterFamily {
        name: "vcenter",
        help: "Which vCenter this is, by its own account; host is VCENTER_HOST.",
        kind: MetricType::Info,
        series: about,
    },
    VcenterFamily::gauge(
        "vcenter_up",
        "Whether the last cycle read values from vCenter.",
        |vcenter| single(flag(vcenter.collection.up)),
    ),
    VcenterFamily::gauge(
        "vcenter_collector_last_collection_timestamp_seconds",
        "End of the last successful cycle, in seconds of Unix time.",
        |vcenter| gauge(success(vcenter).map(|success| unix_seconds(success.at))),
    ),
    VcenterFamily::gauge(
        "vcenter_collector_last_collection_duration_seconds",
        "Duration of the last successful cycle.",
        |vcenter| gauge(success(vcenter).map(|success| success.duration.as_secs_f64())),
    ),
    VcenterFamily::gauge(
        "vcenter_collector_last_vm_count",
        "VMs with fresh values in the last successful cycle.",
        |vcenter| {
            gauge(Some(
                success(vcenter).map_or(0, |success| success.vms) as f64
            ))
        },
    ),
    VcenterFamily::gauge(
        "vcenter_collector_tls_verified",
        "Whether vCenter's certificate is verified.",
        |vcenter| single(flag(vcenter.tls_verified)),
    ),
    VcenterFamily::gauge(
        "vcenter_collector_poll_interval_seconds",
        "Time between the starts of cycles: POLL_INTERVAL.",
        |vcenter| gauge(Some(vcenter.poll_interval.as_secs_f64())),
    ),
    VcenterFamily::gauge(
        "vcenter_collector_newest_sample_timestamp_seconds",
        "Time stamp of the newest sample, in vCenter's Unix time.",
        |vcenter| {
            let newest = snapshot(vcenter).and_then(Snapshot::newest_sample);
            gauge(newest.map(|newest| newest.as_second() as f64))
        },
    ),
    VcenterFamily::gauge(
        "vcenter_collector_silent_hosts",
        "Hosts with running VMs of which none had values in the last cycle.",
        |vcenter| {
            let silent = snapshot(vcenter).map_or(0, |it| it.silent_hosts().len());
            gauge(Some(silent as f64))
        },
    ),
    VcenterFamily::gauge(
        "vcenter_collector_hosts_asked_by_time",
        "Hosts asked by vCenter's time, because their newest samples do not move: a clock was set back.",
        |vcenter| {
            let hosts = report(vcenter).map_or(0, |it| it.hosts_asked_by_time);
            gauge(Some(hosts as f64))
        },
    ),
    VcenterFamily::gauge(
        "vcenter_collector_inventory_timestamp_seconds",
        "When the inventory was read as a whole, in seconds of Unix time.",
        |vcenter| {
            let read = snapshot(vcenter).map(|snapshot| snapshot.inventory().full_read().at);
            gauge(read.map(unix_seconds))
        },
    ),
    VcenterFamily::gauge(
        "vcenter_collector_custom_attributes_left_out",
        "Values of allowed custom attributes that VMs on the page have but vcenter_vm_custom_attribute leaves out: longer than 256 bytes, or beyond 16 MiB in all.",
        |vcenter| {
            gauge(
                vcenter
                    .custom_attributes
                    .then(|| attributes_left_out(vcenter)),
            )
        },
    ),
];

/// 1 or 0.
pub(super) fn flag(value: bool) -> Value {
    Value::Gauge(f64::from(u8::from(value)))
}

pub(super) fn report(vcenter: &VcenterStatus) -> Option<&CycleReport> {
    vcenter.report.as_deref()
}

pub(super) fn snapshot(vcenter: &VcenterStatus) -> Option<&Snapshot> {
    report(vcenter)?.snapshot.as_deref()
}

fn attributes_left_out(vcenter: &VcenterStatus) -> f64 {
    let vms = snapshot(vcenter).into_iter().flat_map(Snapshot::vms);
    let details = vms.filter(|row| row.vm.is_running());
    let details = details.filter_map(|row| row.vm.details.as_ref());
    let left_out: usize = details.map(|it| it.attributes_left_out).sum();
    left_out as f64
}

fn success(vcenter: &VcenterStatus) -> Option<&Success> {
    vcenter.collection.last_success.as_ref()
}

fn about(vcenter: &VcenterStatus) -> Vec<Series<'_>> {
    let Some(about) = vcenter.about.as_deref() else {
        return Vec::new();
    };
    let labels = [
        ("host", &*about.host),
        ("instance_uuid", &about.instance_uuid),
        ("product", &about.product),
        ("version", &about.version),
        ("build", &about.build),
        ("api_version", &about.api_version),
    ];
    vec![labelled(labels, Value::Info)]
}
