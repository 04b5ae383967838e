//! What a caller chooses: the size of the world and the habits of the server.

use std::net::{Ipv4Addr, SocketAddr};

/// How the server listens, who may log in and which limits it has.
#[derive(Debug, Clone)]
pub struct Options {
    /// The inventory and workload to serve.
    pub world: WorldOptions,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The one account, compared without regard to case as vCenter does.
    pub user: String,
    /// Its password.
    pub password: String,
    /// The server's own cut of `RetrievePropertiesEx` pages, in objects; the client's `maxObjects`
    /// can only make pages smaller.
    pub page_limit: usize,
    /// Statistics level (1 to 4) of the 300 s interval: decides which roll-ups exist.
    pub statistics_level: u8,
    /// Value of the option `config.vpxd.stats.maxQueryMetrics`. `None` leaves it unset, which
    /// means a limit of 256; a value of 0 or less lifts the limit.
    pub max_query_metrics: Option<i64>,
    /// A session unused for this many seconds is gone; 0 lets every session die at once.
    pub session_idle_seconds: u64,
    /// Added to the machine's clock to give this server's clock, in seconds.
    pub clock_offset_seconds: i64,
    /// Whether to compress answers for clients that accept gzip.
    pub gzip: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            world: WorldOptions::default(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            user: "administrator@vsphere.local".to_owned(),
            password: "mock-password".to_owned(),
            page_limit: 1000,
            statistics_level: 1,
            max_query_metrics: None,
            session_idle_seconds: 1800,
            clock_offset_seconds: 0,
            gzip: true,
        }
    }
}

/// Shape of the inventory. The same options always give the same world.
#[derive(Debug, Clone)]
pub struct WorldOptions {
    /// Ordinary virtual machines, all powered on and sampled.
    pub vms: usize,
    /// Virtual disks of each of them.
    pub disks_per_vm: usize,
    /// Decides names, placement, disks and load.
    pub seed: u64,
    /// Adds one VM of every unusual sort (see [`crate::VmTruth`]) on top of `vms`.
    pub oddities: bool,
}

impl Default for WorldOptions {
    fn default() -> Self {
        Self {
            vms: 200,
            disks_per_vm: 2,
            seed: 1,
            oddities: false,
        }
    }
}
