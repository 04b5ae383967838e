//! `ArrayOfVirtualDevice` and `VirtualHardware`, of which only disks and their controllers are kept.

use crate::virtual_device::{
    ControllerBus, DiskBacking, VirtualDevice, VirtualDeviceKind, VirtualHardware,
};
use crate::xml::fast_path::integer_element;
use crate::xml::values::parse_boolean;
use crate::xml::{Cursor, DecodeError, Element};

pub(super) fn virtual_devices<'a>(
    cursor: &mut Cursor<'a>,
    array: &Element<'a>,
) -> Result<Vec<VirtualDevice>, DecodeError> {
    let mut devices = Vec::new();
    while let Some((element, class)) = next_device(cursor, array)? {
        let integers = fields::<false>(cursor, &element, &mut None)?;
        devices.extend(virtual_device(class, integers));
    }
    Ok(devices)
}

pub(super) fn virtual_hardware<'a>(
    cursor: &mut Cursor<'a>,
    hardware: &Element<'a>,
) -> Result<VirtualHardware, DecodeError> {
    let mut read = VirtualHardware::default();
    while let Some((element, class)) = next_device(cursor, hardware)? {
        let mut backing = None;
        let integers = fields::<true>(cursor, &element, &mut backing)?;
        let Some(device) = virtual_device(class, integers) else {
            continue;
        };
        read.backings
            .extend(backing.map(|backing| (device.key, backing)));
        read.devices.push(device);
    }
    Ok(read)
}

/// The next disk or controller among the children of an element.
fn next_device<'a>(
    cursor: &mut Cursor<'a>,
    parent: &Element<'a>,
) -> Result<Option<(Element<'a>, Class)>, DecodeError> {
    loop {
        // Most devices are neither disks nor their controllers.
        cursor.skip_unwanted(parent, |_, class| class.and_then(Class::of).is_some());
        let Some(element) = cursor.child(parent)? else {
            return Ok(None);
        };
        let class = cursor.xsi_type(&element)?;
        if let Some(class) = class.and_then(|class| Class::of(class.as_bytes())) {
            return Ok(Some((element, class)));
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

/// The fields that are read of every device, all of them integers.
const FIELDS: [&[u8]; 6] = [
    b"key",
    b"controllerKey",
    b"unitNumber",
    b"busNumber",
    b"capacityInKB",
    b"capacityInBytes",
];

/// The values of [`FIELDS`], in that order; `None` for what is missing or no such integer.
type Integers = [Option<i64>; FIELDS.len()];

/// `None` for a device that cannot be distinguished from others: one without a key, or a controller
/// without a number.
fn virtual_device(class: Class, integers: Integers) -> Option<VirtualDevice> {
    let [
        key,
        controller_key,
        unit_number,
        bus_number,
        kilobytes,
        bytes,
    ] = integers;
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
        (Class::Controller(_), None) => return None,
    };
    int(key).map(|key| VirtualDevice {
        key,
        controller_key: int(controller_key),
        unit_number: int(unit_number),
        kind,
    })
}

/// Reads the fields of a device; if `BACKING`, also what it lies on.
fn fields<'a, const BACKING: bool>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    backing: &mut Option<DiskBacking>,
) -> Result<Integers, DecodeError> {
    let is_backing = |name: &[u8]| BACKING && name == b"backing";
    let mut values = [None; FIELDS.len()];
    let mut set = |name: &[u8], value: i64| {
        for (field, place) in FIELDS.iter().zip(&mut values) {
            if *field == name {
                *place = Some(value);
            }
        }
    };
    loop {
        cursor.skip_unwanted(element, |name, _| {
            FIELDS.contains(&name) || is_backing(name)
        });
        if let Some((name, value)) = cursor.take_plain(element, integer_element) {
            set(name, value);
        } else if let Some(child) = cursor.child(element)? {
            let name = child.name().as_bytes();
            if is_backing(name) {
                *backing = Some(disk_backing(cursor, &child)?);
            } else if FIELDS.contains(&name)
                && let Some(value) = cursor.number_if(&child)?
            {
                set(name, value);
            }
        } else {
            return Ok(values);
        }
    }
}

/// A field that is none of its type is left out. The backing of a snapshot's disk holds that of the disk below as `parent`,
/// which is another file.
fn disk_backing<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<DiskBacking, DecodeError> {
    let mut backing = DiskBacking::default();
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "fileName" => backing.file_name = cursor.string_if(&child)?,
            "thinProvisioned" => {
                backing.thin_provisioned = cursor.value_if(&child, parse_boolean)?;
            }
            "diskMode" => backing.disk_mode = cursor.string_if(&child)?,
            "sharing" => backing.sharing = cursor.string_if(&child)?,
            _ => {}
        }
    }
    Ok(backing)
}
