//! The labels of VMs and disks, as a page has them.

use std::ops::Range;

use planner_core::inventory::Vm;
use planner_core::inventory::details::{CustomAttribute, DiskDetails};

use super::vm_families::VmValue;

/// Labels of one VM as they are written between the braces, in parts.
#[derive(Default)]
pub(super) struct Labels {
    /// Name, identity and place.
    vm: String,
    /// Where `vm_moref` and `vcenter` are among them.
    identity: Range<usize>,
    /// Empty, or more labels, each with the comma before it.
    further: String,
}

impl Labels {
    /// The labels that a series with such a value has, in parts.
    pub(super) fn of(&self, value: VmValue) -> [&str; 2] {
        match value {
            VmValue::Gauge(_) => self.placed(),
            VmValue::Counter(_) => self.lasting(),
        }
    }

    /// What says where the VM is now: a move or a new name begins a new series.
    pub(super) fn placed(&self) -> [&str; 2] {
        [&self.vm, &self.further]
    }

    /// What stays for the life of the VM.
    pub(super) fn lasting(&self) -> [&str; 2] {
        let identity = self.vm.get(self.identity.clone());
        [identity.unwrap_or_default(), &self.further]
    }

    pub(super) fn write_vm(&mut self, vm: &Vm, vcenter: Option<&str>) {
        self.drop_further();
        self.vm.clear();
        write_label(&mut self.vm, "vm_name", &vm.name);
        self.vm.push(',');
        let start = self.vm.len();
        write_label(&mut self.vm, "vm_moref", vm.id.as_str());
        if let Some(vcenter) = vcenter {
            self.vm.push(',');
            write_label(&mut self.vm, "vcenter", vcenter);
        }
        self.identity = start..self.vm.len();
        for (name, value) in [
            ("cluster", &vm.placement.cluster),
            ("host", &vm.placement.host),
            ("datacenter", &vm.placement.datacenter),
        ] {
            self.vm.push(',');
            write_label(&mut self.vm, name, value);
        }
    }

    pub(super) fn write_further(&mut self, name: &str, value: &str) {
        self.drop_further();
        self.add_further(name, value);
    }

    /// What the disk lies on.
    pub(super) fn write_disk(&mut self, disk: &DiskDetails) {
        let is_thin = match disk.is_thin {
            Some(true) => "true",
            Some(false) => "false",
            None => "",
        };
        self.drop_further();
        for (name, value) in [
            ("disk", &*disk.instance),
            ("datastore", &disk.datastore),
            ("thin", is_thin),
            ("mode", &disk.mode),
            ("sharing", &disk.sharing),
        ] {
            self.add_further(name, value);
        }
    }

    pub(super) fn write_attribute(&mut self, attribute: &CustomAttribute) {
        self.write_further("attribute", &attribute.name);
        self.add_further("value", &attribute.value);
    }

    fn add_further(&mut self, name: &str, value: &str) {
        self.further.push(',');
        write_label(&mut self.further, name, value);
    }

    pub(super) fn drop_further(&mut self) {
        self.further.clear();
    }
}

fn write_label(text: &mut String, name: &str, value: &str) {
    text.extend([name, "=\""]);
    for character in value.chars() {
        match character {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            other => text.push(other),
        }
    }
    text.push('"');
}
