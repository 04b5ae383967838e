//! `ArrayOfVirtualDevice`, of which only disks and their controllers are kept.

use crate::virtual_device::{ControllerBus, VirtualDevice, VirtualDeviceKind};
use crate::xml::fast_path::integer_element;
use crate::xml::{Cursor, DecodeError, Element};

pub(super) fn virtual_devices<'a>(
    cursor: &mut Cursor<'a>,
    array: &Element<'a>,
) -> Result<Vec<VirtualDevice>, DecodeError> {
    let mut devices = Vec::new();
    loop {
        // Most devices are neither disks nor their controllers.
        cursor.skip_unwanted(array, |_, class| class.and_then(Class::of).is_some());
        let Some(element) = cursor.child(array)? else {
            return Ok(devices);
        };
        let class = cursor.xsi_type(&element)?;
        if let Some(class) = class.and_then(|class| Class::of(class.as_bytes())) {
            devices.extend(virtual_device(cursor, &element, class)?);
        }
    }
}

#[derive(Clone, Copy)]
enum Class {
    Disk,
    Controller(ControllerBus),
}

impl Class {
    fn of(class: &[u8]) -> Option<Self> {
        match class {
            b"VirtualDisk" => Some(Self::Disk),
            other => controller_bus(other).map(Self::Controller),
        }
    }
}

/// The bus of a controller class. The server reports an abstract class for an adapter that is newer than the
/// API version of the session.
fn controller_bus(class: &[u8]) -> Option<ControllerBus> {
    match class {
        b"ParaVirtualSCSIController"
        | b"VirtualLsiLogicController"
        | b"VirtualLsiLogicSASController"
        | b"VirtualBusLogicController"
        | b"VirtualSCSIController" => Some(ControllerBus::Scsi),
        b"VirtualAHCIController" | b"VirtualSATAController" => Some(ControllerBus::Sata),
        b"VirtualNVMEController" => Some(ControllerBus::Nvme),
        b"VirtualIDEController" => Some(ControllerBus::Ide),
        _ => None,
    }
}

/// The fields that are read, all of them integers.
const FIELDS: [&[u8]; 6] = [
    b"key",
    b"controllerKey",
    b"unitNumber",
    b"busNumber",
    b"capacityInKB",
    b"capacityInBytes",
];

/// `None` for a device that cannot be distinguished from others: one without a key, or a controller
/// without a number.
fn virtual_device<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    class: Class,
) -> Result<Option<VirtualDevice>, DecodeError> {
    let [
        key,
        controller_key,
        unit_number,
        bus_number,
        kilobytes,
        bytes,
    ] = integer_fields(cursor, element)?;
    let int = |value: Option<i64>| value.and_then(|value| i32::try_from(value).ok());
    let kind = match (class, int(bus_number)) {
        (Class::Disk, _) => {
            let from_kilobytes = || kilobytes.and_then(|kilobytes| kilobytes.checked_mul(1024));
            VirtualDeviceKind::Disk {
                capacity_bytes: bytes.or_else(from_kilobytes),
            }
        }
        (Class::Controller(bus), Some(bus_number)) => {
            VirtualDeviceKind::Controller { bus, bus_number }
        }
        (Class::Controller(_), None) => return Ok(None),
    };
    Ok(int(key).map(|key| VirtualDevice {
        key,
        controller_key: int(controller_key),
        unit_number: int(unit_number),
        kind,
    }))
}

/// The values of [`FIELDS`], in that order; `None` for what is missing or no such integer.
fn integer_fields<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<[Option<i64>; FIELDS.len()], DecodeError> {
    let mut values = [None; FIELDS.len()];
    let mut set = |name: &[u8], value: i64| {
        for (field, place) in FIELDS.iter().zip(&mut values) {
            if *field == name {
                *place = Some(value);
            }
        }
    };
    loop {
        cursor.skip_unwanted(element, |name, _| FIELDS.contains(&name));
        if let Some((name, value)) = cursor.take_plain(element, integer_element) {
            set(name, value);
        } else if let Some(child) = cursor.child(element)? {
            let name = child.name().as_bytes();
            if FIELDS.contains(&name)
                && let Some(value) = cursor.number_if(&child)?
            {
                set(name, value);
            }
        } else {
            return Ok(values);
        }
    }
}
