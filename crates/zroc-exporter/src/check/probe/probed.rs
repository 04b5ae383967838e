//! What was seen of one vCenter.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use planner_core::probe::Findings;

use crate::about::About;

/// What was seen of one vCenter. The first three fields hold names, and no other does.
pub(crate) struct Probed {
    /// Where it was asked, and as whom.
    pub(super) target: String,
    /// The VMs looked at.
    pub(super) vms: Vec<String>,
    /// The hosts that they were on, in the order in which they were seen.
    pub(super) hosts: Vec<String>,
    /// What it says about itself.
    pub(super) about: Option<Arc<About>>,
    /// How the looks ended.
    pub(super) ended: Ended,
    /// How many looks found something.
    pub(super) looks: usize,
    /// How many looks failed, by kind.
    pub(super) failed_looks: BTreeMap<&'static str, usize>,
    /// How long the longest query took.
    pub(super) slowest: Duration,
    /// What the looks say.
    pub(super) findings: Findings,
}

/// How the looks ended.
pub(crate) enum Ended {
    /// As many as there should be.
    Completed,
    /// By a signal.
    Interrupted,
    /// Too many failed in a row; the last of them for this reason.
    Failed(String),
    /// They took too long.
    Overdue,
}

impl Ended {
    /// The word in the document.
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Interrupted => "interrupted",
            Self::Failed(_) => "failed",
            Self::Overdue => "overdue",
        }
    }
}
