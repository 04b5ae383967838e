//! References from object to object: what a traversal can follow.

use super::kind::Kind;
use super::object::{NodeId, Object};
use super::snapshot::Snapshot;
use super::topology::Topology;
use super::vm::Vm;

impl Snapshot {
    /// The objects that a reference property of `object` names, or `None` if its type has no such
    /// reference property. Views are not objects of the world; their owner resolves them.
    pub(crate) fn related(&self, object: Object, path: &str) -> Option<Vec<Object>> {
        let one = |id: Option<NodeId>| id.map(Object::Node).into_iter().collect();
        match object {
            Object::Service(_) => None,
            Object::Vm(index) => {
                let vm = self.vm(index)?;
                Some(match path {
                    "parent" => one(vm.folder),
                    "parentVApp" => one(vm.vapp),
                    "resourcePool" => one(vm.pool),
                    "runtime.host" | "summary.runtime.host" => one(vm.host),
                    "datastore" => one(vm.datastore),
                    "network" | "snapshot" => Vec::new(),
                    _ => return None,
                })
            }
            Object::Node(id) => self.related_to_node(id, path),
        }
    }

    fn related_to_node(&self, id: NodeId, path: &str) -> Option<Vec<Object>> {
        let topology = &self.topology;
        let node = topology.get(id)?;
        let children = |kind| topology.children_of(id, kind).map(Object::Node).collect();
        if path == "parent" {
            return Some(
                node.parent
                    .filter(|up| self.shows(*up))
                    .map(Object::Node)
                    .into_iter()
                    .collect(),
            );
        }
        // By id: folders of the system can be renamed like others.
        let own_folder = |prefix| {
            topology
                .children_of(id, Kind::Folder)
                .filter(|child| {
                    topology
                        .get(*child)
                        .is_some_and(|folder| folder.moref.starts_with(prefix))
                })
                .map(Object::Node)
                .collect()
        };
        let own_store = || {
            let compute = topology.above(id, Kind::ComputeResource);
            let store = compute
                .and_then(|c| topology.get(c))
                .and_then(|c| c.datastore);
            store.map(Object::Node).into_iter().collect()
        };
        Some(match (node.kind, path) {
            (Kind::Folder, "childEntity") => {
                let mut all: Vec<Object> = children(Kind::Folder);
                all.extend(topology.children_of(id, Kind::Datacenter).map(Object::Node));
                all.extend(
                    topology
                        .children_of(id, Kind::ComputeResource)
                        .map(Object::Node),
                );
                all.extend(topology.children_of(id, Kind::Datastore).map(Object::Node));
                all.extend(self.vms_where(|vm| vm.folder == Some(id)));
                all
            }
            (Kind::Datacenter, "vmFolder") => own_folder("group-v"),
            (Kind::Datacenter, "hostFolder") => own_folder("group-h"),
            (Kind::Datacenter, "datastoreFolder") => own_folder("group-s"),
            (Kind::Datacenter, "networkFolder") => own_folder("group-n"),
            (Kind::Datacenter, "datastore") => topology
                .children_of(id, Kind::Folder)
                .flat_map(|folder| topology.children_of(folder, Kind::Datastore))
                .map(Object::Node)
                .collect(),
            (Kind::ComputeResource | Kind::ClusterComputeResource, "host") => {
                children(Kind::HostSystem)
            }
            (
                Kind::ComputeResource
                | Kind::ClusterComputeResource
                | Kind::ResourcePool
                | Kind::VirtualApp,
                "resourcePool",
            ) => children(Kind::ResourcePool),
            (Kind::ResourcePool | Kind::VirtualApp, "owner") => topology
                .above(id, Kind::ComputeResource)
                .map(Object::Node)
                .into_iter()
                .collect(),
            (Kind::ResourcePool | Kind::VirtualApp, "vm") => {
                self.vms_where(|vm| vm.pool == Some(id))
            }
            (Kind::HostSystem, "vm") => self.vms_where(|vm| vm.host == Some(id)),
            (Kind::Datastore, "vm") => self.vms_where(|vm| vm.datastore == Some(id)),
            (
                Kind::ComputeResource | Kind::ClusterComputeResource | Kind::HostSystem,
                "datastore",
            ) => own_store(),
            (
                Kind::Datacenter
                | Kind::HostSystem
                | Kind::ComputeResource
                | Kind::ClusterComputeResource,
                "network",
            ) => Vec::new(),
            _ => return None,
        })
    }

    fn vms_where(&self, wanted: impl Fn(&Vm<'_>) -> bool) -> Vec<Object> {
        self.vm_indices()
            .filter(|index| self.lists(*index))
            .filter(|index| self.vm(*index).is_some_and(|vm| wanted(&vm)))
            .map(Object::Vm)
            .collect()
    }

    /// The machines of a host, also those that the account may not see.
    pub(crate) fn all_vms_on(&self, host: NodeId) -> Vec<Object> {
        self.vm_indices()
            .filter(|index| self.vm(*index).is_some_and(|vm| vm.host == Some(host)))
            .map(Object::Vm)
            .collect()
    }

    /// Everything below a container, as a container view lists it: all depths or the next one only.
    pub(crate) fn contents(&self, container: NodeId, recursive: bool) -> Vec<Object> {
        let topology = &self.topology;
        let inside = |id: NodeId| {
            let mut ancestors = topology.upwards(id).skip(1);
            if recursive {
                ancestors.any(|(up, _)| up == container)
            } else {
                ancestors.next().is_some_and(|(up, _)| up == container)
            }
        };
        let holds_vm = |vm: &Vm<'_>| {
            [vm.folder, vm.vapp, vm.pool, vm.host]
                .into_iter()
                .flatten()
                .any(|home| {
                    home == container
                        || (recursive && topology.upwards(home).any(|(up, _)| up == container))
                })
        };
        let mut all: Vec<Object> = topology
            .ids()
            .filter(|id| self.shows(*id))
            .filter(|id| inside(*id))
            .map(Object::Node)
            .collect();
        if container == Topology::ROOT {
            if recursive {
                let listed = self.vm_indices().filter(|index| self.lists(*index));
                all.extend(listed.map(Object::Vm));
            }
        } else {
            all.extend(self.vms_where(holds_vm));
        }
        all
    }
}
