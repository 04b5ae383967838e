//! The virtual devices of a machine: the fixed ones, the controllers its disks need, the disks.

use crate::sight::Sight;
use crate::soap::{Fields, Items};
use crate::world::{Backing, Bus, Disk, Node, Vm, decoded};

/// Describes every device, in the order of a real list: controllers, small devices, disks.
pub(super) fn describe(sight: &Sight, vm: &Vm<'_>, items: &mut Items<'_>) {
    let disks: Vec<Disk> = vm.disks().collect();
    for number in 0..2 {
        items.data("VirtualIDEController", |f| {
            common(f, 200 + number, &format!("IDE {number}"), "IDE");
            f.int("busNumber", number);
            for disk in disks
                .iter()
                .filter(|disk| disk.controller_key() == 200 + number)
            {
                f.int("device", disk.key());
            }
        });
    }
    items.data("VirtualPS2Controller", |f| {
        common(f, 300, "PS2 controller 0", "PS2 controller 0");
        f.int("busNumber", 0);
        f.int("device", 600);
        f.int("device", 700);
    });
    items.data("VirtualPCIController", |f| {
        common(f, 100, "PCI controller 0", "PCI controller 0");
        f.int("busNumber", 0);
        f.int("device", 500);
        f.int("device", 12000);
    });
    items.data("VirtualSIOController", |f| {
        common(f, 400, "SIO controller 0", "SIO controller 0");
        f.int("busNumber", 0);
    });
    items.data("VirtualKeyboard", |f| {
        common(f, 600, "Keyboard", "Keyboard");
        plugged(f, 300, 0);
    });
    items.data("VirtualPointingDevice", |f| {
        common(f, 700, "Pointing device", "Pointing device; Device");
        plugged(f, 300, 1);
    });
    items.data("VirtualMachineVideoCard", |f| {
        common(f, 500, "Video card", "Video card");
        plugged(f, 100, 0);
        f.long("videoRamSizeInKB", 4096);
    });
    items.data("VirtualMachineVMCIDevice", |f| {
        common(
            f,
            12000,
            "VMCI device",
            "Communication interface of the virtual machine",
        );
        plugged(f, 100, 17);
    });
    items.data("VirtualVmxnet3", |f| {
        common(f, 4000, "Network adapter 1", "VM Network");
        plugged(f, 100, 7);
        f.string("addressType", "assigned");
        let [_, high, middle, low] = vm.index.to_be_bytes();
        f.string(
            "macAddress",
            &format!("00:50:56:{high:02x}:{middle:02x}:{low:02x}"),
        );
    });
    controllers(&disks, items);
    let datastore = vm.datastore.and_then(|id| sight.world().topology().get(id));
    for disk in &disks {
        items.data("VirtualDisk", |f| describe_disk(f, vm, disk, datastore));
    }
}

fn controllers(disks: &[Disk], items: &mut Items<'_>) {
    let mut done = Vec::new();
    for disk in disks {
        let key = disk.controller_key();
        let (kind, label) = match disk.bus {
            Bus::Scsi => ("ParaVirtualSCSIController", "SCSI"),
            Bus::Nvme => ("VirtualNVMEController", "NVME"),
            Bus::Sata => ("VirtualAHCIController", "SATA"),
            // Both IDE controllers are always there.
            Bus::Ide => continue,
        };
        if done.contains(&key) {
            continue;
        }
        done.push(key);
        items.data(kind, |f| {
            common(
                f,
                key,
                &format!("{label} controller {}", disk.bus_number),
                label,
            );
            plugged(f, 100, 3 + disk.bus_number);
            f.int("busNumber", disk.bus_number);
            for attached in disks.iter().filter(|other| other.controller_key() == key) {
                f.int("device", attached.key());
            }
            if disk.bus == Bus::Scsi {
                f.boolean("hotAddRemove", true);
                f.enumeration("sharedBus", "VirtualSCSISharing", "noSharing");
                f.int("scsiCtlrUnitNumber", 7);
            }
        });
    }
}

fn describe_disk(f: &mut Fields<'_>, vm: &Vm<'_>, disk: &Disk, datastore: Option<&Node>) {
    let number = disk.number + 1;
    let kib = disk.capacity_bytes >> 10;
    common(
        f,
        disk.key(),
        &format!("Hard disk {number}"),
        &format!("{kib} KB"),
    );
    describe_backing(f, vm, disk, datastore);
    plugged(f, disk.controller_key(), disk.unit_number);
    f.long("capacityInKB", kib);
    f.long("capacityInBytes", disk.capacity_bytes);
    f.string("diskObjectId", &format!("{}-{}", vm.index, disk.key()));
}

/// The fields of the API's types, in their order.
fn describe_backing(f: &mut Fields<'_>, vm: &Vm<'_>, disk: &Disk, datastore: Option<&Node>) {
    let backing = disk.backing(vm.index);
    let kind = match backing {
        Backing::Thin | Backing::Thick => "VirtualDiskFlatVer2BackingInfo",
        Backing::RawDevice => "VirtualDiskRawDiskMappingVer1BackingInfo",
    };
    let number = disk.number + 1;
    f.subtype("backing", kind, |f| {
        let folder = datastore.map(|node| decoded(&node.name));
        let folder = folder.unwrap_or_default();
        f.string(
            "fileName",
            &format!("[{folder}] {}/disk-{number}.vmdk", vm.moref()),
        );
        if let Some(node) = datastore {
            f.reference("datastore", "Datastore", &node.moref);
        }
        if backing == Backing::RawDevice {
            f.string("lunUuid", &format!("0200000000{:08x}", vm.index));
            f.string("deviceName", &format!("vml.{:08x}", vm.index));
            f.string("compatibilityMode", "physicalMode");
        }
        f.string("diskMode", backing.mode());
        if let Some(is_thin) = backing.is_thin() {
            f.boolean("split", false);
            f.boolean("writeThrough", false);
            f.boolean("thinProvisioned", is_thin);
        }
        f.string(
            "uuid",
            &format!("6000c290-{number:04x}-6d6f-636b-{:012x}", vm.index),
        );
        f.string("sharing", backing.sharing());
    });
}

fn common(f: &mut Fields<'_>, key: u32, label: &str, summary: &str) {
    f.int("key", key);
    f.data("deviceInfo", "Description", |f| {
        f.string("label", label);
        f.string("summary", summary);
    });
}

fn plugged(f: &mut Fields<'_>, controller_key: u32, unit: u32) {
    f.int("controllerKey", controller_key);
    f.int("unitNumber", unit);
}
