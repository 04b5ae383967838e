//! VMs that may make queries fail, and what is held against them.

use std::sync::Arc;

use crate::collection::reason::Reason;
use crate::inventory::VmId;

/// VMs that were in a query that failed: at least one of them may be the cause.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) vms: Vec<VmId>,
    pub(super) suspicion: Suspicion,
}

/// What is held against the VMs of a part.
#[derive(Debug, Clone)]
pub(super) struct Suspicion {
    /// How the query failed.
    pub(super) reason: Arc<Reason>,
    /// Whether it is a single VM that failed by itself in an earlier round.
    pub(super) has_failed_alone: bool,
    /// Whether the query was lost in this round for a reason outside the VMs.
    pub(super) is_retry: bool,
}

impl Suspicion {
    fn new(reason: &Arc<Reason>) -> Self {
        Self {
            reason: Arc::clone(reason),
            has_failed_alone: false,
            is_retry: false,
        }
    }
}

impl Part {
    pub(super) fn new(vms: Vec<VmId>, reason: &Arc<Reason>) -> Self {
        let suspicion = Suspicion::new(reason);
        Self { vms, suspicion }
    }

    /// Takes all but the first `length` VMs out.
    pub(super) fn split_off(&mut self, length: usize) -> Self {
        Self {
            vms: self.vms.split_off(length),
            suspicion: self.suspicion.clone(),
        }
    }

    /// A single VM that failed by itself.
    pub(super) fn failed_alone(vm: VmId, reason: &Arc<Reason>) -> Self {
        let mut part = Self::new(vec![vm], reason);
        part.suspicion.has_failed_alone = true;
        part
    }
}
