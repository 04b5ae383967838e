//! What counting found besides values: samples that never came, and samples that were refused.

use crate::inventory::VmId;

use super::counters::DiskCounter;

/// Why a sample, or a part of what it says, does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusalReason {
    /// No disk can do that much.
    Implausible,
    /// More samples came than time has passed: a clock was set.
    Clock,
    /// The sample claims to cover a time that no sample covers. It counts as one of the usual length.
    Interval,
}

impl RefusalReason {
    /// All reasons.
    pub const ALL: [Self; 3] = [Self::Implausible, Self::Clock, Self::Interval];

    /// The value of the label `reason`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Implausible => "implausible",
            Self::Clock => "clock",
            Self::Interval => "interval",
        }
    }

    const fn index(self) -> usize {
        match self {
            Self::Implausible => 0,
            Self::Clock => 1,
            Self::Interval => 2,
        }
    }
}

/// The first refusal of a VM's samples for a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The VM.
    pub vm: VmId,
    /// Why.
    pub reason: RefusalReason,
    /// vSphere's instance of the disk; empty for the VM as a whole.
    pub instance: Box<str>,
    /// The counter; `None` if all values of a sample were concerned.
    pub counter: Option<DiskCounter>,
    /// The value, or the seconds that were claimed or could not count.
    pub value: i64,
}

/// What one cycle found besides values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Samples of rates that never came, so their bytes are in no total.
    pub missing: u64,
    /// VMs that were found on another host.
    pub host_changes: u64,
    /// The first refusals of each VM, one for each reason.
    pub first_refusals: Vec<Refusal>,
    refused: [u64; RefusalReason::ALL.len()],
}

impl Tally {
    /// Samples that were refused for a reason.
    pub fn refused(&self, reason: RefusalReason) -> u64 {
        self.refused.get(reason.index()).copied().unwrap_or(0)
    }

    pub(super) fn refuse(&mut self, reason: RefusalReason) {
        if let Some(count) = self.refused.get_mut(reason.index()) {
            *count += 1;
        }
    }
}
