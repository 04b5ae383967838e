//! The shape of a world, as its owner chooses it.

/// Shape of the inventory. The same options always give the same world.
#[derive(Debug, Clone)]
pub struct WorldOptions {
    /// Ordinary virtual machines, all powered on and sampled.
    pub vms: usize,
    /// Virtual disks of each of them.
    pub disks_per_vm: usize,
    /// Datacenters, at least one; `None` lets their number grow with that of the machines.
    pub datacenters: Option<usize>,
    /// Hosts of each datacenter, at least one: the first is a standalone host, the others form clusters.
    /// `None` lets their number grow with that of the machines.
    pub hosts_per_datacenter: Option<usize>,
    /// Hosts of each cluster, at least one.
    pub hosts_per_cluster: usize,
    /// Decides names, placement, disks and load, and which vCenter it is.
    pub seed: u64,
    /// Adds one VM of every unusual sort (see [`crate::VmTruth`]) on top of `vms`.
    pub oddities: bool,
}

impl WorldOptions {
    /// The defaults, with this many ordinary virtual machines.
    pub fn with_vms(vms: usize) -> Self {
        Self {
            vms,
            ..Self::default()
        }
    }
}

impl Default for WorldOptions {
    fn default() -> Self {
        Self {
            vms: 200,
            disks_per_vm: 2,
            datacenters: None,
            hosts_per_datacenter: None,
            hosts_per_cluster: 8,
            seed: 1,
            oddities: false,
        }
    }
}
