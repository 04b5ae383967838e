//! What is still to be asked for in a round, and what became of the rest.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::halving::{Halving, Next};
use super::{Batch, LeftOutVm, Role, Unanswered};
use crate::batches::BatchLimits;
use crate::inventory::{Inventory, VmId};

/// So many single VMs may be found guilty by halving, however few VMs there are. When more queries fail than that, the
/// fault lies elsewhere, and looking for single VMs would only burden vCenter.
const LEAST_SEARCHED: usize = 16;

/// The same while no query of the round has been answered.
const SEARCHED_BEFORE_AN_ANSWER: usize = 4;

#[derive(Debug, Default)]
pub(super) struct Round {
    pub(super) inventory: Option<Arc<Inventory>>,
    /// VMs still to be asked for, with their numbers of disks. They are cut into batches as these are asked for.
    pub(super) waiting: VecDeque<(VmId, u32)>,
    /// Parts of batches that failed, and VMs tried again after a pause.
    pub(super) parts: Vec<(Vec<VmId>, Role)>,
    /// Batches that were too much.
    pub(super) halving: Halving,
    /// Batches to be asked for once more, last of all.
    pub(super) again: VecDeque<Vec<VmId>>,
    pub(super) under_way: Vec<Batch>,
    /// Hosts that vCenter cannot reach, and what it said.
    pub(super) hosts_away: HashMap<Arc<str>, Arc<str>>,
    pub(super) failed: Vec<Unanswered>,
    /// VMs to be left out, if the round bears it out that the fault is theirs.
    pub(super) isolated: Vec<LeftOutVm>,
    /// VMs found guilty by halving.
    pub(super) searched: usize,
    pub(super) answered: usize,
    /// VMs that are to be asked for in this round.
    pub(super) all: usize,
}

impl Round {
    /// The next VMs to ask for. `most` bounds batches that are asked for the first time.
    pub(super) fn take(&mut self, limits: BatchLimits, most: usize) -> Option<(Vec<VmId>, Role)> {
        if !self.may_search() {
            self.again.extend(self.halving.give_up());
        }
        match self.halving.next() {
            Next::Half(vms) => return Some((vms, Role::Half)),
            Next::Part(vms) => return Some((vms, Role::Plain)),
            Next::Wait => return None,
            Next::Nothing => {}
        }
        if let Some(part) = self.parts.pop() {
            return Some(part);
        }
        if !self.waiting.is_empty() {
            return Some((limits.take(&mut self.waiting, most), Role::Plain));
        }
        Some((self.again.pop_front()?, Role::Retry))
    }

    /// Whether the VM that makes a query fail may be looked for by halving.
    pub(super) fn may_search(&self) -> bool {
        let most = match self.answered {
            0 => SEARCHED_BEFORE_AN_ANSWER,
            _ => self.most_searched(),
        };
        self.searched < most
    }

    /// Whether a VM that a fault names may be isolated: never more than that were answered, beyond the first few.
    pub(super) fn may_isolate(&self) -> bool {
        self.isolated.len() < self.most_searched().max(self.answered)
    }

    /// Whether the faults of this round were those of single VMs: most VMs that were asked for were answered.
    pub(super) fn is_borne_out(&self) -> bool {
        let asked = self.all - self.waiting.len();
        self.answered * 2 > asked
    }

    /// Leaves out VMs on hosts that are away. They have failed for this round.
    pub(super) fn without_hosts_away(&mut self, vms: Vec<VmId>) -> Vec<VmId> {
        if self.hosts_away.is_empty() {
            return vms;
        }
        let (mut here, mut away) = (Vec::new(), Vec::new());
        for vm in vms {
            match self.host_of(&vm).and_then(|host| self.hosts_away.get(host)) {
                Some(reason) => away.push(Unanswered {
                    vm,
                    reason: Arc::clone(reason),
                }),
                None => here.push(vm),
            }
        }
        self.failed.extend(away);
        here
    }

    /// The VM's host cannot be reached, nor can the others be that run there.
    pub(super) fn host_is_away(&mut self, vm: &VmId, reason: &Arc<str>) {
        if let Some(host) = self.host_of(vm) {
            self.hosts_away.insert(Arc::clone(host), Arc::clone(reason));
        }
    }

    fn most_searched(&self) -> usize {
        LEAST_SEARCHED.max(self.all / 50)
    }

    fn host_of(&self, vm: &VmId) -> Option<&Arc<str>> {
        let vm = self.inventory.as_ref()?.get(vm.as_str())?;
        Some(&vm.placement.host).filter(|host| !host.is_empty())
    }
}
