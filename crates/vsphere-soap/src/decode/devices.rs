//! `ArrayOfVirtualDevice`, of which only disks and their controllers are kept.

use crate::virtual_device::{ControllerBus, VirtualDevice, VirtualDeviceKind};
use crate::xml::{Cursor, DecodeError, Element};

pub(super) fn virtual_devices<'a>(
    cursor: &mut Cursor<'a>,
    array: &Element<'a>,
) -> Result<Vec<VirtualDevice>, DecodeError> {
    let mut devices = Vec::new();
    loop {
        // Most devices are neither disks nor their controllers.
        cursor.skip_typed(array, "VirtualDevice", |class| Class::of(class).is_some());
        let Some(element) = cursor.child(array)? else {
            return Ok(devices);
        };
        let class = cursor.xsi_type(&element)?;
        if let Some(class) = class.as_deref().and_then(Class::of) {
            devices.push(virtual_device(cursor, &element, class)?);
        }
    }
}

#[derive(Clone, Copy)]
enum Class {
    Disk,
    Controller(ControllerBus),
}

impl Class {
    fn of(class: &str) -> Option<Self> {
        match class {
            "VirtualDisk" => Some(Self::Disk),
            other => controller_bus(other).map(Self::Controller),
        }
    }
}

/// The bus of a controller class. The abstract classes stand for adapters that are newer than the
/// API version of the session.
fn controller_bus(class: &str) -> Option<ControllerBus> {
    match class {
        "ParaVirtualSCSIController"
        | "VirtualLsiLogicController"
        | "VirtualLsiLogicSASController"
        | "VirtualBusLogicController"
        | "VirtualSCSIController" => Some(ControllerBus::Scsi),
        "VirtualAHCIController" | "VirtualSATAController" => Some(ControllerBus::Sata),
        "VirtualNVMEController" => Some(ControllerBus::Nvme),
        "VirtualIDEController" => Some(ControllerBus::Ide),
        _ => None,
    }
}

fn virtual_device<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    class: Class,
) -> Result<VirtualDevice, DecodeError> {
    let mut key = None;
    let mut controller_key = None;
    let mut unit_number = None;
    let mut bus_number = None;
    let mut kilobytes: Option<i64> = None;
    let mut bytes = None;
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "key" => key = Some(cursor.int(&child)?),
            "controllerKey" => controller_key = Some(cursor.int(&child)?),
            "unitNumber" => unit_number = Some(cursor.int(&child)?),
            "busNumber" => bus_number = Some(cursor.int(&child)?),
            "capacityInKB" => kilobytes = Some(cursor.long(&child)?),
            "capacityInBytes" => bytes = Some(cursor.long(&child)?),
            _ => {}
        }
    }
    let kind = match class {
        Class::Disk => {
            let from_kilobytes = || kilobytes.and_then(|kilobytes| kilobytes.checked_mul(1024));
            VirtualDeviceKind::Disk {
                capacity_bytes: bytes.or_else(from_kilobytes),
            }
        }
        Class::Controller(bus) => {
            let bus_number = bus_number.ok_or_else(|| cursor.missing(element, "busNumber"))?;
            VirtualDeviceKind::Controller { bus, bus_number }
        }
    };
    let key = key.ok_or_else(|| cursor.missing(element, "key"))?;
    Ok(VirtualDevice {
        key,
        controller_key,
        unit_number,
        kind,
    })
}
