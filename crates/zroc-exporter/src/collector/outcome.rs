//! What came of a cycle, and how it is told.

use planner_core::governor::Unanswered;
use planner_core::snapshot::{Snapshot, SnapshotBuilder};

/// So many VMs are named in an error.
const MOST_NAMES: usize = 3;

/// A cycle that has ended.
#[derive(Debug)]
pub(super) struct Outcome {
    /// `None` while no inventory was ever read.
    pub(super) snapshot: Option<SnapshotBuilder>,
    /// VMs that were to be asked for and got no answer.
    pub(super) unanswered: Vec<Unanswered>,
    /// Why the cycle could not go on.
    pub(super) ended_early: Option<String>,
}

impl Outcome {
    /// What went wrong: how many VMs failed, the first of them, and why.
    pub(super) fn error(&self) -> Option<String> {
        let Some(first) = self.unanswered.first() else {
            return self.ended_early.clone();
        };
        let snapshot = self.snapshot.as_ref()?;
        let names = self
            .unanswered
            .iter()
            .take(MOST_NAMES)
            .map(|it| snapshot.describe(it.vm.as_str()));
        let mut names = names.collect::<Vec<_>>().join(", ");
        if self.unanswered.len() > MOST_NAMES {
            names.push_str(", ...");
        }
        let (failed, all) = (self.unanswered.len(), snapshot.inventory().vms().len());
        let reason = self.ended_early.as_deref().unwrap_or(&first.reason);
        Some(format!("{failed} of {all} VMs failed ({names}): {reason}"))
    }

    /// Logs each VM that is left out from now on.
    pub(super) fn announce(&self, previous: Option<&Snapshot>) {
        let Some(snapshot) = &self.snapshot else {
            return;
        };
        for (moref, reason) in snapshot.all_left_out() {
            let was_left_out = previous
                .is_some_and(|previous| previous.left_out().any(|(vm, _)| vm.id.as_str() == moref));
            if !was_left_out {
                let vm = snapshot.describe(moref);
                tracing::warn!(
                    vm,
                    reason,
                    "a VM makes queries fail, so it is left out and tried again later"
                );
            }
        }
    }

    pub(super) fn into_snapshot(self, previous: Option<&Snapshot>) -> Option<Snapshot> {
        Some(self.snapshot?.build(previous))
    }
}
