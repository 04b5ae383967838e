//! Virtual disks, what they lie on, their controllers, and the names under which vCenter files their statistics.

use std::fmt;

/// A disk or a disk controller of a virtual machine, from `config.hardware.device`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VirtualDevice {
    /// Identifies the device within its machine.
    pub key: i32,
    /// The [`key`](Self::key) of the controller that this device hangs on.
    pub controller_key: Option<i32>,
    /// The device's place on its controller.
    pub unit_number: Option<i32>,
    /// What it is.
    pub kind: VirtualDeviceKind,
}

/// The devices that matter for disk statistics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VirtualDeviceKind {
    /// A virtual disk.
    Disk {
        /// Size in bytes: `capacityInBytes`, or 1,024 times `capacityInKB` where a server sends only
        /// that.
        capacity_bytes: Option<i64>,
    },
    /// A controller that disks can hang on.
    Controller {
        /// The kind of bus.
        bus: ControllerBus,
        /// The number of the bus among those of its kind.
        bus_number: i32,
    },
}

/// Kinds of disk controllers. Displayed as in the names of counter instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ControllerBus {
    /// Any SCSI adapter: `scsi`.
    Scsi,
    /// AHCI: `sata`.
    Sata,
    /// `nvme`.
    Nvme,
    /// `ide`.
    Ide,
}

impl fmt::Display for ControllerBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scsi => "scsi",
            Self::Sata => "sata",
            Self::Nvme => "nvme",
            Self::Ide => "ide",
        })
    }
}

/// The virtual hardware of a machine, `config.hardware`, reduced to disks and their controllers.
///
/// It says more than `config.hardware.device`, of which only the devices are kept: also what the disks lie on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct VirtualHardware {
    /// The disks and controllers.
    pub devices: Vec<VirtualDevice>,
    /// What the disks lie on, each with the [`key`](VirtualDevice::key) of its disk. A disk of which the server does not
    /// say it has none.
    pub backings: Vec<(i32, DiskBacking)>,
}

/// What a virtual disk lies on. Which fields there are depends on the kind of backing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct DiskBacking {
    /// Where its file is, such as `[datastore] folder/disk.vmdk`. For a raw device mapping that is the mapping file.
    pub file_name: Option<Box<str>>,
    /// Whether its space is allocated when it is first written to.
    pub thin_provisioned: Option<bool>,
    /// `VirtualDiskMode`, such as `persistent`.
    pub disk_mode: Option<Box<str>>,
    /// `VirtualDiskSharing`, such as `sharingNone`; from vSphere 6.0 on.
    pub sharing: Option<Box<str>>,
}

impl DiskBacking {
    /// The name of the datastore that the file is on, as the path spells it.
    pub fn datastore(&self) -> Option<&str> {
        let path = self.file_name.as_deref()?.strip_prefix('[')?;
        let (datastore, _) = path.split_once(']')?;
        Some(datastore).filter(|name| !name.is_empty())
    }
}

impl VirtualDevice {
    /// The instance under which the `virtualDisk` counters report this disk: `scsi0:0`.
    ///
    /// `devices` are those of the same machine. `None` unless this is a disk whose
    /// controller is among them.
    pub fn disk_instance(&self, devices: &[Self]) -> Option<String> {
        let VirtualDeviceKind::Disk { .. } = self.kind else {
            return None;
        };
        let controller_key = self.controller_key?;
        let unit_number = self.unit_number?;
        devices
            .iter()
            .find(|device| device.key == controller_key)
            .and_then(|device| {
                let VirtualDeviceKind::Controller { bus, bus_number } = device.kind else {
                    return None;
                };
                Some(format!("{bus}{bus_number}:{unit_number}"))
            })
    }
}
