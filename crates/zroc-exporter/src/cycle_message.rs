//! What people read about a cycle: which VMs failed, and why.

use planner_core::collection::reason::{CallFailure, FailureKind, Reason};
use planner_core::collection::source::Source;
use planner_core::collection::{CycleEnd, CycleReport};
use planner_core::inventory::filter::Filter;
use planner_core::inventory::{Inventory, VmId};
use planner_core::snapshot::Snapshot;
use planner_core::vm_state::VmState;

use crate::advice::{cure, sentence};
use crate::filter_message;
use crate::settings::VcenterSettings;
use crate::status::{Trouble, in_one_line};

/// An error or a log line names at most this many VMs, or hosts that it is about.
const MOST_NAMES: usize = 3;

/// Hosts are named as the place of VMs only if they are no more than this.
const MOST_HOSTS: usize = 3;

/// What went wrong in a cycle, in one line. `None` if nothing did.
pub fn error(report: &CycleReport, settings: &VcenterSettings, filter: &Filter) -> Option<String> {
    in_one_line(&troubles(report, settings, filter))
}

/// What went wrong in a cycle: which VMs failed, which it quarantined, and why; what is wrong with the inventory; or that no
/// VM had values, or that the filters left none.
pub fn troubles(report: &CycleReport, settings: &VcenterSettings, filter: &Filter) -> Vec<Trouble> {
    let stopped = match &report.end {
        CycleEnd::Completed => None,
        CycleEnd::Stopped(reason) => Some(&**reason),
    };
    let as_a_whole = stopped.map(|reason| trouble(reason, sentence(reason), settings));
    let Some(snapshot) = &report.snapshot else {
        return as_a_whole.into_iter().collect();
    };
    let failed = failed(report, snapshot, stopped, settings).or(as_a_whole);
    let quarantined = newly_quarantined(report, snapshot, settings);
    let of_inventory = report.inventory_trouble.as_deref();
    let of_inventory = of_inventory.map(|reason| trouble(reason, sentence(reason), settings));
    let all = failed.into_iter().chain(quarantined).chain(of_inventory);
    let all: Vec<Trouble> = all.collect();
    if !all.is_empty() {
        return all;
    }
    let without = without_any_values(report, snapshot);
    let without = without.or_else(|| nothing_left(filter, snapshot.inventory()));
    without.into_iter().collect()
}

fn trouble(reason: &Reason, what: String, settings: &VcenterSettings) -> Trouble {
    Trouble {
        kind: reason.kind(),
        operation: match reason {
            Reason::Failed(failure) => failure.operation,
            Reason::Deadline { .. } | Reason::NotAsked => None,
        },
        what,
        cure: cure(reason, settings),
    }
}

fn nothing_left(filter: &Filter, inventory: &Inventory) -> Option<Trouble> {
    Some(Trouble {
        kind: "filtered",
        operation: None,
        what: filter_message::nothing_left(filter, inventory)?,
        cure: None,
    })
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
    stopped: Option<&Reason>,
    settings: &VcenterSettings,
) -> Option<Trouble> {
    let failed = &report.missed.unanswered;
    let first = failed.first()?;
    let vms = some_of(snapshot, failed.iter().map(|it| &it.vm));
    let (hosts, reason) = if let Some(reason) = stopped {
        (None, reason)
    } else {
        let hosts = hosts_to_blame(&first.reason, snapshot, failed.iter().map(|it| &it.vm));
        (hosts, &*first.reason)
    };
    let share = share(snapshot, failed.len());
    let hosts = hosts.unwrap_or_default();
    let what = format!("{share} failed ({vms}{hosts}): {}", sentence(reason));
    Some(trouble(reason, what, settings))
}

/// The hosts of the VMs, if the failure may be due to them and they are few.
fn hosts_to_blame<'v>(
    reason: &Reason,
    snapshot: &Snapshot,
    vms: impl Iterator<Item = &'v VmId>,
) -> Option<String> {
    let Reason::Failed(CallFailure {
        kind: FailureKind::HostCommunication | FailureKind::Timeout,
        ..
    }) = reason
    else {
        return None;
    };
    let mut hosts = Vec::new();
    for vm in vms {
        let host = &*snapshot.inventory().get(vm)?.placement.host;
        if !hosts.contains(&host) {
            hosts.push(host);
        }
        if host.is_empty() || hosts.len() > MOST_HOSTS {
            return None;
        }
    }
    some_hosts(hosts.into_iter()).map(|hosts| format!(";{hosts}"))
}

/// That VMs are all on these hosts, if they are few.
fn some_hosts<'h>(hosts: impl ExactSizeIterator<Item = &'h str>) -> Option<String> {
    let word = match hosts.len() {
        1 => "host",
        2..=MOST_HOSTS => "hosts",
        _ => return None,
    };
    let names: Vec<&str> = hosts.collect();
    Some(format!(" all on {word} {}", names.join(", ")))
}

fn newly_quarantined(
    report: &CycleReport,
    snapshot: &Snapshot,
    settings: &VcenterSettings,
) -> Option<Trouble> {
    let quarantined = &report.missed.newly_quarantined;
    let first = quarantined.first()?;
    let vms = some_of(snapshot, quarantined.iter().map(|it| &it.vm));
    let share = share(snapshot, quarantined.len());
    let reason = sentence(&first.reason);
    let what = format!("{share} left out from now on ({vms}): {reason}");
    Some(trouble(&first.reason, what, settings))
}

fn without_any_values(report: &CycleReport, snapshot: &Snapshot) -> Option<Trouble> {
    let vms = snapshot.inventory().vms().iter();
    let running = vms.filter(|vm| vm.is_observed()).count();
    let statistics = report.statistics.as_deref();
    let look_at = match statistics.and_then(|statistics| statistics.source) {
        Some(Source::Realtime) => {
            "real-time samples come from the hosts, so look at the clocks, management agents and network of the hosts"
        }
        Some(Source::Historical) | None => {
            "vcenter_collector_statistic_available shows what its statistics level withholds"
        }
    };
    (running > 0 && snapshot.count(VmState::Sampled) == 0).then(|| {
        let hosts = snapshot.silent_hosts();
        let hosts = some_hosts(hosts.iter().map(|host| &**host));
        let hosts = hosts.map_or_else(String::new, |hosts| format!(",{hosts}"));
        Trouble {
            kind: "no_values",
            operation: None,
            what: format!("vCenter had no values of any of the {running} running VMs{hosts}"),
            cure: Some(look_at.to_owned()),
        }
    })
}

fn share(snapshot: &Snapshot, vms: usize) -> String {
    format!("{vms} of {} VMs", snapshot.inventory().vms().len())
}

/// The first few VMs by name.
pub fn some_of<'v>(snapshot: &Snapshot, vms: impl ExactSizeIterator<Item = &'v VmId>) -> String {
    some(vms.map(|vm| describe(snapshot.inventory(), vm)))
}

/// The first few of these names.
pub fn some(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = if names.len() > MOST_NAMES {
        ", ..."
    } else {
        ""
    };
    names.take(MOST_NAMES).collect::<Vec<_>>().join(", ") + more
}
