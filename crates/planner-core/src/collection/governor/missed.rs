//! VMs without an answer.

use std::sync::Arc;

use crate::collection::reason::Reason;
use crate::inventory::VmId;

/// A VM without an answer, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswered {
    /// The VM.
    pub vm: VmId,
    /// Why its query failed.
    pub reason: Arc<Reason>,
}

/// A VM that only some rounds ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantinedVm {
    /// The VM.
    pub vm: VmId,
    /// Why it is quarantined.
    pub cause: QuarantineCause,
    /// How the query for it failed.
    pub reason: Arc<Reason>,
}

/// Why a VM is quarantined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuarantineCause {
    /// Every query that includes it fails.
    BreaksQueries,
    /// The account may not read its statistics.
    Denied,
}

/// The VMs that a round has no answer for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Missed {
    /// Those that failed in this round.
    pub unanswered: Vec<Unanswered>,
    /// Those that this round quarantines.
    pub newly_quarantined: Vec<QuarantinedVm>,
    /// Those that are gone, as vCenter says. That is a failure only if they stay in the inventory.
    pub gone: Vec<VmId>,
    /// All that are quarantined now, old ones and new ones.
    pub quarantined: Vec<QuarantinedVm>,
}
