//! Properties of managed objects become records of the inventory, whether read as a whole or one change at a time.

use std::sync::Arc;

use planner_core::inventory::entities::{
    DiskSummary, Entities, EntityKind, ManagedEntity, VmRecord, decoded_name,
};
use planner_core::inventory::{ConnectionState, PowerState};
use planner_core::units::Bytes;
use vsphere_soap::{
    MissingProperty, MoRef, ObjectContent, ObjectUpdate, ObjectUpdateKind, PropertySpec,
    PropertyValue, VirtualDevice, VirtualDeviceKind,
};

/// The kinds of objects that the inventory is made of.
pub(super) const KINDS: [&str; 6] = [
    "VirtualMachine",
    "HostSystem",
    "ComputeResource",
    "Folder",
    "Datacenter",
    "VirtualApp",
];

/// The properties read of them.
pub(super) const PROPERTIES: [PropertySpec; 3] = [
    PropertySpec {
        kind: "ManagedEntity",
        paths: &["name", "parent"],
    },
    PropertySpec {
        kind: "VirtualMachine",
        paths: &[
            "runtime.host",
            "runtime.powerState",
            "runtime.connectionState",
            "parentVApp",
            "config.template",
            "config.managedBy",
            "config.hardware.device",
        ],
    },
    PropertySpec {
        kind: "VirtualApp",
        paths: &["parentFolder"],
    },
];

/// The most bytes of a name. vSphere allows 80 characters, some of which it escapes; longer names would only fill the memory.
const LONGEST_NAME: usize = 512;
/// The most bytes of a reference. Those of vSphere are far shorter. An object with a longer one is left out.
pub(super) const LONGEST_REFERENCE: usize = 256;

/// Takes an object as a whole. Returns how many bytes of text it kept.
pub(super) fn insert(entities: &mut Entities, object: ObjectContent) -> usize {
    let properties = object
        .properties
        .into_iter()
        .map(|property| (property.name, Some(property.value)));
    apply(entities, &object.obj, properties, object.missing)
}

/// Takes what has changed of an object. Returns how many bytes of text it kept.
pub(super) fn update(entities: &mut Entities, update: ObjectUpdate) -> usize {
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
    apply(entities, &update.obj, changes, update.missing)
}

fn apply(
    entities: &mut Entities,
    object: &MoRef,
    properties: impl Iterator<Item = (Box<str>, Option<PropertyValue>)>,
    missing: Vec<MissingProperty>,
) -> usize {
    if object.value().len() > LONGEST_REFERENCE {
        return 0;
    }
    let mut text_bytes = object.value().len();
    let properties = properties.inspect(|(_, value)| text_bytes += kept_bytes(value.as_ref()));
    match entity_kind(object.kind()) {
        None => {
            let (record, references) = entities.vm_and_references(object.value());
            for (path, value) in properties {
                let reference = match &value {
                    Some(PropertyValue::MoRef(moref))
                        if moref.value().len() <= LONGEST_REFERENCE =>
                    {
                        Some(references.shared(moref.value()))
                    }
                    _ => None,
                };
                record.denied.remove(&path);
                set_of_vm(record, &path, value, reference);
            }
            for missing in missing {
                set_of_vm(record, &missing.path, None, None);
                if missing.is_no_permission() && is_asked_for(&missing.path) {
                    record.denied.insert(missing.path);
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
        "parent" => entity.parent = reference(value),
        "parentFolder" => entity.folder = reference(value),
        _ => {}
    }
}

fn set_of_vm(
    record: &mut VmRecord,
    path: &str,
    value: Option<PropertyValue>,
    reference: Option<Arc<str>>,
) {
    match path {
        "name" => record.name = name(value),
        "parent" => record.parent = reference,
        "runtime.host" => record.host = reference,
        "parentVApp" => record.vapp = reference,
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
        _ => {}
    }
}

fn name(value: Option<PropertyValue>) -> Arc<str> {
    match value {
        Some(PropertyValue::String(name)) => decoded_name(beginning(&name)),
        _ => Arc::default(),
    }
}

fn reference(value: Option<PropertyValue>) -> Option<Box<str>> {
    match value {
        Some(PropertyValue::MoRef(moref)) if moref.value().len() <= LONGEST_REFERENCE => {
            Some(Box::from(moref.value()))
        }
        _ => None,
    }
}

/// As much of a text as is kept of it.
fn beginning(text: &str) -> &str {
    let mut end = text.len().min(LONGEST_NAME);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
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

fn is_asked_for(path: &str) -> bool {
    PROPERTIES.iter().any(|spec| spec.paths.contains(&path))
}
