//! Properties of managed objects become records of the inventory, whether read as a whole or one change at a time.

use std::sync::Arc;

use planner_core::inventory::entities::{
    DiskSummary, Entities, EntityKind, ManagedEntity, VmPlace, decoded_name,
};
use planner_core::inventory::{ConnectionState, PowerState};
use planner_core::units::Bytes;
use vsphere_soap::{
    MissingProperty, MoRef, ObjectContent, ObjectUpdate, ObjectUpdateKind, PropertySpec,
    PropertyValue, VirtualDevice, VirtualDeviceKind,
};

use super::bounds::{LONGEST_NAME, LONGEST_REFERENCE, beginning};
use super::details::{self, Wanted};

/// The kinds of objects that the inventory is made of.
pub(super) const KINDS: [&str; 6] = [
    "VirtualMachine",
    "HostSystem",
    "ComputeResource",
    "Folder",
    "Datacenter",
    "VirtualApp",
];

/// What is asked of VMs only if the settings say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extras {
    /// What their disks lie on.
    pub(super) disk_details: bool,
    /// Their custom attributes.
    pub(super) attributes: bool,
}

const ATTRIBUTES: &str = "customValue";
const OF_ENTITIES: [&str; 2] = ["name", "parent"];

/// The properties read of VMs, in two variants: with the list of devices, which is all that most need, or with the whole
/// hardware, of which the decoder reads what disks lie on.
const WITH_DEVICES: [&str; 8] = vm_paths("config.hardware.device");
const WITH_HARDWARE: [&str; 8] = vm_paths("config.hardware");

const fn vm_paths(devices: &'static str) -> [&'static str; 8] {
    [
        "runtime.host",
        "runtime.powerState",
        "runtime.connectionState",
        "parentVApp",
        "config.template",
        "config.managedBy",
        devices,
        ATTRIBUTES,
    ]
}

/// The properties read of objects.
pub(super) fn properties(extras: Extras) -> Vec<PropertySpec> {
    let all: &'static [&'static str] = if extras.disk_details {
        &WITH_HARDWARE
    } else {
        &WITH_DEVICES
    };
    let of_vms = match all {
        [usual @ .., _attributes] if !extras.attributes => usual,
        all => all,
    };
    let spec = |kind, paths: &'static [&'static str]| PropertySpec { kind, paths };
    vec![
        spec("ManagedEntity", &OF_ENTITIES),
        spec("VirtualMachine", of_vms),
        spec("VirtualApp", &["parentFolder"]),
    ]
}

/// Takes an object as a whole. Returns how many bytes of text it kept.
pub(super) fn insert(entities: &mut Entities, object: ObjectContent, wanted: &Wanted) -> usize {
    let properties = object
        .properties
        .into_iter()
        .map(|property| (property.name, Some(property.value)));
    apply(entities, &object.obj, properties, object.missing, wanted)
}

/// Takes what has changed of an object. Returns how many bytes of text it kept.
pub(super) fn update(entities: &mut Entities, update: ObjectUpdate, wanted: &Wanted) -> usize {
    match update.kind {
        ObjectUpdateKind::Leave => {
            entities.remove(update.obj.value());
            return 0;
        }
        ObjectUpdateKind::Enter => entities.remove(update.obj.value()),
        ObjectUpdateKind::Modify => {}
    }
    let changes = update
        .changes
        .into_iter()
        .map(|change| (change.name, change.value));
    apply(entities, &update.obj, changes, update.missing, wanted)
}

fn apply(
    entities: &mut Entities,
    object: &MoRef,
    properties: impl Iterator<Item = (Box<str>, Option<PropertyValue>)>,
    missing: Vec<MissingProperty>,
    wanted: &Wanted,
) -> usize {
    if object.value().len() > LONGEST_REFERENCE {
        return 0;
    }
    let mut text_bytes = object.value().len();
    let properties = properties.inspect(|(_, value)| text_bytes += kept_bytes(value.as_ref()));
    match entity_kind(object.kind()) {
        None => {
            let mut vm = entities.vm_place(object.value());
            for (path, value) in properties {
                vm.record.denied.remove(&path);
                set_of_vm(&mut vm, &path, value, wanted);
            }
            for missing in missing {
                set_of_vm(&mut vm, &missing.path, None, wanted);
                if missing.is_no_permission() && is_needed(&missing.path) {
                    vm.record.denied.insert(missing.path);
                }
            }
        }
        Some(kind) => {
            let entity = entities.managed_entity(object.value(), kind);
            properties.for_each(|(path, value)| set_of_managed_entity(entity, &path, value));
            let missing = missing.iter();
            missing.for_each(|missing| set_of_managed_entity(entity, &missing.path, None));
        }
    }
    text_bytes
}

/// How much text of a value is kept, at most.
fn kept_bytes(value: Option<&PropertyValue>) -> usize {
    match value {
        Some(PropertyValue::String(name)) => name.len().min(LONGEST_NAME),
        Some(PropertyValue::MoRef(moref)) => moref.value().len().min(LONGEST_REFERENCE),
        Some(PropertyValue::ManagedBy { extension_key, .. }) => {
            extension_key.len().min(LONGEST_NAME)
        }
        Some(PropertyValue::VirtualHardware(hardware)) => details::bytes_of_disks(hardware),
        Some(PropertyValue::CustomFieldValues(values)) => details::bytes_of_attributes(values),
        _ => 0,
    }
}

fn entity_kind(kind: &str) -> Option<EntityKind> {
    match kind {
        "VirtualMachine" => None,
        "HostSystem" => Some(EntityKind::Host),
        "ComputeResource" | "ClusterComputeResource" => Some(EntityKind::ComputeResource),
        "Datacenter" => Some(EntityKind::Datacenter),
        _ => Some(EntityKind::Other),
    }
}

/// A value of `None` is a property that is unset now.
fn set_of_managed_entity(entity: &mut ManagedEntity, path: &str, value: Option<PropertyValue>) {
    match path {
        "name" => entity.name = name(value),
        "parent" => entity.parent = reference(value, |moref| Box::from(moref)),
        "parentFolder" => entity.folder = reference(value, |moref| Box::from(moref)),
        _ => {}
    }
}

fn set_of_vm(vm: &mut VmPlace<'_>, path: &str, value: Option<PropertyValue>, wanted: &Wanted) {
    let VmPlace { record, texts, .. } = vm;
    let mut reference = |value| reference(value, |moref| texts.shared(moref));
    match path {
        "name" => record.name = name(value),
        "parent" => record.parent = reference(value),
        "runtime.host" => record.host = reference(value),
        "parentVApp" => record.vapp = reference(value),
        "runtime.powerState" => record.power_state = enumerated(value, PowerState::from_wire),
        "runtime.connectionState" => {
            record.connection_state =
                enumerated(value, ConnectionState::from_wire).unwrap_or_default();
        }
        "config.template" => {
            record.is_template = matches!(value, Some(PropertyValue::Boolean(true)));
        }
        "config.managedBy" => {
            record.managed_by = match value {
                Some(PropertyValue::ManagedBy { extension_key, .. }) => {
                    Some(Arc::from(beginning(&extension_key)))
                }
                _ => None,
            };
        }
        "config.hardware.device" => {
            record.disks = match value {
                Some(PropertyValue::VirtualDevices(devices)) => Some(disks(&devices)),
                _ => None,
            };
        }
        "config.hardware" => {
            let hardware = match value {
                Some(PropertyValue::VirtualHardware(hardware)) => Some(hardware),
                _ => None,
            };
            record.disks = hardware.as_ref().map(|it| disks(&it.devices));
            details::set_disks(vm, &hardware.unwrap_or_default());
        }
        ATTRIBUTES => {
            let values = match value {
                Some(PropertyValue::CustomFieldValues(values)) => values,
                _ => Vec::new(),
            };
            details::set_attributes(vm, &values, wanted);
        }
        _ => {}
    }
}

fn name(value: Option<PropertyValue>) -> Arc<str> {
    match value {
        Some(PropertyValue::String(name)) => decoded_name(beginning(&name)),
        _ => Arc::default(),
    }
}

fn reference<T>(value: Option<PropertyValue>, keep: impl FnOnce(&str) -> T) -> Option<T> {
    match value {
        Some(PropertyValue::MoRef(moref)) if moref.value().len() <= LONGEST_REFERENCE => {
            Some(keep(moref.value()))
        }
        _ => None,
    }
}

fn enumerated<T>(value: Option<PropertyValue>, read: fn(&str) -> Option<T>) -> Option<T> {
    match value {
        Some(PropertyValue::Enum { value, .. }) => read(&value),
        _ => None,
    }
}

fn disks(devices: &[VirtualDevice]) -> DiskSummary {
    let capacities = devices.iter().filter_map(|device| match device.kind {
        VirtualDeviceKind::Disk { capacity_bytes } => {
            let bytes = capacity_bytes.and_then(|bytes| u64::try_from(bytes).ok());
            Some(Bytes::new(bytes.unwrap_or(0)))
        }
        VirtualDeviceKind::Controller { .. } => None,
    });
    let count = capacities.clone().count();
    DiskSummary {
        count: u32::try_from(count).unwrap_or(u32::MAX),
        capacity: capacities.sum(),
    }
}

/// Whether a VM counts as one without permission if this property is withheld. Custom attributes alone are not needed.
fn is_needed(path: &str) -> bool {
    let is_known = |paths: &[&str]| paths.contains(&path);
    path != ATTRIBUTES
        && (is_known(&OF_ENTITIES) || is_known(&WITH_DEVICES) || is_known(&WITH_HARDWARE))
}
