//! Virtual disks and the controllers they hang on, computed from the VM's index.

use super::chance::{choose, draw};
use super::span::Span;

/// The bus a disk hangs on; its name is the first part of the performance instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bus {
    Scsi,
    Nvme,
    Sata,
    Ide,
}

/// What a virtual disk lies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backing {
    /// A file that grows.
    Thin,
    /// A file of full size.
    Thick,
    /// A LUN, by a mapping file.
    RawDevice,
}

/// One virtual disk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Disk {
    /// Position among all disks the machine ever had; its load follows from it.
    pub(crate) number: u32,
    pub(crate) bus: Bus,
    /// Which controller of that bus.
    pub(crate) bus_number: u32,
    pub(crate) unit_number: u32,
    pub(crate) capacity_bytes: u64,
    /// When it was there; open at the end while it still is.
    pub(crate) span: Span,
}

impl Backing {
    /// `thinProvisioned`, which a raw device has not.
    pub(crate) fn is_thin(self) -> Option<bool> {
        match self {
            Self::Thin => Some(true),
            Self::Thick => Some(false),
            Self::RawDevice => None,
        }
    }

    /// `diskMode`.
    pub(crate) fn mode(self) -> &'static str {
        match self {
            Self::Thin | Self::Thick => "persistent",
            Self::RawDevice => "independent_persistent",
        }
    }

    /// `sharing`.
    pub(crate) fn sharing(self) -> &'static str {
        match self {
            Self::Thin | Self::Thick => "sharingNone",
            Self::RawDevice => "sharingMultiWriter",
        }
    }
}

impl Bus {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Scsi => "scsi",
            Self::Nvme => "nvme",
            Self::Sata => "sata",
            Self::Ide => "ide",
        }
    }

    /// Disks that one controller takes.
    fn units(self) -> u32 {
        match self {
            Self::Scsi | Self::Nvme => 15,
            Self::Sata => 30,
            Self::Ide => 2,
        }
    }

    /// Device key of the controller with bus number 0.
    fn controller_base(self) -> u32 {
        match self {
            Self::Scsi => 1000,
            Self::Nvme => 31000,
            Self::Sata => 15000,
            Self::Ide => 200,
        }
    }
}

impl Disk {
    /// The performance instance, such as `scsi0:0`.
    pub(crate) fn instance(&self) -> String {
        format!(
            "{}{}:{}",
            self.bus.name(),
            self.bus_number,
            self.unit_number
        )
    }

    /// What it lies on. The first disk of a machine is always a file.
    pub(crate) fn backing(&self, vm: u32) -> Backing {
        match vm.wrapping_add(self.number) % 4 {
            0 | 1 => Backing::Thin,
            3 if self.number > 0 => Backing::RawDevice,
            _ => Backing::Thick,
        }
    }

    pub(crate) fn key(&self) -> u32 {
        let (base, stride) = match self.bus {
            Bus::Scsi => (2000, 16),
            Bus::Nvme => (32000, 16),
            Bus::Sata => (16000, 30),
            Bus::Ide => (3000, 2),
        };
        base + stride * self.bus_number + self.unit_number
    }

    pub(crate) fn controller_key(&self) -> u32 {
        self.bus.controller_base() + self.bus_number
    }
}

/// The disks of one VM, in the order they were added.
pub(crate) fn disks(seed: u64, vm: u32, count: u32) -> impl Iterator<Item = Disk> {
    const SIZES_GIB: [u64; 8] = [16, 40, 60, 80, 100, 200, 500, 1000];
    let drawn = draw(seed, u64::from(vm), 0xd15c, 0);
    // First disk, then all others. The odd start of the SATA units leaves room for a CD drive.
    let (first, others) = match drawn % 20 {
        0..=1 => (Bus::Scsi, Bus::Nvme),
        2..=3 => (Bus::Scsi, Bus::Sata),
        4 => (Bus::Nvme, Bus::Nvme),
        5 => (Bus::Ide, Bus::Scsi),
        _ => (Bus::Scsi, Bus::Scsi),
    };
    (0..count).map(move |index| {
        let bus = if index == 0 { first } else { others };
        let before = if bus == first { index } else { index - 1 };
        let position = if bus == Bus::Sata { before + 1 } else { before };
        let (bus_number, unit) = (position / bus.units(), position % bus.units());
        // Unit 7 is the SCSI controller itself.
        let unit_number = if bus == Bus::Scsi && unit >= 7 {
            unit + 1
        } else {
            unit
        };
        let size = draw(seed, u64::from(vm), 0xca9, u64::from(index));
        let gib = choose(size, &SIZES_GIB).unwrap_or(16);
        // One in eight has a size that is not a whole number of GiB.
        let extra_kib = if size >> 61 == 0 { 512 } else { 0 };
        Disk {
            number: index,
            bus,
            bus_number,
            unit_number,
            capacity_bytes: (gib << 30) + (extra_kib << 10),
            span: Span::ALWAYS,
        }
    })
}
