//! Managed entities as vCenter describes them, each knowing only its parent, and how a VM's placement follows.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::entity_name;
use crate::inventory::{Inventory, Placement, PowerState, Vm, VmId};
use crate::units::Bytes;

/// The managed entities that say where a VM is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContainerKind {
    /// `HostSystem`.
    Host,
    /// `ComputeResource` or its subclass `ClusterComputeResource`.
    ComputeResource,
    /// `Datacenter`.
    Datacenter,
    /// `Folder`, and whatever else has a parent.
    Other,
}

/// A managed entity that holds VMs, hosts or folders.
#[derive(Debug, Clone)]
struct Container {
    kind: ContainerKind,
    name: Arc<str>,
    parent: Option<Box<str>>,
}

/// What vCenter says of one VM. Every property is optional: rights, or the VM's state, may withhold it.
#[derive(Debug, Clone, Default)]
pub struct VmRecord {
    /// `name`, still with vSphere's escapes.
    pub name: Option<String>,
    /// `runtime.host`: reference of the host.
    pub host: Option<String>,
    /// `parent`: reference of the VM folder; unset in a vApp.
    pub parent: Option<String>,
    /// `runtime.powerState`.
    pub power_state: Option<PowerState>,
    /// `config.template`.
    pub template: bool,
    /// Capacities of the disks in `config.hardware.device`; `None` when the list cannot be read.
    pub disk_capacities: Option<Vec<Bytes>>,
    /// Whether vCenter refused some property for lack of rights.
    pub permission_denied: bool,
}

#[derive(Debug, Clone)]
struct VmEntry {
    /// Its `name` was taken out, decoded, into the one below.
    record: VmRecord,
    name: Arc<str>,
}

/// The managed objects of one vCenter, by reference.
#[derive(Debug, Clone, Default)]
pub struct Entities {
    containers: HashMap<Box<str>, Container>,
    vms: HashMap<VmId, VmEntry>,
}

impl Entities {
    /// No objects yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces a host, compute resource, datacenter or folder. `name` still has vSphere's escapes.
    pub fn insert_container(
        &mut self,
        moref: &str,
        kind: ContainerKind,
        name: Option<&str>,
        parent: Option<&str>,
    ) {
        let container = Container {
            kind,
            name: decoded(name),
            parent: parent.map(Box::from),
        };
        self.containers.insert(Box::from(moref), container);
    }

    /// Adds or replaces a VM.
    pub fn insert_vm(&mut self, id: VmId, mut record: VmRecord) {
        let name = decoded(record.name.take().as_deref());
        self.vms.insert(id, VmEntry { record, name });
    }

    /// Finds every VM's placement by walking up the parents.
    pub fn resolve(&self, taken_at: Timestamp) -> Inventory {
        let mut by_host = HashMap::new();
        let vms = self
            .vms
            .iter()
            .map(|(id, entry)| self.resolve_vm(id, entry, &mut by_host));
        Inventory::new(vms.collect(), taken_at)
    }

    fn resolve_vm<'e>(
        &'e self,
        id: &VmId,
        entry: &'e VmEntry,
        by_host: &mut HashMap<&'e str, Placement>,
    ) -> Vm {
        let record = &entry.record;
        let mut placement = match record.host.as_deref() {
            Some(host) => by_host
                .entry(host)
                .or_insert_with(|| self.placement_on(host))
                .clone(),
            None => Placement::default(),
        };
        if placement.datacenter.is_empty() {
            placement.datacenter = self.datacenter_above(record.parent.as_deref());
        }
        let capacities = record.disk_capacities.as_ref();
        Vm {
            id: id.clone(),
            name: Arc::clone(&entry.name),
            placement,
            power_state: record.power_state,
            template: record.template,
            permission_denied: record.permission_denied,
            disks: capacities.map(|all| u32::try_from(all.len()).unwrap_or(u32::MAX)),
            provisioned: capacities.map(|all| all.iter().copied().sum()),
        }
    }

    fn placement_on(&self, host: &str) -> Placement {
        let Some(container) = self.containers.get(host) else {
            return Placement::default();
        };
        let parent = container.parent.as_deref();
        let compute_resource = parent
            .and_then(|parent| self.containers.get(parent))
            .filter(|parent| parent.kind == ContainerKind::ComputeResource);
        Placement {
            cluster: compute_resource
                .map(|found| Arc::clone(&found.name))
                .unwrap_or_default(),
            host: Arc::clone(&container.name),
            datacenter: self.datacenter_above(parent),
        }
    }

    /// Parents may be withheld, and hostile ones may form a loop, so no walk is longer than there are containers.
    fn datacenter_above(&self, start: Option<&str>) -> Arc<str> {
        let mut next = start;
        for _ in 0..=self.containers.len() {
            let Some(container) = next.and_then(|moref| self.containers.get(moref)) else {
                break;
            };
            if container.kind == ContainerKind::Datacenter {
                return Arc::clone(&container.name);
            }
            next = container.parent.as_deref();
        }
        Arc::default()
    }
}

fn decoded(name: Option<&str>) -> Arc<str> {
    Arc::from(entity_name::decode(name.unwrap_or_default()))
}
