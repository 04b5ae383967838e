//! One virtual machine, computed from its index.

use super::disk::{Disk, disks};
use super::{NodeId, Oddity};

/// The facts of one virtual machine that are cheap to copy; names and disks are made on demand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vm {
    /// Position in the world; the moref follows from it.
    pub(crate) index: u32,
    pub(crate) oddity: Option<Oddity>,
    pub(crate) host: Option<NodeId>,
    pub(crate) folder: Option<NodeId>,
    pub(crate) pool: Option<NodeId>,
    pub(crate) vapp: Option<NodeId>,
    pub(crate) datastore: Option<NodeId>,
    pub(super) seed: u64,
    pub(super) disk_count: u32,
}

/// Number in the moref of the first VM; vCenter's counter is past a thousand on a grown system.
pub(super) const FIRST_NUMBER: u32 = 1001;

impl Vm {
    pub(crate) fn moref(&self) -> String {
        format!("vm-{}", FIRST_NUMBER + self.index)
    }

    /// The name as on the wire, escapes included.
    pub(crate) fn wire_name(&self) -> String {
        const ROLES: [&str; 8] = ["web", "app", "db", "mail", "file", "vdi", "build", "log"];
        if let Some(oddity) = self.oddity {
            return oddity.wire_name().to_owned();
        }
        let role = ROLES
            .get(self.index as usize % ROLES.len())
            .copied()
            .unwrap_or("vm");
        format!("{role}-{:05}", self.index)
    }

    pub(crate) fn power_state(&self) -> &'static str {
        match self.oddity {
            Some(Oddity::PoweredOff | Oddity::Template | Oddity::Orphaned) => "poweredOff",
            Some(Oddity::Suspended) => "suspended",
            _ => "poweredOn",
        }
    }

    pub(crate) fn powered_on(&self) -> bool {
        self.power_state() == "poweredOn"
    }

    pub(crate) fn connection_state(&self) -> &'static str {
        match self.oddity {
            Some(Oddity::Orphaned) => "orphaned",
            Some(Oddity::Disconnected) => "disconnected",
            Some(Oddity::WithoutConfig) => "inaccessible",
            _ => "connected",
        }
    }

    pub(crate) fn template(&self) -> bool {
        self.oddity == Some(Oddity::Template)
    }

    pub(crate) fn has_config(&self) -> bool {
        self.oddity != Some(Oddity::WithoutConfig)
    }

    /// Whether QueryPerf has series for it.
    pub(crate) fn sampled(&self) -> bool {
        self.oddity.is_none_or(Oddity::sampled)
    }

    pub(crate) fn disks(&self) -> impl Iterator<Item = Disk> + use<> {
        disks(self.seed, self.index, self.disk_count)
    }
}
