//! Every VM that vCenter shows us, with the names of what it runs on.

pub mod details;
pub mod entities;
pub mod entity_name;
pub mod filter;
mod folder_paths;
pub mod sizing_exclusion;

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use self::details::VmDetails;
use crate::units::Bytes;

/// A VM's managed object reference, such as `vm-1234`: stable over renames, moves and restarts of vCenter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VmId(Arc<str>);

impl VmId {
    /// Wraps a managed object reference's value.
    pub fn new(moref: &str) -> Self {
        Self(Arc::from(moref))
    }

    /// The reference's value, as it goes over the wire and into the label `vm_moref`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for VmId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// vSphere's `VirtualMachinePowerState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PowerState {
    /// The VM runs, and so has statistics.
    PoweredOn,
    /// The VM is off.
    PoweredOff,
    /// The VM is suspended: it writes nothing.
    Suspended,
}

impl PowerState {
    /// Reads the enumeration's wire value. A value of a future vSphere is `None`.
    pub fn from_wire(value: &str) -> Option<Self> {
        match value {
            "poweredOn" => Some(Self::PoweredOn),
            "poweredOff" => Some(Self::PoweredOff),
            "suspended" => Some(Self::Suspended),
            _ => None,
        }
    }
}

/// vSphere's `VirtualMachineConnectionState`.
///
/// A VM that is not connected has no live statistics, and its power state is only the last one known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConnectionState {
    /// vCenter reaches the VM through its host.
    #[default]
    Connected,
    /// The host does not respond.
    Disconnected,
    /// The host no longer knows the VM.
    Orphaned,
    /// The host cannot read the VM's configuration.
    Inaccessible,
    /// The VM's configuration makes no sense.
    Invalid,
}

impl ConnectionState {
    const ALL: [Self; 5] = [
        Self::Connected,
        Self::Disconnected,
        Self::Orphaned,
        Self::Inaccessible,
        Self::Invalid,
    ];

    /// Reads the enumeration's wire value. A value of a future vSphere is `None`.
    pub fn from_wire(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == value)
    }

    /// The wire value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::Orphaned => "orphaned",
            Self::Inaccessible => "inaccessible",
            Self::Invalid => "invalid",
        }
    }
}

/// Where a VM runs. A name that cannot be read is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Placement {
    /// `runtime.host`: reference of the host. `None` when it cannot be read.
    pub host_moref: Option<Arc<str>>,
    /// Name of the host's parent compute resource: the cluster's, or for a standalone host the host's own.
    pub cluster: Arc<str>,
    /// Name of the host.
    pub host: Arc<str>,
    /// Name of the nearest datacenter above.
    pub datacenter: Arc<str>,
}

/// One virtual machine as the last look at the inventory found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vm {
    /// The VM's managed object reference.
    pub id: VmId,
    /// Display name, unescaped. Empty when it cannot be read.
    pub name: Arc<str>,
    /// Where it runs.
    pub placement: Arc<Placement>,
    /// Names of the VM folders from the datacenter down, joined by `/`: empty right below the datacenter. A path of more
    /// than 1,024 bytes is cut.
    pub folder: Arc<str>,
    /// Whether it runs. `None` when it cannot be read or is a value that we do not know.
    pub power_state: Option<PowerState>,
    /// Whether vCenter reaches it. A value that cannot be read, or that we do not know, counts as connected.
    pub connection_state: ConnectionState,
    /// Whether it is a template, which cannot run.
    pub is_template: bool,
    /// Extension that manages the VM (`config.managedBy.extensionKey`), such as a recovery product.
    pub managed_by: Option<Arc<str>>,
    /// Whether the operator's filters leave it out.
    pub is_filtered: bool,
    /// Whether vCenter withheld some property of the VM for lack of rights.
    pub is_permission_denied: bool,
    /// Number of virtual disks. `None` when the VM's configuration cannot be read.
    pub disks: Option<u32>,
    /// Sum of the capacities of the virtual disks. `None` when the VM's configuration cannot be read.
    pub provisioned: Option<Bytes>,
    /// What somebody asked for in addition. `None` if nobody did, or nothing is known.
    pub details: Option<Arc<VmDetails>>,
}

impl Vm {
    /// Whether the VM runs, as far as vCenter knows, and is wanted: it is published.
    pub fn is_running(&self) -> bool {
        self.power_state == Some(PowerState::PoweredOn) && !self.is_template && !self.is_filtered
    }

    /// Whether vCenter says that the VM is switched off or suspended.
    pub fn is_off(&self) -> bool {
        matches!(
            self.power_state,
            Some(PowerState::PoweredOff | PowerState::Suspended)
        )
    }

    /// Whether statistics are to be had of the VM, and wanted: it is asked for.
    pub fn is_observed(&self) -> bool {
        self.is_running() && self.connection_state == ConnectionState::Connected
    }
}

/// A read of the whole inventory, as opposed to the changes that vCenter reports in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FullReadStamp {
    /// Counts the full reads of this vCenter. Unlike a clock it never goes back.
    pub number: u64,
    /// When the read ended, by this machine's clock. For people only: nothing is decided by it.
    pub at: Timestamp,
}

/// All VMs at one moment, in the order of their ids. Immutable: the next change makes a new inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    vms: Vec<Vm>,
    full_read: FullReadStamp,
}

impl Inventory {
    /// Takes VMs in any order. If two have the same id, the first one stays.
    pub fn new(mut vms: Vec<Vm>, full_read: FullReadStamp) -> Self {
        vms.sort_by(|a, b| a.id.cmp(&b.id));
        vms.dedup_by(|later, earlier| later.id == earlier.id);
        Self { vms, full_read }
    }

    /// The VMs, ordered by id.
    pub fn vms(&self) -> &[Vm] {
        &self.vms
    }

    /// The latest full read that this inventory is based on.
    pub fn full_read(&self) -> FullReadStamp {
        self.full_read
    }

    /// A VM by its reference.
    pub fn get(&self, vm: &VmId) -> Option<&Vm> {
        self.vms.get(self.position(vm)?)
    }

    /// The index of a VM in [`vms`](Self::vms).
    pub fn position(&self, vm: &VmId) -> Option<usize> {
        self.vms.binary_search_by(|known| known.id.cmp(vm)).ok()
    }
}
