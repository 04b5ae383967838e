//! What is known of VMs only because somebody asked for it: what their disks lie on, and custom attributes.

use std::collections::HashMap;
use std::sync::Arc;

/// What is known of one VM only because somebody asked for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VmDetails {
    /// The disks with a counter instance, each instance once.
    pub disks: Box<[DiskDetails]>,
    /// Custom attributes, each name once.
    pub attributes: Box<[CustomAttribute]>,
    /// Values of custom attributes that were asked for, but exceed a bound.
    pub attributes_left_out: usize,
}

/// What a virtual disk lies on. A text that is not known is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskDetails {
    /// vSphere's instance, as in the disk's statistics: bus, bus number and unit, such as `scsi0:0`.
    pub instance: Arc<str>,
    /// Name of the datastore.
    pub datastore: Arc<str>,
    /// Whether its space is allocated when it is first written to.
    pub is_thin: Option<bool>,
    /// vSphere's `VirtualDiskMode`, such as `persistent`.
    pub mode: Arc<str>,
    /// vSphere's `VirtualDiskSharing`, such as `sharingNone`.
    pub sharing: Arc<str>,
}

/// A VM's value of a custom attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomAttribute {
    /// The attribute's name.
    pub name: Arc<str>,
    /// The value; not empty.
    pub value: Arc<str>,
}

/// The details of all VMs. Nothing is kept of a VM without any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DetailsByVm {
    by_vm: HashMap<Box<str>, Arc<VmDetails>>,
    /// Bytes of all values of attributes.
    attribute_bytes: usize,
}

impl DetailsByVm {
    /// The details of a VM.
    pub fn get(&self, moref: &str) -> Option<&Arc<VmDetails>> {
        self.by_vm.get(moref)
    }

    /// Replaces what is known of a VM's disks.
    pub fn set_disks(&mut self, moref: &str, disks: Box<[DiskDetails]>) {
        self.change(moref, |details| details.disks = disks);
    }

    /// Replaces a VM's attributes. Those that would take all values together over `most_bytes` are left out, and counted with
    /// the `left_out` that exceed a bound already.
    pub fn set_attributes(
        &mut self,
        moref: &str,
        mut attributes: Vec<CustomAttribute>,
        mut left_out: usize,
        most_bytes: usize,
    ) {
        self.release(self.get(moref).map_or(0, |it| bytes(it)));
        let mut room = most_bytes.saturating_sub(self.attribute_bytes);
        attributes.retain(|attribute| {
            let rest = room.checked_sub(attribute.value.len());
            room = rest.unwrap_or(room);
            left_out += usize::from(rest.is_none());
            rest.is_some()
        });
        self.change(moref, |details| {
            details.attributes = attributes.into();
            details.attributes_left_out = left_out;
        });
        self.attribute_bytes += self.get(moref).map_or(0, |it| bytes(it));
    }

    /// Forgets a VM.
    pub(super) fn remove(&mut self, moref: &str) {
        if let Some(gone) = self.by_vm.remove(moref) {
            self.release(bytes(&gone));
        }
    }

    /// Takes over what is known of a VM that nothing is known of here.
    pub(super) fn copy_from(&mut self, other: &Self, moref: &str) {
        if let Some(details) = other.get(moref) {
            self.attribute_bytes += bytes(details);
            self.by_vm.insert(Box::from(moref), Arc::clone(details));
        }
    }

    fn release(&mut self, bytes: usize) {
        self.attribute_bytes = self.attribute_bytes.saturating_sub(bytes);
    }

    fn change(&mut self, moref: &str, change: impl FnOnce(&mut VmDetails)) {
        let mut details = self.by_vm.remove(moref).unwrap_or_default();
        change(Arc::make_mut(&mut details));
        if *details != VmDetails::default() {
            self.by_vm.insert(Box::from(moref), details);
        }
    }
}

fn bytes(details: &VmDetails) -> usize {
    let values = details.attributes.iter().map(|it| it.value.len());
    values.sum()
}
