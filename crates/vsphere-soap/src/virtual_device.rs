//! Virtual disks, their controllers, and the names under which vCenter files their statistics.

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
