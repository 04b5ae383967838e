//! Reads the inventory: property collector objects become entities.

use std::num::NonZeroU32;

use planner_core::entities::{ContainerKind, Entities, VmRecord};
use planner_core::inventory::{PowerState, VmId};
use planner_core::units::Bytes;
use vsphere_soap::{
    Client, ContainerView, Error, FaultKind, MoRef, ObjectContent, ObjectSelection,
    PropertyFilterSpec, PropertySpec, PropertyValue, VirtualDeviceKind,
};

/// Objects per page. vCenter may cut pages shorter.
const PAGE_OBJECTS: NonZeroU32 = NonZeroU32::new(500).unwrap();

const VIEWED_KINDS: [&str; 5] = [
    "VirtualMachine",
    "HostSystem",
    "ComputeResource",
    "Folder",
    "Datacenter",
];

const VM_PATHS: &[&str] = &[
    "runtime.host",
    "runtime.powerState",
    "config.template",
    "config.hardware.device",
];

/// Reads all objects below the root folder through one view.
pub(super) async fn load(client: &Client) -> Result<Entities, Error> {
    let session = client.session().await?;
    let root = &session.content().root_folder;
    let view = client
        .create_container_view(root, &VIEWED_KINDS, true)
        .await?;
    let entities = read(client, &view).await;
    match &entities {
        Err(error) if error.is_session_lost() => {}
        _ => client.destroy_view(view).await?,
    }
    entities
}

async fn read(client: &Client, view: &ContainerView) -> Result<Entities, Error> {
    let spec = PropertyFilterSpec {
        properties: vec![
            PropertySpec {
                kind: "ManagedEntity",
                paths: &["name", "parent"],
            },
            PropertySpec {
                kind: "VirtualMachine",
                paths: VM_PATHS,
            },
        ],
        objects: ObjectSelection::View(view.clone()),
    };
    let mut retrieval = client.retrieve_properties(spec, Some(PAGE_OBJECTS));
    let mut entities = Entities::new();
    while let Some(page) = retrieval.next_page().await? {
        for object in page {
            insert(&mut entities, object);
        }
    }
    Ok(entities)
}

fn insert(entities: &mut Entities, object: ObjectContent) {
    let kind = match object.obj.kind() {
        "VirtualMachine" => {
            let id = VmId::new(object.obj.value());
            entities.insert_vm(id, vm_record(object));
            return;
        }
        "HostSystem" => ContainerKind::Host,
        "ComputeResource" | "ClusterComputeResource" => ContainerKind::ComputeResource,
        "Datacenter" => ContainerKind::Datacenter,
        _ => ContainerKind::Other,
    };
    let (mut name, mut parent) = (None, None);
    for property in object.properties {
        match (&*property.name, property.value) {
            ("name", PropertyValue::String(value)) => name = Some(value),
            ("parent", PropertyValue::MoRef(value)) => parent = Some(value),
            _ => {}
        }
    }
    let parent = parent.as_ref().map(MoRef::value);
    entities.insert_container(object.obj.value(), kind, name.as_deref(), parent);
}

fn vm_record(object: ObjectContent) -> VmRecord {
    let mut record = VmRecord::default();
    for property in object.properties {
        match (&*property.name, property.value) {
            ("name", PropertyValue::String(value)) => record.name = Some(value.into()),
            ("parent", PropertyValue::MoRef(value)) => {
                record.parent = Some(value.value().to_owned());
            }
            ("runtime.host", PropertyValue::MoRef(value)) => {
                record.host = Some(value.value().to_owned());
            }
            ("runtime.powerState", PropertyValue::Enum { value, .. }) => {
                record.power_state = PowerState::from_wire(&value);
            }
            ("config.template", PropertyValue::Boolean(value)) => record.template = value,
            ("config.hardware.device", PropertyValue::VirtualDevices(devices)) => {
                let capacity = |kind| match kind {
                    VirtualDeviceKind::Disk { capacity_bytes } => Some(Bytes::new(
                        capacity_bytes
                            .and_then(|bytes| u64::try_from(bytes).ok())
                            .unwrap_or(0),
                    )),
                    VirtualDeviceKind::Controller { .. } => None,
                };
                record.disk_capacities = Some(
                    devices
                        .into_iter()
                        .filter_map(|device| capacity(device.kind))
                        .collect(),
                );
            }
            _ => {}
        }
    }
    record.permission_denied = object
        .missing
        .iter()
        .any(|missing| matches!(missing.fault.kind, FaultKind::NoPermission { .. }));
    record
}
