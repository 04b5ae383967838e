//! Managed entities as vCenter describes them, each knowing only its parent, and how a VM's placement follows.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::details::DetailsByVm;
use super::entity_name;
use super::filter::{Candidate, Filter};
use super::folder_paths::FolderPaths;
use super::{ConnectionState, FullReadStamp, Inventory, Placement, PowerState, Vm, VmId};
use crate::units::Bytes;
use crate::vm_map::VmMap;

/// What a managed entity is to the VMs below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntityKind {
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedEntity {
    /// What it is.
    pub kind: EntityKind,
    /// `name`, unescaped; empty when it cannot be read.
    pub name: Arc<str>,
    /// `parent`: reference of the entity above.
    pub parent: Option<Box<str>>,
    /// `parentFolder` of a vApp: reference of the VM folder it is in. Unset in another vApp.
    pub folder: Option<Box<str>>,
}

impl ManagedEntity {
    /// An entity of which nothing is known yet.
    pub fn new(kind: EntityKind) -> Self {
        Self {
            kind,
            name: Arc::default(),
            parent: None,
            folder: None,
        }
    }
}

/// What vCenter says of one VM. Every property is optional: rights, or the VM's state, may withhold it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VmRecord {
    /// `name`, unescaped; empty when it cannot be read.
    pub name: Arc<str>,
    /// `runtime.host`: reference of the host.
    pub host: Option<Arc<str>>,
    /// `parent`: reference of the VM folder; unset in a vApp.
    pub parent: Option<Arc<str>>,
    /// `parentVApp`: reference of the vApp.
    pub vapp: Option<Arc<str>>,
    /// `runtime.powerState`.
    pub power_state: Option<PowerState>,
    /// `runtime.connectionState`.
    pub connection_state: ConnectionState,
    /// `config.template`.
    pub is_template: bool,
    /// The disks in `config.hardware.device`; `None` when the list cannot be read.
    pub disks: Option<DiskSummary>,
    /// `config.managedBy.extensionKey`.
    pub managed_by: Option<Arc<str>>,
    /// The properties that vCenter refuses for lack of rights.
    pub denied: BTreeSet<Box<str>>,
}

/// A VM's virtual disks in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskSummary {
    /// How many there are.
    pub count: u32,
    /// Sum of their capacities.
    pub capacity: Bytes,
}

/// A managed entity's name as people know it, from the name that vCenter sends.
pub fn decoded_name(wire_name: &str) -> Arc<str> {
    Arc::from(entity_name::decode(wire_name))
}

/// The managed objects of one vCenter, by reference.
#[derive(Debug, Clone, Default)]
pub struct Entities {
    managed: HashMap<Box<str>, ManagedEntity>,
    vms: VmMap<VmRecord>,
    details: DetailsByVm,
    texts: SharedTexts,
}

/// Where something about a VM is kept.
#[derive(Debug)]
pub struct VmPlace<'e> {
    /// Its reference.
    pub moref: &'e str,
    /// What is always known.
    pub record: &'e mut VmRecord,
    /// What is known because somebody asked for it, of this VM and all others.
    pub details: &'e mut DetailsByVm,
    /// Where texts come from that VMs have in common, such as references to other objects.
    pub texts: &'e mut SharedTexts,
}

/// Texts that VMs have in common, each kept once.
#[derive(Debug, Clone, Default)]
pub struct SharedTexts {
    known: HashSet<Arc<str>>,
    /// How many texts were in use when unused ones were dropped last.
    in_use: usize,
}

/// The number of unused texts that may be kept, beside as many as are in use.
const UNUSED_TEXTS: usize = 1_000;

impl SharedTexts {
    /// The one copy of this text.
    pub fn shared(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.known.get(text) {
            return Arc::clone(known);
        }
        if self.known.len() >= 2 * self.in_use + UNUSED_TEXTS {
            self.known.retain(|known| Arc::strong_count(known) > 1);
            self.in_use = self.known.len();
        }
        let new: Arc<str> = Arc::from(text);
        self.known.insert(Arc::clone(&new));
        new
    }
}

/// Two values are equal if they hold the same objects.
impl PartialEq for Entities {
    fn eq(&self, other: &Self) -> bool {
        self.managed == other.managed && self.vms == other.vms && self.details == other.details
    }
}

impl Eq for Entities {}

impl Entities {
    /// No objects yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The host, compute resource, datacenter or folder of this reference; a new one if there was none.
    pub fn managed_entity(&mut self, moref: &str, kind: EntityKind) -> &mut ManagedEntity {
        self.managed
            .entry(Box::from(moref))
            .or_insert_with(|| ManagedEntity::new(kind))
    }

    /// The VM of this reference; a new one if there was none.
    pub fn vm(&mut self, moref: &str) -> &mut VmRecord {
        self.vms.entry(VmId::new(moref)).or_default()
    }

    /// The same VM, with what belongs to its record.
    pub fn vm_place<'e>(&'e mut self, moref: &'e str) -> VmPlace<'e> {
        VmPlace {
            moref,
            record: self.vms.entry(VmId::new(moref)).or_default(),
            details: &mut self.details,
            texts: &mut self.texts,
        }
    }

    /// Removes an object that is gone.
    pub fn remove(&mut self, moref: &str) {
        if self.vms.swap_remove(moref).is_none() {
            self.managed.remove(moref);
        } else {
            self.details.remove(moref);
        }
    }

    /// Makes one object what it is in `other`: removes it if it is not there.
    pub fn copy_from(&mut self, other: &Self, moref: &str) {
        self.remove(moref);
        if let Some((id, record)) = other.vms.get_key_value(moref) {
            self.vms.insert(id.clone(), record.clone());
            self.details.copy_from(&other.details, moref);
        } else if let Some(entity) = other.managed.get(moref) {
            self.managed.insert(Box::from(moref), entity.clone());
        }
    }

    /// How many objects are known, VMs among them.
    pub fn count(&self) -> usize {
        self.vms.len() + self.managed.len()
    }

    /// Bytes of all names, references and other texts. Takes a while: it looks at each object.
    pub fn text_bytes(&self) -> usize {
        let length = |text: &Option<Box<str>>| text.as_deref().map_or(0, str::len);
        let managed = self.managed.iter().map(|(moref, it)| {
            moref.len() + it.name.len() + length(&it.parent) + length(&it.folder)
        });
        let vms = self.vms.iter().map(|(id, it)| {
            let managed_by = it.managed_by.as_deref().map_or(0, str::len);
            id.as_str().len() + it.name.len() + managed_by
        });
        let texts = self.texts.known.iter().map(|it| it.len());
        managed.chain(vms).chain(texts).sum()
    }

    /// The references of the objects that are not the same in `other`, or in one of the two only. Details are not compared.
    pub fn differing<'e>(&'e self, other: &'e Self) -> impl Iterator<Item = &'e str> {
        let vms = self.vms.iter();
        let vms = vms.filter(|(id, record)| other.vms.get(*id) != Some(*record));
        let gone_vms = other.vms.keys();
        let gone_vms = gone_vms.filter(|id| !self.vms.contains_key(*id));
        let managed = self.managed.iter();
        let managed = managed.filter(|(moref, it)| other.managed.get(*moref) != Some(*it));
        let gone = other.managed.keys();
        let gone = gone.filter(|moref| !self.managed.contains_key(*moref));
        let vms = vms.map(|(id, _)| id).chain(gone_vms);
        let managed = managed.map(|(moref, _)| moref).chain(gone);
        vms.map(VmId::as_str).chain(managed.map(|moref| &**moref))
    }

    /// Whether no VM is known.
    pub fn has_no_vms(&self) -> bool {
        self.vms.is_empty()
    }

    /// Finds every VM's placement by walking up the parents, and whether the filter admits it.
    pub fn resolve(&self, filter: &Filter, full_read: FullReadStamp) -> Inventory {
        let mut walk = Walk {
            managed: &self.managed,
            details: &self.details,
            filter,
            by_host: HashMap::new(),
            folder_paths: FolderPaths::default(),
        };
        let vms = self.vms.iter().map(|(id, record)| walk.vm(id, record));
        Inventory::new(vms.collect(), full_read)
    }
}

/// One pass over all VMs. Placements are found once per host, paths once per folder.
struct Walk<'e> {
    managed: &'e HashMap<Box<str>, ManagedEntity>,
    details: &'e DetailsByVm,
    filter: &'e Filter,
    by_host: HashMap<&'e str, Arc<Placement>>,
    folder_paths: FolderPaths<'e>,
}

/// Folders nest a few levels deep. Hostile ones may form a ring.
const MOST_LEVELS: usize = 1_000;

impl<'e> Walk<'e> {
    fn vm(&mut self, id: &VmId, record: &'e VmRecord) -> Vm {
        let mut placement = match &record.host {
            Some(host) => self.placement_on(host),
            None => Arc::default(),
        };
        let folder = self.folder_of(record);
        if placement.datacenter.is_empty() {
            Arc::make_mut(&mut placement).datacenter = self.datacenter_above(folder);
        }
        let is_folder = |(_, entity): &(_, &ManagedEntity)| entity.kind == EntityKind::Other;
        let folders = levels(self.managed, folder).take_while(is_folder);
        let folders = folders.map(|(moref, entity)| (moref, &entity.name));
        let folder = self.folder_paths.path(folders);
        let admitted = self.filter.admits(Candidate {
            name: &record.name,
            cluster: &placement.cluster,
            datacenter: &placement.datacenter,
            folder: &folder,
        });
        Vm {
            id: id.clone(),
            name: Arc::clone(&record.name),
            placement,
            folder,
            power_state: record.power_state,
            connection_state: record.connection_state,
            is_template: record.is_template,
            managed_by: record.managed_by.clone(),
            is_filtered: !admitted,
            is_permission_denied: !record.denied.is_empty(),
            disks: record.disks.map(|disks| disks.count),
            provisioned: record.disks.map(|disks| disks.capacity),
            details: self.details.get(id.as_str()).cloned(),
        }
    }

    fn placement_on(&mut self, host: &'e Arc<str>) -> Arc<Placement> {
        if let Some(known) = self.by_host.get(&**host) {
            return Arc::clone(known);
        }
        let host_moref = Some(Arc::clone(host));
        let placement = match self.managed.get(&**host) {
            None => Placement {
                host_moref,
                ..Placement::default()
            },
            Some(entity) => {
                let parent = entity.parent.as_deref();
                let compute_resource = parent
                    .and_then(|parent| self.managed.get(parent))
                    .filter(|parent| parent.kind == EntityKind::ComputeResource);
                Placement {
                    host_moref,
                    cluster: compute_resource
                        .map(|found| Arc::clone(&found.name))
                        .unwrap_or_default(),
                    host: Arc::clone(&entity.name),
                    datacenter: self.datacenter_above(parent),
                }
            }
        };
        let placement = Arc::new(placement);
        self.by_host.insert(host, Arc::clone(&placement));
        placement
    }

    /// A VM in a vApp is in the folder of the vApp, or of the one around it.
    fn folder_of(&self, record: &'e VmRecord) -> Option<&'e str> {
        let of_vapp = || {
            self.upwards(record.vapp.as_deref())
                .find_map(|vapp| vapp.folder.as_deref())
        };
        record.parent.as_deref().or_else(of_vapp)
    }

    fn datacenter_above(&self, start: Option<&'e str>) -> Arc<str> {
        let is_datacenter = |entity: &&ManagedEntity| entity.kind == EntityKind::Datacenter;
        self.upwards(start)
            .find(is_datacenter)
            .map(|found| Arc::clone(&found.name))
            .unwrap_or_default()
    }

    fn upwards(&self, start: Option<&'e str>) -> impl Iterator<Item = &'e ManagedEntity> {
        levels(self.managed, start).map(|(_, entity)| entity)
    }
}

/// An entity and those above it, each with its reference.
///
/// Parents may be withheld, and hostile ones may form a ring, so no walk is longer than [`MOST_LEVELS`].
fn levels<'e>(
    managed: &'e HashMap<Box<str>, ManagedEntity>,
    start: Option<&'e str>,
) -> impl Iterator<Item = (&'e str, &'e ManagedEntity)> {
    let known = move |moref: &'e str| Some((moref, managed.get(moref)?));
    let above = move |(_, entity): &(&'e str, &'e ManagedEntity)| known(entity.parent.as_deref()?);
    std::iter::successors(start.and_then(known), above).take(MOST_LEVELS)
}
