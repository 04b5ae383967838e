//! What is asked of VMs only if the settings say so: what their disks lie on, and custom attributes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use planner_core::inventory::details::{CustomAttribute, DiskDetails};
use planner_core::inventory::entities::{SharedTexts, VmPlace};
use vsphere_soap::{CustomFieldValue, DiskBacking, VirtualHardware};

use super::bounds::beginning;

/// The most disks and controllers of a VM that are looked at. vSphere allows some 300.
const MOST_DEVICES: usize = 1_024;
/// The most bytes of a custom attribute's value. A longer one is a note rather than a label, and is left out.
const LONGEST_VALUE: usize = 256;
/// The most bytes of all values of custom attributes. Those beyond are left out.
const MOST_VALUE_BYTES: usize = 16 << 20;

/// Which custom attributes to keep of VMs: their names by key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wanted(pub(super) HashMap<i32, Arc<str>>);

pub(super) fn set_disks(vm: &mut VmPlace<'_>, hardware: &VirtualHardware) {
    let devices = hardware.devices.get(..MOST_DEVICES);
    let devices = devices.unwrap_or(&hardware.devices);
    let mut known = HashSet::new();
    let mut disks = Vec::new();
    for device in devices {
        let Some(instance) = device.disk_instance(devices) else {
            continue;
        };
        let mut backings = hardware.backings.iter().take(MOST_DEVICES);
        let backing = backings.find(|(key, _)| *key == device.key);
        let backing = backing.map(|(_, backing)| backing);
        let details = disk(vm.texts, &instance, backing);
        if known.insert(instance) {
            disks.push(details);
        }
    }
    vm.details.set_disks(vm.moref, disks.into());
}

fn disk(texts: &mut SharedTexts, instance: &str, backing: Option<&DiskBacking>) -> DiskDetails {
    let mut shared = |text: Option<&str>| texts.shared(beginning(text.unwrap_or_default()));
    DiskDetails {
        instance: shared(Some(instance)),
        datastore: shared(backing.and_then(DiskBacking::datastore)),
        is_thin: backing.and_then(|it| it.thin_provisioned),
        mode: shared(backing.and_then(|it| it.disk_mode.as_deref())),
        sharing: shared(backing.and_then(|it| it.sharing.as_deref())),
    }
}

/// An empty value counts as none.
pub(super) fn set_attributes(vm: &mut VmPlace<'_>, values: &[CustomFieldValue], wanted: &Wanted) {
    let mut attributes: Vec<CustomAttribute> = Vec::new();
    let mut too_long = 0;
    for CustomFieldValue { key, value } in values {
        let Some(name) = wanted.0.get(key).filter(|_| !value.is_empty()) else {
            continue;
        };
        if attributes.iter().any(|known| known.name == *name) {
            continue;
        }
        if value.len() > LONGEST_VALUE {
            too_long += 1;
            continue;
        }
        attributes.push(CustomAttribute {
            name: Arc::clone(name),
            value: vm.texts.shared(value),
        });
    }
    vm.details
        .set_attributes(vm.moref, attributes, too_long, MOST_VALUE_BYTES);
}

/// How much text is kept of disks, at most.
pub(super) fn bytes_of_disks(hardware: &VirtualHardware) -> usize {
    let length = |text: Option<&str>| text.map_or(0, |text| beginning(text).len());
    let backings = hardware.backings.iter().take(MOST_DEVICES);
    let bytes = backings.map(|(_, backing)| {
        let texts = [
            backing.datastore(),
            backing.disk_mode.as_deref(),
            backing.sharing.as_deref(),
        ];
        texts.into_iter().map(length).sum::<usize>()
    });
    bytes.sum()
}

/// How much text is kept of attributes, at most.
pub(super) fn bytes_of_attributes(values: &[CustomFieldValue]) -> usize {
    let lengths = values.iter().map(|it| it.value.len());
    lengths.filter(|length| *length <= LONGEST_VALUE).sum()
}
