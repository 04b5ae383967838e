//! The inventory and workload behind the server: the truth that clients are to find.
//!
//! Only hosts, clusters, folders and the like are stored. A virtual machine is computed from its
//! index, and its load from index and time, so that a hundred thousand of them cost nothing.

mod chance;
mod disk;
mod kind;
mod name;
mod oddity;
mod relations;
mod series;
mod topology;
mod truth;
mod vm;
mod workload;

use jiff::Timestamp;

pub(crate) use disk::{Bus, Disk};
pub(crate) use kind::Kind;
pub(crate) use oddity::Oddity;
pub(crate) use series::{Series, boot_time};
pub(crate) use topology::{Node, Topology};
pub use truth::VmTruth;
pub(crate) use vm::Vm;
pub(crate) use workload::SAMPLE_SECONDS;

use crate::counters;
use crate::options::WorldOptions;

/// A seeded inventory with a deterministic load.
#[derive(Debug)]
pub struct World {
    options: WorldOptions,
    topology: Topology,
    ordinary: u32,
    disk_count: u32,
}

/// Position of an object in the topology.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NodeId(pub(crate) u32);

/// Any managed object a client can name, views aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Object {
    Node(NodeId),
    Vm(u32),
    /// One of the singletons of the service.
    Service(Kind),
}

impl World {
    /// Builds the world of some options.
    pub fn new(options: WorldOptions) -> Self {
        let topology = Topology::new(&options);
        // More would exhaust the numbers of morefs; nobody asks for that.
        let ordinary = u32::try_from(options.vms)
            .unwrap_or(u32::MAX)
            .min(u32::MAX / 16);
        let disk_count = u32::try_from(options.disks_per_vm).unwrap_or(64).min(64);
        Self {
            options,
            topology,
            ordinary,
            disk_count,
        }
    }

    /// The truth about every virtual machine, ordinary ones first.
    pub fn vms(&self) -> Vec<VmTruth> {
        self.vm_indices()
            .filter_map(|index| self.vm(index))
            .map(|vm| self.truth(&vm))
            .collect()
    }

    /// The 20 s sample of a disk stamped `at`, a multiple of 20 s. `counter` is
    /// `group.name.rollup`. `None` where the server leaves it out or sends -1.
    pub fn sample(
        &self,
        vm_moref: &str,
        instance: &str,
        counter: &str,
        at: Timestamp,
    ) -> Option<i64> {
        self.one_series(vm_moref, instance, counter)?
            .sample(at.as_second())
    }

    /// The roll-up of the 20 s samples in `(end - interval_seconds, end]`, rounded as the server
    /// sends it: the mean, the sum or the last one, as the counter's roll-up type says. Statistics
    /// levels play no part here.
    pub fn rollup(
        &self,
        vm_moref: &str,
        instance: &str,
        counter: &str,
        end: Timestamp,
        interval_seconds: i64,
    ) -> Option<i64> {
        self.one_series(vm_moref, instance, counter)?
            .rollup(end.as_second(), interval_seconds)
    }

    fn one_series(&self, vm_moref: &str, instance: &str, counter: &str) -> Option<Series> {
        let counter = counters::by_name(counter)?;
        let entity = self.by_moref(vm_moref)?;
        self.series(entity, &|candidate| candidate.id == counter.id)?
            .into_iter()
            .find(|series| series.instance == instance)
    }

    pub(crate) fn seed(&self) -> u64 {
        self.options.seed
    }

    pub(crate) fn topology(&self) -> &Topology {
        &self.topology
    }

    /// Positions of all virtual machines.
    pub(crate) fn vm_indices(&self) -> std::ops::Range<u32> {
        let odd = if self.options.oddities {
            Oddity::ALL.len()
        } else {
            0
        };
        0..self
            .ordinary
            .saturating_add(u32::try_from(odd).unwrap_or(0))
    }

    /// One virtual machine. This is the place where changes to the world will be looked up.
    pub(crate) fn vm(&self, index: u32) -> Option<Vm> {
        if !self.vm_indices().contains(&index) {
            return None;
        }
        let oddity = index
            .checked_sub(self.ordinary)
            .and_then(|number| Oddity::ALL.get(number as usize).copied());
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
        Some(Vm {
            index,
            oddity,
            host: home.filter(|_| oddity != Some(Oddity::Orphaned)),
            folder,
            pool,
            vapp,
            datastore,
            seed: self.options.seed,
            disk_count: self.disk_count,
        })
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
            .or_else(|| service_by_moref(moref))
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
            Object::Service(kind) => service_moref(kind).to_owned(),
        }
    }

    fn truth(&self, vm: &Vm) -> VmTruth {
        let topology = &self.topology;
        let name_of = |id: Option<NodeId>| {
            id.and_then(|id| topology.get(id))
                .map(|n| name::decoded(&n.name))
                .unwrap_or_default()
        };
        let above = |id: Option<NodeId>, kind| id.and_then(|id| topology.above(id, kind));
        let visible =
            |id: Option<NodeId>| id.filter(|id| topology.get(*id).is_some_and(|n| !n.hidden));
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
            host: name_of(vm.host),
            cluster: name_of(cluster),
            datacenter: name_of(datacenter),
            capacity_bytes: disks.iter().map(|disk| disk.capacity_bytes).collect(),
            instances: disks.iter().map(Disk::instance).collect(),
        }
    }
}

const SERVICES: [(Kind, &str); 6] = [
    (Kind::ServiceInstance, "ServiceInstance"),
    (Kind::PropertyCollector, "propertyCollector"),
    (Kind::ViewManager, "ViewManager"),
    (Kind::SessionManager, "SessionManager"),
    (Kind::PerformanceManager, "PerfMgr"),
    (Kind::OptionManager, "VpxSettings"),
];

fn service_moref(kind: Kind) -> &'static str {
    SERVICES
        .iter()
        .find(|(known, _)| *known == kind)
        .map_or("", |(_, moref)| moref)
}

fn service_by_moref(moref: &str) -> Option<Object> {
    SERVICES
        .iter()
        .find(|(_, known)| *known == moref)
        .map(|(kind, _)| Object::Service(*kind))
}

/// A number of its own for every entity, for drawing.
fn number(object: Object) -> u64 {
    match object {
        Object::Node(id) => (1 << 40) + u64::from(id.0),
        Object::Vm(index) => u64::from(index),
        Object::Service(_) => 1 << 41,
    }
}
