//! What people read about a cycle: which VMs failed, and why.

use planner_core::collection::{CycleEnd, CycleReport};
use planner_core::inventory::{Inventory, VmId};
use planner_core::snapshot::Snapshot;
use planner_core::vm_state::VmState;

use crate::advice::explain;
use crate::settings::VcenterSettings;

/// An error names at most this many VMs.
const MOST_NAMES: usize = 3;

/// What went wrong in a cycle: which VMs failed, which it quarantined, and why; or that no VM had values. `None` if nothing
/// did.
pub fn error(report: &CycleReport, settings: &VcenterSettings) -> Option<String> {
    let stopped = match &report.end {
        CycleEnd::Completed => None,
        CycleEnd::Stopped(reason) => Some(explain(reason, settings)),
    };
    let Some(snapshot) = &report.snapshot else {
        return stopped;
    };
    let failed = failed(report, snapshot, stopped.as_deref(), settings).or(stopped);
    let quarantined = newly_quarantined(report, snapshot, settings);
    let of_vms: Vec<String> = failed.into_iter().chain(quarantined).collect();
    if of_vms.is_empty() {
        without_any_values(snapshot)
    } else {
        Some(of_vms.join("; "))
    }
}

/// A VM's name with its reference.
pub fn describe(inventory: &Inventory, vm: &VmId) -> String {
    match inventory.get(vm) {
        Some(known) if !known.name.is_empty() => format!("{} ({vm})", known.name),
        _ => vm.to_string(),
    }
}

fn failed(
    report: &CycleReport,
    snapshot: &Snapshot,
    stopped: Option<&str>,
    settings: &VcenterSettings,
) -> Option<String> {
    let failed = &report.missed.unanswered;
    let first = failed.first()?;
    let vms = some_of(snapshot, failed.iter().map(|it| &it.vm));
    let reason = match stopped {
        Some(reason) => reason.to_owned(),
        None => explain(&first.reason, settings),
    };
    let share = share(snapshot, failed.len());
    Some(format!("{share} failed ({vms}): {reason}"))
}

fn newly_quarantined(
    report: &CycleReport,
    snapshot: &Snapshot,
    settings: &VcenterSettings,
) -> Option<String> {
    let quarantined = &report.missed.newly_quarantined;
    let first = quarantined.first()?;
    let vms = some_of(snapshot, quarantined.iter().map(|it| &it.vm));
    let share = share(snapshot, quarantined.len());
    let reason = explain(&first.reason, settings);
    Some(format!("{share} left out from now on ({vms}): {reason}"))
}

fn without_any_values(snapshot: &Snapshot) -> Option<String> {
    let vms = snapshot.inventory().vms().iter();
    let running = vms.filter(|vm| vm.is_observed()).count();
    (running > 0 && snapshot.count(VmState::Sampled) == 0).then(|| {
        format!(
            "vCenter had no values of any of the {running} running VMs; vcenter_collector_statistic_available tells what \
             its statistics level withholds"
        )
    })
}

fn share(snapshot: &Snapshot, vms: usize) -> String {
    format!("{vms} of {} VMs", snapshot.inventory().vms().len())
}

/// The first few VMs by name.
fn some_of<'v>(snapshot: &Snapshot, vms: impl ExactSizeIterator<Item = &'v VmId>) -> String {
    let more = if vms.len() > MOST_NAMES { ", ..." } else { "" };
    let names = vms
        .take(MOST_NAMES)
        .map(|vm| describe(snapshot.inventory(), vm));
    names.collect::<Vec<_>>().join(", ") + more
}
