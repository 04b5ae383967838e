//! What a vCenter's latest cycle found, by state, reason, host or VM.

use planner_core::collection::source::{Source, Statistics};
use planner_core::inventory::Vm;
use planner_core::inventory::sizing_exclusion::SizingExclusion;
use planner_core::snapshot::Snapshot;
use planner_core::vm_state::{NoDataReason, VmState};

use super::cycle_gauges::{flag, report, snapshot};
use super::vcenter_family::{Series, Value, VcenterFamily, labelled};
use crate::status::VcenterStatus;

/// Families of several series per vCenter.
pub(super) const FAMILIES: [VcenterFamily; 8] = [
    VcenterFamily::gauge(
        "vcenter_collector_vms",
        "VMs of the inventory by what became of them in the last cycle.",
        vms,
    ),
    VcenterFamily::gauge(
        "vcenter_collector_vms_without_data",
        "VMs in the state no_data, by reason.",
        vms_without_data,
    ),
    VcenterFamily::gauge(
        "vcenter_collector_vm_left_out",
        "VMs that only some cycles ask for: they make queries fail, or the account may not read them.",
        vm_left_out,
    ),
    VcenterFamily::gauge(
        "vcenter_collector_vms_not_sized",
        "VMs that have metrics but do not count in a sizing, by reason.",
        vms_not_sized,
    ),
    VcenterFamily::gauge(
        "vcenter_collector_vm_not_sized",
        "A VM that does not count in a sizing, and why.",
        vm_not_sized,
    ),
    VcenterFamily::gauge(
        "vcenter_collector_host_clock_offset_seconds",
        "By how much the newest sample of a host is ahead of vCenter's clock, for hosts beyond a minute.",
        host_clock_offset_seconds,
    ),
    VcenterFamily::gauge(
        "vcenter_collector_source",
        "Whether samples come from this source.",
        source,
    ),
    VcenterFamily::gauge(
        "vcenter_collector_statistic_available",
        "Whether a counter's per-disk values can be had from a source on this vCenter.",
        statistic_available,
    ),
];

fn vms(vcenter: &VcenterStatus) -> Vec<Series<'_>> {
    let snapshot = snapshot(vcenter).into_iter();
    let counts =
        snapshot.flat_map(|it| VmState::ALL.iter().map(|state| (*state, it.count(*state))));
    counts
        .map(|(state, count)| labelled([("state", state.as_str())], number(count)))
        .collect()
}

fn vms_without_data(vcenter: &VcenterStatus) -> Vec<Series<'_>> {
    let Some(snapshot) = snapshot(vcenter) else {
        return Vec::new();
    };
    let reasons = NoDataReason::ALL.iter().copied();
    reasons
        .map(|reason| {
            let count = number(snapshot.count_without_data(reason));
            labelled([("reason", reason.as_str())], count)
        })
        .collect()
}

fn vm_left_out(vcenter: &VcenterStatus) -> Vec<Series<'_>> {
    let reasons = snapshot(vcenter).into_iter().flat_map(Snapshot::reasons);
    reasons
        .filter(|(row, _)| row.state != VmState::Failed)
        .map(|(row, reason)| of_vm(row.vm, reason.kind()))
        .collect()
}

fn not_sized(vcenter: &VcenterStatus) -> impl Iterator<Item = (&Vm, SizingExclusion)> {
    let vms = snapshot(vcenter).map_or(&[][..], |it| it.inventory().vms());
    vms.iter()
        .filter_map(|vm| Some((vm, SizingExclusion::of(vm)?)))
}

fn vms_not_sized(vcenter: &VcenterStatus) -> Vec<Series<'_>> {
    if snapshot(vcenter).is_none() {
        return Vec::new();
    }
    let found: Vec<_> = not_sized(vcenter).map(|(_, reason)| reason).collect();
    let reasons = SizingExclusion::ALL.into_iter();
    reasons
        .map(|reason| {
            let count = found.iter().filter(|it| **it == reason).count();
            labelled([("reason", reason.as_str())], number(count))
        })
        .collect()
}

fn vm_not_sized(vcenter: &VcenterStatus) -> Vec<Series<'_>> {
    not_sized(vcenter)
        .map(|(vm, reason)| of_vm(vm, reason.as_str()))
        .collect()
}

fn of_vm<'s>(vm: &'s Vm, reason: &'static str) -> Series<'s> {
    let labels = [
        ("vm_name", &*vm.name),
        ("vm_moref", vm.id.as_str()),
        ("reason", reason),
    ];
    labelled(labels, Value::Number(1))
}

fn host_clock_offset_seconds(vcenter: &VcenterStatus) -> Vec<Series<'_>> {
    let clocks = report(vcenter).map_or(&[][..], |it| &it.host_clocks);
    clocks
        .iter()
        .map(|clock| {
            let offset = Value::Gauge(clock.offset_seconds as f64);
            labelled([("host", &*clock.host)], offset)
        })
        .collect()
}

fn statistics(vcenter: &VcenterStatus) -> Option<&Statistics> {
    report(vcenter)?.statistics.as_deref()
}

fn source(vcenter: &VcenterStatus) -> Vec<Series<'_>> {
    let Some(used) = statistics(vcenter).and_then(|it| it.source) else {
        return Vec::new();
    };
    let sources = Source::ALL.into_iter();
    sources
        .map(|source| labelled([("source", source.as_str())], flag(source == used)))
        .collect()
}

fn statistic_available(vcenter: &VcenterStatus) -> Vec<Series<'_>> {
    let availability = statistics(vcenter).map_or(&[][..], |it| &it.availability);
    availability
        .iter()
        .map(|entry| {
            let labels = [
                ("counter", entry.counter.full_name()),
                ("source", entry.source.as_str()),
            ];
            labelled(labels, flag(entry.available))
        })
        .collect()
}

fn number(count: usize) -> Value {
    Value::Number(count as u64)
}
