//! What a failed query says about its VMs, and what is done about it.

use super::hosts::Sickness;
use crate::inventory::VmId;

/// To what a query's failure is attributed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attribution {
    /// An administrator's limit on the size of a query: vSphere's `RestrictedByAdministrator`.
    AdministratorLimit,
    /// The query was too large: an answer beyond our bounds, or vCenter's `querySpec.size`.
    TooLarge,
    /// No answer came in time. vCenter passes queries on to hosts, so a single slow host may be the cause, or the load of
    /// vCenter itself.
    TooSlow,
    /// The VM that the fault names is gone. It may have been deleted since the inventory was read.
    MissingVm(VmId),
    /// The account may not read the statistics of the VM that the fault names.
    DeniedVm(VmId),
    /// One VM made the whole query fail; the fault does not name it.
    UnnamedVm,
    /// vCenter cannot reach the host of one VM; the fault does not name it.
    UnnamedHost,
    /// An unknown fault, or an answer that cannot be read. It may be due to one VM, or to vCenter.
    Unclear,
    /// The failure has nothing to do with single VMs, such as a connection that broke: the query is retried at the end of
    /// the round.
    WholeQuery,
}

impl Attribution {
    /// A fault that names a VM which was not asked for says no more than one without a name.
    pub(super) fn within(self, asked: &[VmId]) -> Self {
        match self {
            Self::MissingVm(vm) | Self::DeniedVm(vm) if !asked.contains(&vm) => Self::UnnamedVm,
            other => other,
        }
    }

    /// What the failure of a query for one VM says about its host; `None` if it is about the VM by name or about neither.
    pub(super) fn sickness(&self) -> Option<Sickness> {
        match self {
            Self::TooSlow => Some(Sickness::Slow),
            Self::AdministratorLimit
            | Self::TooLarge
            | Self::UnnamedVm
            | Self::UnnamedHost
            | Self::Unclear => Some(Sickness::Unreachable),
            Self::MissingVm(_) | Self::DeniedVm(_) | Self::WholeQuery => None,
        }
    }

    pub(super) fn is_about_size(&self) -> bool {
        matches!(
            self,
            Self::AdministratorLimit | Self::TooLarge | Self::TooSlow
        )
    }
}

/// What the governor does about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// The VMs are asked for again in smaller batches, if not in this round then in the next.
    Split,
    /// One VM is not asked for again; any others of the batch are.
    Isolated,
    /// The batch is asked for again at the end of the round.
    Retry,
    /// The VMs have failed for this round.
    GaveUp,
}
