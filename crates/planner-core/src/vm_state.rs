//! What became of a VM in a cycle.

use crate::inventory::{ConnectionState, PowerState, Vm};

/// What became of a VM in a cycle. Every VM of the inventory is in exactly one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VmState {
    /// It has fresh values.
    Sampled,
    /// It is powered off, suspended or a template, and so has no statistics.
    PoweredOff,
    /// vCenter had no values for it; [`NoDataReason`] says why.
    NoData,
    /// The account may not read its state or its statistics.
    NoPermission,
    /// The query for it failed.
    Failed,
    /// It makes queries fail, so only some cycles ask for it.
    Quarantined,
    /// The operator's filters leave it out.
    Filtered,
}

impl VmState {
    /// All states.
    pub const ALL: &'static [Self] = &[
        Self::Sampled,
        Self::PoweredOff,
        Self::NoData,
        Self::NoPermission,
        Self::Failed,
        Self::Quarantined,
        Self::Filtered,
    ];

    /// The value of the label `state`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sampled => "sampled",
            Self::PoweredOff => "powered_off",
            Self::NoData => "no_data",
            Self::NoPermission => "no_permission",
            Self::Failed => "failed",
            Self::Quarantined => "left_out",
            Self::Filtered => "filtered",
        }
    }

    /// The state of a VM before any query of the cycle was answered.
    pub(crate) fn before_any_answer(vm: &Vm) -> Self {
        match vm.power_state {
            _ if vm.is_filtered => Self::Filtered,
            None if vm.is_permission_denied => Self::NoPermission,
            _ if vm.is_template => Self::PoweredOff,
            _ if vm.connection_state != ConnectionState::Connected => Self::NoData,
            Some(PowerState::PoweredOn) | None => Self::NoData,
            Some(PowerState::PoweredOff | PowerState::Suspended) => Self::PoweredOff,
        }
    }
}

/// Why vCenter has no values for a VM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoDataReason {
    /// The VM's host does not respond, so the VM was not asked for.
    Disconnected,
    /// The host no longer knows the VM, so it was not asked for.
    Orphaned,
    /// The host cannot read the VM's configuration, so it was not asked for.
    Inaccessible,
    /// The VM's configuration makes no sense, so it was not asked for.
    Invalid,
    /// The VM's power state is unset or one that we do not know, so it was not asked for.
    UnknownState,
    /// It has no virtual disk whose statistics there could be: none at all, or persistent memory only.
    NoDisks,
    /// It was asked for and had no samples: a VM that has just started, or a gap in its host's statistics.
    NoSamples,
}

impl NoDataReason {
    /// All reasons.
    pub const ALL: &'static [Self] = &[
        Self::Disconnected,
        Self::Orphaned,
        Self::Inaccessible,
        Self::Invalid,
        Self::UnknownState,
        Self::NoDisks,
        Self::NoSamples,
    ];

    /// The value of the label `reason`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disconnected => ConnectionState::Disconnected.as_str(),
            Self::Orphaned => ConnectionState::Orphaned.as_str(),
            Self::Inaccessible => ConnectionState::Inaccessible.as_str(),
            Self::Invalid => ConnectionState::Invalid.as_str(),
            Self::UnknownState => "unknown_state",
            Self::NoDisks => "no_disks",
            Self::NoSamples => "no_samples",
        }
    }

    /// Why a VM in the state [`VmState::NoData`] has none.
    pub fn of(vm: &Vm) -> Self {
        match vm.connection_state {
            ConnectionState::Disconnected => Self::Disconnected,
            ConnectionState::Orphaned => Self::Orphaned,
            ConnectionState::Inaccessible => Self::Inaccessible,
            ConnectionState::Invalid => Self::Invalid,
            ConnectionState::Connected if vm.power_state.is_none() => Self::UnknownState,
            ConnectionState::Connected if vm.disks == Some(0) => Self::NoDisks,
            ConnectionState::Connected => Self::NoSamples,
        }
    }
}
