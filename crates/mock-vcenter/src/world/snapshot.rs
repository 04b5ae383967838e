//! The world between two changes: what one call sees.
//!
//! Only hosts, clusters, folders and the like are stored. A virtual machine is computed from its
//! index, and its load from index and time, so that a hundred thousand of them cost nothing; on
//! top lies what changes have made of some of them.

use std::collections::HashMap;
use std::sync::Arc;

use super::alteration::{Alteration, Place};
use super::kind::Kind;
use super::object::{NodeId, Object};
use super::oddity::Oddity;
use super::options::WorldOptions;
use super::rights::Rights;
use super::topology::Topology;
use super::vm::{self, Vm};
use super::{chance, service};

/// An immutable state of the world; a change makes the next one.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    options: WorldOptions,
    pub(super) topology: Arc<Topology>,
    ordinary: u32,
    disk_count: u32,
    pub(super) alterations: HashMap<u32, Alteration>,
    /// Machines that changes have added; they come after all others.
    pub(super) created: u32,
    pub(super) rights: Rights,
    pub(super) history: History,
}

/// When what was changed, in numbers of changes since the start.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    pub(super) generation: u64,
    /// The last change that put an object elsewhere, added or removed one.
    pub(super) shape: u64,
    /// The last change that may show in every object.
    pub(super) rights: u64,
    /// The last change of each object that may show in its properties.
    pub(super) touched: HashMap<Object, u64>,
}

impl History {
    pub(super) fn all_changed(&mut self) {
        self.generation += 1;
        self.rights = self.generation;
        self.shape = self.generation;
    }
}

impl Snapshot {
    pub(super) fn new(options: WorldOptions) -> Self {
        let topology = Topology::new(&options);
        // More would exhaust the numbers of morefs; nobody asks for that.
        let ordinary = u32::try_from(options.vms)
            .unwrap_or(u32::MAX)
            .min(u32::MAX / 16);
        let disk_count = u32::try_from(options.disks_per_vm).unwrap_or(64).min(64);
        Self {
            options,
            topology: Arc::new(topology),
            ordinary,
            disk_count,
            alterations: HashMap::new(),
            created: 0,
            rights: Rights::default(),
            history: History::default(),
        }
    }

    pub(crate) fn seed(&self) -> u64 {
        self.options.seed
    }

    pub(crate) fn topology(&self) -> &Topology {
        &self.topology
    }

    /// Positions of all virtual machines, those of deleted ones among them.
    pub(crate) fn vm_indices(&self) -> std::ops::Range<u32> {
        let odd = if self.options.oddities {
            Oddity::ALL.len()
        } else {
            0
        };
        0..self
            .ordinary
            .saturating_add(u32::try_from(odd).unwrap_or(0))
            .saturating_add(self.created)
    }

    /// One virtual machine, unless it is deleted.
    pub(crate) fn vm(&self, index: u32) -> Option<Vm<'_>> {
        if !self.vm_indices().contains(&index) {
            return None;
        }
        let alteration = self.alteration(index);
        if alteration.is_some_and(|altered| altered.deleted) {
            return None;
        }
        let oddity = index
            .checked_sub(self.ordinary)
            .filter(|_| self.options.oddities)
            .and_then(|number| Oddity::ALL.get(number as usize).copied());
        let place = alteration
            .and_then(|altered| altered.place)
            .unwrap_or_else(|| self.first_place(index, oddity));
        Some(Vm {
            index,
            oddity,
            host: place.host,
            folder: place.folder,
            pool: place.pool,
            vapp: place.vapp,
            datastore: place.datastore,
            seed: self.options.seed,
            disk_count: self.disk_count,
            alteration,
        })
    }

    /// Whether lists of machines name it: it is there and the account may see it.
    pub(super) fn lists(&self, index: u32) -> bool {
        let deleted = |altered: &Alteration| altered.deleted;
        !self.alteration(index).is_some_and(deleted) && self.rights.shows_vm(index)
    }

    fn alteration(&self, index: u32) -> Option<&Alteration> {
        // Mostly nothing has changed, and this is asked for every machine of a list.
        if self.alterations.is_empty() {
            return None;
        }
        self.alterations.get(&index)
    }

    /// Where a machine is before anybody moves it.
    fn first_place(&self, index: u32, oddity: Option<Oddity>) -> Place {
        let hosts = &self.topology.hosts;
        let home = match oddity {
            Some(Oddity::SecludedHost) => self.topology.secluded_host,
            Some(Oddity::Disconnected) => self.topology.disconnected_host,
            Some(Oddity::InVApp) => self
                .topology
                .vapp
                .and_then(|vapp| self.topology.above(vapp, Kind::ComputeResource))
                .and_then(|c| self.topology.children_of(c, Kind::HostSystem).next()),
            _ => hosts.get(index as usize % hosts.len().max(1)).copied(),
        };
        let drawn = chance::draw(self.options.seed, u64::from(index), 0x91ace, 0);
        let compute = home.and_then(|host| self.topology.above(host, Kind::ComputeResource));
        let vapp = self
            .topology
            .vapp
            .filter(|_| oddity == Some(Oddity::InVApp));
        let folder = home
            .and_then(|host| self.topology.above(host, Kind::Datacenter))
            .and_then(|datacenter| self.topology.vm_folders.get(&datacenter))
            .and_then(|folders| chance::choose(drawn, folders))
            .filter(|_| vapp.is_none());
        let pool = if oddity == Some(Oddity::Template) {
            None
        } else {
            vapp.or_else(|| compute.and_then(|compute| self.pool_for(compute, drawn)))
        };
        let datastore = compute
            .and_then(|c| self.topology.get(c))
            .and_then(|c| c.datastore);
        Place {
            host: home.filter(|_| oddity != Some(Oddity::Orphaned)),
            folder,
            pool,
            vapp,
            datastore,
        }
    }

    /// Two in three VMs sit in the root pool, the others in the nested one where there is one.
    fn pool_for(&self, compute: NodeId, drawn: u64) -> Option<NodeId> {
        let root = self
            .topology
            .children_of(compute, Kind::ResourcePool)
            .next()?;
        if drawn.rotate_left(20).is_multiple_of(3) {
            return self
                .topology
                .children_of(root, Kind::ResourcePool)
                .next()
                .or(Some(root));
        }
        Some(root)
    }

    pub(crate) fn by_moref(&self, moref: &str) -> Option<Object> {
        if let Some(number) = moref.strip_prefix("vm-") {
            let index = number.parse::<u32>().ok()?.checked_sub(vm::FIRST_NUMBER)?;
            // A number spelt another way, such as `vm-01001`, is another id.
            let known = self.vm(index)?.moref() == moref;
            return known.then_some(Object::Vm(index));
        }
        self.topology
            .by_moref(moref)
            .map(Object::Node)
            .or_else(|| service::by_moref(moref))
    }

    pub(crate) fn kind(&self, object: Object) -> Kind {
        match object {
            // Ids of nodes come from the topology, so the node is always there.
            Object::Node(id) => self.topology.get(id).map_or(Kind::Folder, |node| node.kind),
            Object::Vm(_) => Kind::VirtualMachine,
            Object::Service(kind) => kind,
        }
    }

    pub(crate) fn moref(&self, object: Object) -> String {
        match object {
            Object::Node(id) => self
                .topology
                .get(id)
                .map(|n| n.moref.clone())
                .unwrap_or_default(),
            Object::Vm(index) => format!("vm-{}", vm::FIRST_NUMBER.saturating_add(index)),
            Object::Service(kind) => service::moref(kind).to_owned(),
        }
    }

    /// How often it has changed.
    pub(crate) fn generation(&self) -> u64 {
        self.history.generation
    }

    /// The last change after which other objects may be in views and lists than before.
    pub(crate) fn shape(&self) -> u64 {
        self.history.shape
    }

    /// The last change after which any property of any object may read differently.
    pub(crate) fn rights(&self) -> u64 {
        self.history.rights
    }

    /// Objects whose properties may have changed after some generation, in a fixed order.
    pub(crate) fn touched_since(&self, generation: u64) -> Vec<Object> {
        let touched = self.history.touched.iter();
        let mut since: Vec<Object> = touched
            .filter(|(_, last)| **last > generation)
            .map(|(object, _)| *object)
            .collect();
        since.sort_unstable();
        since
    }

    /// Notes that an object may have changed for a reason outside of the world.
    pub(crate) fn touch_service(&mut self, kind: Kind) {
        self.history.generation += 1;
        self.touch(Object::Service(kind));
    }

    pub(super) fn touch(&mut self, object: Object) {
        let generation = self.history.generation;
        self.history.touched.insert(object, generation);
    }

    /// Whether the object is (still) there.
    pub(crate) fn has(&self, object: Object) -> bool {
        match object {
            Object::Vm(index) => self.vm(index).is_some(),
            Object::Node(_) | Object::Service(_) => true,
        }
    }
}
