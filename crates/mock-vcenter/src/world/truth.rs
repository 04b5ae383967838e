//! What a test compares a client's findings with.

use std::collections::BTreeMap;

use serde::Serialize;

use super::attribute;
use super::disk::Disk;
use super::kind::Kind;
use super::name;
use super::object::{NodeId, Object};
use super::snapshot::Snapshot;
use super::vm::Vm;

/// All that is publicly true of one virtual machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VmTruth {
    /// Managed object id, such as `vm-1001`.
    pub moref: String,
    /// The name an operator sees, escapes undone.
    pub name: String,
    /// The name as sent: `%`, `/` and `\` escaped.
    pub wire_name: String,
    /// Whether `runtime.powerState` is `poweredOn`.
    pub powered_on: bool,
    /// `runtime.connectionState`.
    pub connection_state: String,
    /// Whether it is a template.
    pub template: bool,
    /// Whether QueryPerf returns series for it.
    pub sampled: bool,
    /// Managed object id of its host; empty like the name.
    pub host_id: String,
    /// Name of its host; empty without one or if the account may not see it.
    pub host: String,
    /// Name of the compute resource above the host; empty if that cannot be read.
    pub cluster: String,
    /// Name of the nearest datacenter above the host, else above its folder.
    pub datacenter: String,
    /// Names of the folders that it is in, or that its vApp is in, from the datacenter down, joined by `/`. The
    /// datacenter's system folder does not count.
    pub folder: String,
    /// Capacity of each disk in bytes; empty if `config` is unset.
    pub capacity_bytes: Vec<u64>,
    /// Performance instance of each disk, such as `scsi0:0`, in the same order.
    pub instances: Vec<String>,
    /// What each disk lies on, in the same order.
    pub backings: Vec<BackingTruth>,
    /// Custom attributes by name.
    pub attributes: BTreeMap<String, String>,
}

/// What a disk lies on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BackingTruth {
    /// Name of the datastore of the file; empty without one.
    pub datastore: String,
    /// `thinProvisioned`, which a raw device has not.
    pub thin: Option<bool>,
    /// `diskMode`.
    pub mode: String,
    /// `sharing`.
    pub sharing: String,
}

impl Snapshot {
    pub(super) fn truth(&self, vm: &Vm<'_>) -> VmTruth {
        let topology = &self.topology;
        let name_of = |id: Option<NodeId>| {
            id.and_then(|id| topology.get(id))
                .map(|n| name::decoded(&n.name))
                .unwrap_or_default()
        };
        let above = |id: Option<NodeId>, kind| id.and_then(|id| topology.above(id, kind));
        let visible = |id: Option<NodeId>| id.filter(|id| self.shows(*id));
        let cluster = visible(above(vm.host, Kind::ComputeResource));
        let datacenter =
            above(cluster, Kind::Datacenter).or_else(|| above(vm.folder, Kind::Datacenter));
        let disks: Vec<_> = if vm.has_config() {
            vm.disks().collect()
        } else {
            Vec::new()
        };
        VmTruth {
            moref: vm.moref(),
            name: name::decoded(&vm.wire_name()),
            wire_name: vm.wire_name(),
            powered_on: vm.powered_on(),
            connection_state: vm.connection_state().to_owned(),
            template: vm.template(),
            sampled: vm.sampled(),
            host_id: visible(vm.host)
                .map(|id| self.moref(Object::Node(id)))
                .unwrap_or_default(),
            host: name_of(visible(vm.host)),
            cluster: name_of(cluster),
            datacenter: name_of(datacenter),
            folder: self.folder_path(vm),
            capacity_bytes: disks.iter().map(|disk| disk.capacity_bytes).collect(),
            instances: disks.iter().map(Disk::instance).collect(),
            backings: disks
                .iter()
                .map(|disk| {
                    let backing = disk.backing(vm.index);
                    BackingTruth {
                        datastore: name_of(vm.datastore),
                        thin: backing.is_thin(),
                        mode: backing.mode().to_owned(),
                        sharing: backing.sharing().to_owned(),
                    }
                })
                .collect(),
            attributes: attribute::named(vm.attributes()),
        }
    }

    fn folder_path(&self, vm: &Vm<'_>) -> String {
        let of_vapp = |vapp| self.topology.root_vm_folder(vapp);
        let Some(folder) = vm.vapp.and_then(of_vapp).or(vm.folder) else {
            return String::new();
        };
        let folders = self.topology.upwards(folder).map(|(_, node)| node);
        let mut names: Vec<_> = folders
            .take_while(|node| node.kind == Kind::Folder && node.visible())
            .map(|node| name::decoded(&node.name))
            .collect();
        names.pop();
        names.reverse();
        names.join("/")
    }
}
