//! Everything in the inventory that is not a virtual machine.

use std::collections::HashMap;

use super::kind::Kind;
use super::object::NodeId;
use super::options::WorldOptions;

/// Hosts, clusters, folders, datacenters, pools and datastores, and how they hang together.
#[derive(Debug, Clone)]
pub(crate) struct Topology {
    nodes: Vec<Node>,
    by_moref: HashMap<String, NodeId>,
    /// Hosts that ordinary VMs run on.
    pub(crate) hosts: Vec<NodeId>,
    /// Per datacenter (by its node), the folders that hold VMs.
    pub(crate) vm_folders: HashMap<NodeId, Vec<NodeId>>,
    /// The one vApp; only there when the world has oddities.
    pub(crate) vapp: Option<NodeId>,
    /// A host that is visible although its compute resource is not.
    pub(crate) secluded_host: Option<NodeId>,
    /// A host that vCenter has lost contact with.
    pub(crate) disconnected_host: Option<NodeId>,
}

/// One inventory object.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) moref: String,
    /// As on the wire, escapes included.
    pub(crate) name: String,
    pub(crate) parent: Option<NodeId>,
    /// In order of creation; what they are to the parent follows from their kinds.
    pub(crate) children: Vec<NodeId>,
    /// Compute resources: where their VMs are stored.
    pub(crate) datastore: Option<NodeId>,
    /// The account may not see it: left out of views, and `parent` of its children is withheld.
    hidden: bool,
    /// A rule forbids it as well.
    denied: bool,
}

impl Node {
    /// Whether the account may see it.
    pub(crate) fn visible(&self) -> bool {
        !self.hidden && !self.denied
    }
}

const CITIES: [&str; 8] = [
    "Berlin", "Lisbon", "Oslo", "Vienna", "Turin", "Ghent", "Malmo", "Porto",
];
const VMS_PER_HOST: usize = 25;
const VMS_PER_FOLDER: usize = 200;

/// The name of a datacenter; there are more of them than cities.
fn city(index: usize) -> String {
    let name = CITIES.get(index % CITIES.len()).copied().unwrap_or("City");
    match index / CITIES.len() {
        0 => name.to_owned(),
        round => format!("{name}-{}", round + 1),
    }
}

impl Topology {
    pub(crate) const ROOT: NodeId = NodeId(0);

    pub(crate) fn new(options: &WorldOptions) -> Self {
        let mut topology = Self {
            nodes: Vec::new(),
            by_moref: HashMap::new(),
            hosts: Vec::new(),
            vm_folders: HashMap::new(),
            vapp: None,
            secluded_host: None,
            disconnected_host: None,
        };
        topology.add(Kind::Folder, "group-d", "Datacenters", None);
        let grown = || (2 + options.vms / 5000).min(CITIES.len());
        let count = options.datacenters.unwrap_or_else(grown).max(1);
        let grown = || options.vms.div_ceil(VMS_PER_HOST * count).max(4);
        let hosts_each = options.hosts_per_datacenter.unwrap_or_else(grown).max(1);
        let folders_each = options.vms / VMS_PER_FOLDER / count;
        for index in 0..count {
            let city = &city(index);
            // Every second datacenter sits in a folder of its own.
            let above = if index % 2 == 1 {
                topology.add(
                    Kind::Folder,
                    "group-d",
                    &format!("Region {city}"),
                    Some(Self::ROOT),
                )
            } else {
                Self::ROOT
            };
            topology.add_datacenter(
                city,
                above,
                hosts_each,
                options.hosts_per_cluster.max(1),
                folders_each,
            );
        }
        if options.oddities {
            topology.add_oddities();
        }
        topology
    }

    fn add_datacenter(
        &mut self,
        city: &str,
        above: NodeId,
        hosts: usize,
        hosts_per_cluster: usize,
        extra_folders: usize,
    ) {
        let datacenter = self.add(Kind::Datacenter, "datacenter-", city, Some(above));
        let vm = self.add(Kind::Folder, "group-v", "vm", Some(datacenter));
        let host = self.add(Kind::Folder, "group-h", "host", Some(datacenter));
        let store = self.add(Kind::Folder, "group-s", "datastore", Some(datacenter));
        self.add(Kind::Folder, "group-n", "network", Some(datacenter));

        let apps = self.add(Kind::Folder, "group-v", "Apps", Some(vm));
        let web = self.add(Kind::Folder, "group-v", "Web", Some(apps));
        let mut folders = vec![vm, apps, web];
        for number in 1..=extra_folders {
            let name = format!("Team %2f {number:03}");
            folders.push(self.add(Kind::Folder, "group-v", &name, Some(apps)));
        }
        self.vm_folders.insert(datacenter, folders);

        let production = self.add(Kind::Folder, "group-h", "Production", Some(host));
        let domain = city.to_lowercase();
        let mut next_host = 1..=hosts;
        if let Some(number) = next_host.next() {
            let name = format!("esx{number:04}.{domain}.example.test");
            let compute = self.add_compute(Kind::ComputeResource, &name, host, store);
            let added = self.add(Kind::HostSystem, "host-", &name, Some(compute));
            self.hosts.push(added);
        }
        let mut cluster_number = 0;
        loop {
            let members: Vec<usize> = next_host.by_ref().take(hosts_per_cluster).collect();
            if members.is_empty() {
                break;
            }
            cluster_number += 1;
            let above = if cluster_number % 2 == 1 {
                production
            } else {
                host
            };
            let name = format!("{city} Cluster {cluster_number:02}");
            let cluster = self.add_compute(Kind::ClusterComputeResource, &name, above, store);
            for number in members {
                let name = format!("esx{number:04}.{domain}.example.test");
                let added = self.add(Kind::HostSystem, "host-", &name, Some(cluster));
                self.hosts.push(added);
            }
        }
    }

    /// A cluster or standalone resource with its root pool, a nested pool and a datastore.
    fn add_compute(&mut self, kind: Kind, name: &str, above: NodeId, store: NodeId) -> NodeId {
        let prefix = if kind == Kind::ClusterComputeResource {
            "domain-c"
        } else {
            "domain-s"
        };
        let compute = self.add(kind, prefix, name, Some(above));
        let pool = self.add(Kind::ResourcePool, "resgroup-", "Resources", Some(compute));
        if kind == Kind::ClusterComputeResource {
            self.add(Kind::ResourcePool, "resgroup-", "Gold", Some(pool));
        }
        let datastore = self.add(
            Kind::Datastore,
            "datastore-",
            &format!("store-{name}"),
            Some(store),
        );
        if let Some(node) = self.nodes.get_mut(compute.0 as usize) {
            node.datastore = Some(datastore);
        }
        compute
    }

    fn add_oddities(&mut self) {
        let Some(host_folder) = self.find(Kind::Folder, "host") else {
            return;
        };
        let Some(store) = self.find(Kind::Folder, "datastore") else {
            return;
        };
        if let Some(pool) = self.find(Kind::ResourcePool, "Gold") {
            self.vapp = Some(self.add(Kind::VirtualApp, "resgroup-v", "Shop", Some(pool)));
        }
        let name = "esx9001.example.test";
        let compute = self.add_compute(Kind::ComputeResource, name, host_folder, store);
        if let Some(node) = self.nodes.get_mut(compute.0 as usize) {
            node.hidden = true;
        }
        self.secluded_host = Some(self.add(Kind::HostSystem, "host-", name, Some(compute)));
        let name = "esx9002.example.test";
        let compute = self.add_compute(Kind::ComputeResource, name, host_folder, store);
        self.disconnected_host = Some(self.add(Kind::HostSystem, "host-", name, Some(compute)));
    }

    fn add(&mut self, kind: Kind, prefix: &str, name: &str, parent: Option<NodeId>) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        // vCenter numbers its objects in one sequence, whatever their type.
        let moref = format!("{prefix}{}", self.nodes.len() + 1);
        self.by_moref.insert(moref.clone(), id);
        let name = name.to_owned();
        self.nodes.push(Node {
            kind,
            moref,
            name,
            parent,
            children: Vec::new(),
            datastore: None,
            hidden: false,
            denied: false,
        });
        if let Some(above) = parent.and_then(|above| self.nodes.get_mut(above.0 as usize)) {
            above.children.push(id);
        }
        id
    }

    /// Hides the nodes that a rule is about, on top of those that are hidden already.
    pub(super) fn deny(&mut self, is_denied: impl Fn(NodeId) -> bool) {
        for (number, node) in (0..).zip(&mut self.nodes) {
            node.denied |= is_denied(NodeId(number));
        }
    }

    pub(super) fn allow_all(&mut self) {
        for node in &mut self.nodes {
            node.denied = false;
        }
    }

    /// Hangs a node elsewhere. Returns where it was.
    pub(super) fn reparent(&mut self, id: NodeId, parent: NodeId) -> Option<NodeId> {
        let before = self
            .nodes
            .get_mut(id.0 as usize)
            .and_then(|node| node.parent.replace(parent));
        if let Some(above) = before.and_then(|above| self.nodes.get_mut(above.0 as usize)) {
            above.children.retain(|child| *child != id);
        }
        if let Some(above) = self.nodes.get_mut(parent.0 as usize) {
            above.children.push(id);
        }
        before
    }

    pub(super) fn rename(&mut self, id: NodeId, wire_name: String) {
        if let Some(node) = self.nodes.get_mut(id.0 as usize) {
            node.name = wire_name;
        }
    }

    pub(crate) fn get(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0 as usize)
    }

    pub(crate) fn by_moref(&self, moref: &str) -> Option<NodeId> {
        self.by_moref.get(moref).copied()
    }

    fn find(&self, kind: Kind, name: &str) -> Option<NodeId> {
        self.ids().find(|id| {
            self.get(*id)
                .is_some_and(|n| n.kind == kind && n.name == name)
        })
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)).map(NodeId)
    }

    /// The children of one kind (or a kind derived from it) that the account may see.
    pub(crate) fn children_of(&self, id: NodeId, kind: Kind) -> impl Iterator<Item = NodeId> + '_ {
        self.get(id)
            .into_iter()
            .flat_map(|node| node.children.iter().copied())
            .filter(move |child| {
                self.get(*child)
                    .is_some_and(|c| c.visible() && c.kind.is_a(kind.name()))
            })
    }

    /// The node itself and its ancestors, nearest first.
    pub(crate) fn upwards(&self, id: NodeId) -> impl Iterator<Item = (NodeId, &Node)> {
        std::iter::successors(Some(id), |id| self.get(*id)?.parent)
            .filter_map(|id| Some((id, self.get(id)?)))
    }

    /// The first folder for machines in the datacenter around a node.
    pub(crate) fn root_vm_folder(&self, id: NodeId) -> Option<NodeId> {
        let datacenter = self.above(id, Kind::Datacenter)?;
        self.vm_folders.get(&datacenter)?.first().copied()
    }

    /// The nearest ancestor of a kind, the node itself included.
    pub(crate) fn above(&self, id: NodeId, kind: Kind) -> Option<NodeId> {
        self.upwards(id)
            .find(|(_, node)| node.kind.is_a(kind.name()))
            .map(|(id, _)| id)
    }
}
