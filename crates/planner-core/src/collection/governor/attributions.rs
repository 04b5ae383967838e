//! Which VMs a round holds responsible for failed queries, and how far it looks for them.

use super::missed::QuarantinedVm;
use crate::inventory::VmId;

/// A round may find this many VMs, however few VMs there are. If more queries fail, the fault lies elsewhere, and looking
/// for single VMs would only burden vCenter.
const LEAST_FOUND: usize = 16;

/// A round may find this many VMs in a row without any answer in between.
const MOST_FOUND_IN_A_ROW: usize = 4;

/// The search of one round may cost this many refused queries, however few batches there are.
const LEAST_REFUSED: usize = 48;

/// This many refused queries in a row end the search of a round: perhaps vCenter has stopped answering.
const MOST_REFUSED_IN_A_ROW: usize = 16;

/// After this many refused parts in a row, smaller ones are tried.
const REFUSED_BEFORE_SMALLER: usize = 4;

/// This many queries of the search may take too long.
const MOST_SLOW: usize = 3;

#[derive(Debug, Default)]
pub(super) struct Attributions {
    /// VMs to be quarantined if the round confirms that they are the cause.
    isolated: Vec<QuarantinedVm>,
    /// Such VMs found since the last answer.
    unconfirmed: Vec<QuarantinedVm>,
    /// VMs that are gone, as vCenter says.
    gone: Vec<VmId>,
    /// VMs found by asking for them alone.
    found: usize,
    found_in_a_row: usize,
    /// Queries of the search that were refused.
    refused: usize,
    refused_in_a_row: usize,
    slow: usize,
    promising_size: usize,
    answered: usize,
    /// VMs to be asked for in this round.
    all: usize,
    most_refused: usize,
}

/// What a round ends with.
#[derive(Debug)]
pub(super) struct Confirmed {
    /// VMs that made queries fail.
    pub(super) responsible: Vec<QuarantinedVm>,
    /// VMs that failed, perhaps for a reason outside them.
    pub(super) failed: Vec<QuarantinedVm>,
    pub(super) gone: Vec<VmId>,
}

impl Attributions {
    /// For a round of this many VMs in this many batches.
    pub(super) fn new(all: usize, batches: usize) -> Self {
        Self {
            all,
            promising_size: usize::MAX,
            most_refused: LEAST_REFUSED.max(batches),
            ..Self::default()
        }
    }

    /// VMs were answered: vCenter does answer, so what was found before is confirmed.
    pub(super) fn answered(&mut self, vms: usize) {
        self.answered += vms;
        self.found_in_a_row = 0;
        self.refused_in_a_row = 0;
        self.isolated.append(&mut self.unconfirmed);
    }

    pub(super) fn has_no_answer(&self) -> bool {
        self.answered == 0
    }

    /// A query of the search was refused.
    pub(super) fn refused(&mut self, vms: usize, is_slow: bool) {
        self.refused += 1;
        self.refused_in_a_row += 1;
        self.slow += usize::from(is_slow);
        if self.refused_in_a_row.is_multiple_of(REFUSED_BEFORE_SMALLER) {
            self.promising_size = self.promising_size.min(vms.div_ceil(2));
        }
    }

    /// A VM failed by itself.
    pub(super) fn found_one(&mut self) {
        self.found += 1;
        self.found_in_a_row += 1;
    }

    /// Adds a VM that is to be quarantined once an answer shows that vCenter still answers.
    pub(super) fn add_unconfirmed(&mut self, vm: QuarantinedVm) {
        self.unconfirmed.push(vm);
    }

    /// Adds a VM that a fault has named, or that has failed by itself in two rounds.
    pub(super) fn add(&mut self, vm: QuarantinedVm) {
        self.isolated.push(vm);
    }

    /// A fault has named a VM that is gone.
    pub(super) fn add_gone(&mut self, vm: VmId) {
        self.gone.push(vm);
    }

    /// Whether queries that were too large may be halved, down to single VMs.
    pub(super) fn may_halve(&self) -> bool {
        self.found < self.most_found() && self.found_in_a_row < MOST_FOUND_IN_A_ROW
    }

    /// How many VMs to ask for together to learn most from it; `None` if the search has to end for this round.
    ///
    /// Single VMs show soonest whether vCenter answers at all. Afterwards large parts bring most values, unless each of
    /// them has a VM that makes it fail.
    pub(super) fn promising_size(&self) -> Option<usize> {
        let may_continue = self.refused < self.most_refused
            && self.refused_in_a_row < MOST_REFUSED_IN_A_ROW
            && self.slow < MOST_SLOW;
        if self.has_no_answer() {
            return (may_continue && self.found_in_a_row < MOST_FOUND_IN_A_ROW).then_some(1);
        }
        may_continue.then_some(self.promising_size)
    }

    /// Whether a VM that a fault names may be isolated: never more than were answered, beyond the first few.
    pub(super) fn may_isolate(&self) -> bool {
        self.isolated.len() + self.gone.len() < self.most_found().max(self.answered)
    }

    /// Separates the VMs that made queries fail from those that only failed. The former are responsible if most of the
    /// `asked` VMs were answered, and if vCenter did not stop answering towards the end.
    pub(super) fn confirm(mut self, asked: usize) -> Confirmed {
        let in_a_row = self.found_in_a_row.max(self.refused_in_a_row);
        if in_a_row < MOST_FOUND_IN_A_ROW {
            self.isolated.append(&mut self.unconfirmed);
        }
        if self.answered * 2 <= asked {
            self.unconfirmed.append(&mut self.isolated);
        }
        Confirmed {
            responsible: self.isolated,
            failed: self.unconfirmed,
            gone: self.gone,
        }
    }

    fn most_found(&self) -> usize {
        LEAST_FOUND.max(self.all / 50)
    }
}
