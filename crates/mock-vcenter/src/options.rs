//! What a caller chooses: the size of the world and the habits of the server.

use std::net::{Ipv4Addr, SocketAddr};

use crate::settings::Settings;

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
    /// The server's own cut of `WaitForUpdatesEx` answers, in objects. A client without
    /// `maxObjectUpdates` gets at most 100.
    pub update_limit: usize,
    /// See [`Settings::statistics_level`].
    pub statistics_level: u8,
    /// See [`Settings::max_query_metrics`].
    pub max_query_metrics: Option<i64>,
    /// A session unused for this many seconds is gone; 0 lets every session die at once.
    pub session_idle_seconds: u64,
    /// Added to the machine's clock to give this server's clock, in seconds, until it is set.
    pub clock_offset_seconds: i64,
    /// How much to compress answers for clients that accept gzip, from 1 to 9; `None` is not at all.
    pub gzip: Option<u32>,
    /// See [`Settings::aggregate_series`].
    pub aggregate_series: bool,
    /// See [`Settings::sample_lag_seconds`].
    pub sample_lag_seconds: u32,
    /// See [`Settings::inline_namespaces`].
    pub inline_namespaces: bool,
}

impl Options {
    /// The defaults, with this many ordinary virtual machines.
    pub fn with_vms(vms: usize) -> Self {
        Self {
            world: WorldOptions::with_vms(vms),
            ..Self::default()
        }
    }

    /// Adds one VM of every unusual sort; see [`WorldOptions::oddities`].
    #[must_use]
    pub fn with_oddities(mut self) -> Self {
        self.world.oddities = true;
        self
    }

    /// The settings to start with.
    pub(crate) fn settings(&self) -> Settings {
        Settings {
            statistics_level: self.statistics_level,
            max_query_metrics: self.max_query_metrics,
            aggregate_series: self.aggregate_series,
            sample_lag_seconds: self.sample_lag_seconds,
            inline_namespaces: self.inline_namespaces,
            counter_id_shift: 0,
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            world: WorldOptions::default(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            user: "administrator@vsphere.local".to_owned(),
            password: "mock-password".to_owned(),
            page_limit: 1000,
            update_limit: 1000,
            statistics_level: 1,
            max_query_metrics: None,
            session_idle_seconds: 1800,
            clock_offset_seconds: 0,
            gzip: Some(1),
            aggregate_series: false,
            sample_lag_seconds: 23,
            inline_namespaces: false,
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
    /// Datacenters, at least one; `None` lets their number grow with that of the machines.
    pub datacenters: Option<usize>,
    /// Hosts of each datacenter, at least one: the first stands alone, the others form clusters.
    /// `None` lets their number grow with that of the machines.
    pub hosts_per_datacenter: Option<usize>,
    /// Hosts of each cluster, at least one.
    pub hosts_per_cluster: usize,
    /// Decides names, placement, disks and load.
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
