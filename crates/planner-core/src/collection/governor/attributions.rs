//! Which VMs a round holds responsible for failed queries, and how far it looks for them.

use super::missed::{QuarantinedVm, Unanswered};
use crate::inventory::VmId;

/// Bisection may find this many VMs, however few VMs there are. If more queries fail, the fault lies elsewhere, and looking
/// for single VMs would only burden vCenter.
const LEAST_FOUND: usize = 16;

/// Bisection may find this many VMs in a row without any answer in between.
const MOST_IN_A_ROW: usize = 4;

#[derive(Debug, Default)]
pub(super) struct Attributions {
    /// VMs to be quarantined if the round confirms that they are the cause.
    isolated: Vec<QuarantinedVm>,
    /// Such VMs found by bisection since the last answer.
    unconfirmed: Vec<QuarantinedVm>,
    /// VMs that are gone, as vCenter says.
    gone: Vec<VmId>,
    /// VMs found by bisection.
    found: usize,
    found_in_a_row: usize,
    answered: usize,
    /// VMs to be asked for in this round.
    all: usize,
}

/// What a round ends with.
#[derive(Debug)]
pub(super) struct Confirmed {
    /// VMs that made queries fail.
    pub(super) responsible: Vec<QuarantinedVm>,
    /// VMs that failed, perhaps for a reason outside them.
    pub(super) failed: Vec<Unanswered>,
    pub(super) gone: Vec<VmId>,
}

impl Attributions {
    pub(super) fn new(all: usize) -> Self {
        Self {
            all,
            ..Self::default()
        }
    }

    /// VMs were answered: vCenter does answer, so what was found before is confirmed.
    pub(super) fn answered(&mut self, vms: usize) {
        self.answered += vms;
        self.found_in_a_row = 0;
        self.isolated.append(&mut self.unconfirmed);
    }

    /// Bisection has found a VM.
    pub(super) fn found_one(&mut self) {
        self.found += 1;
        self.found_in_a_row += 1;
    }

    /// Bisection has found a VM that is to be quarantined once it is confirmed.
    pub(super) fn add_unconfirmed(&mut self, vm: QuarantinedVm) {
        self.unconfirmed.push(vm);
    }

    /// A fault has named a VM.
    pub(super) fn add_named(&mut self, vm: QuarantinedVm) {
        self.isolated.push(vm);
    }

    /// A fault has named a VM that is gone.
    pub(super) fn add_gone(&mut self, vm: VmId) {
        self.gone.push(vm);
    }

    /// Whether bisection may look for the VM that makes a query fail.
    pub(super) fn may_bisect(&self) -> bool {
        self.found < self.most_found() && self.found_in_a_row < MOST_IN_A_ROW
    }

    /// Whether a VM that a fault names may be isolated: never more than were answered, beyond the first few.
    pub(super) fn may_isolate(&self) -> bool {
        self.isolated.len() + self.gone.len() < self.most_found().max(self.answered)
    }

    /// Separates the VMs that made queries fail from those that only failed. The former are responsible if most of the
    /// `asked` VMs were answered, and if vCenter did not stop answering towards the end.
    pub(super) fn confirm(mut self, asked: usize) -> Confirmed {
        if self.found_in_a_row < MOST_IN_A_ROW {
            self.isolated.append(&mut self.unconfirmed);
        }
        if self.answered * 2 <= asked {
            self.unconfirmed.append(&mut self.isolated);
        }
        let failed = self.unconfirmed.into_iter().map(|it| Unanswered {
            vm: it.vm,
            reason: it.reason,
        });
        Confirmed {
            responsible: self.isolated,
            failed: failed.collect(),
            gone: self.gone,
        }
    }

    fn most_found(&self) -> usize {
        LEAST_FOUND.max(self.all / 50)
    }
}
