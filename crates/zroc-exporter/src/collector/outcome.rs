//! What came of a cycle, and how it is told.

use planner_core::collection::governor::Missed;
use planner_core::inventory::{Vm, VmId};
use planner_core::snapshot::{Snapshot, VmState};

/// So many VMs are named in an error.
const MOST_NAMES: usize = 3;

/// A cycle that has ended.
#[derive(Debug)]
pub(super) struct Outcome {
    /// `None` while no inventory was ever read.
    pub(super) snapshot: Option<Snapshot>,
    /// VMs that were to be asked for and got no answer.
    pub(super) missed: Missed,
    /// Why the cycle could not go on.
    pub(super) ended_early: Option<String>,
}

impl Outcome {
    /// What went wrong: which VMs failed, which are left out from now on, and why; or that there were no values at all.
    pub(super) fn error(&self) -> Option<String> {
        let Some(snapshot) = &self.snapshot else {
            return self.ended_early.clone();
        };
        let failed = self.failed(snapshot).or_else(|| self.ended_early.clone());
        let of_vms: Vec<String> = failed
            .into_iter()
            .chain(self.newly_left_out(snapshot))
            .collect();
        if of_vms.is_empty() {
            without_any_values(snapshot)
        } else {
            Some(of_vms.join("; "))
        }
    }

    /// Logs each VM that is left out from now on.
    pub(super) fn announce(&self) {
        let Some(snapshot) = &self.snapshot else {
            return;
        };
        for left_out in &self.missed.newly_left_out {
            let (vm, reason) = (snapshot.describe(left_out.vm.as_str()), &*left_out.reason);
            tracing::warn!(
                vm,
                reason,
                "a VM makes queries fail, so it is left out and tried again later"
            );
        }
    }

    fn failed(&self, snapshot: &Snapshot) -> Option<String> {
        let failed = &self.missed.unanswered;
        let first = failed.first()?;
        let vms = some_of(snapshot, failed.iter().map(|it| &it.vm));
        let reason = self.ended_early.as_deref().unwrap_or(&first.reason);
        Some(format!(
            "{} failed ({vms}): {reason}",
            share(snapshot, failed.len())
        ))
    }

    fn newly_left_out(&self, snapshot: &Snapshot) -> Option<String> {
        let left_out = &self.missed.newly_left_out;
        let first = left_out.first()?;
        let vms = some_of(snapshot, left_out.iter().map(|it| &it.vm));
        let (share, reason) = (share(snapshot, left_out.len()), &first.reason);
        Some(format!("{share} left out from now on ({vms}): {reason}"))
    }
}

fn without_any_values(snapshot: &Snapshot) -> Option<String> {
    let vms = snapshot.inventory().vms().iter();
    let running = vms.filter(|vm| Vm::is_observed(vm)).count();
    (running > 0 && snapshot.count(VmState::Sampled) == 0).then(|| {
        format!(
            "vCenter had no values of any of the {running} running VMs; vcenter_collector_counter_available tells what \
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
        .map(|vm| snapshot.describe(vm.as_str()));
    names.collect::<Vec<_>>().join(", ") + more
}
