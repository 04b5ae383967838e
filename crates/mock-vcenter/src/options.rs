//! What a caller chooses: the size of the world and the habits of the server.

use std::net::{Ipv4Addr, SocketAddr};

use crate::settings::Settings;
use crate::world::WorldOptions;

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
    /// A session unused for this many seconds is gone; 0 lets every session die at once.
    pub session_idle_seconds: u64,
    /// Added to the machine's clock to give this server's clock, in seconds, until it is set.
    pub clock_offset_seconds: i64,
    /// How much to compress answers for clients that accept gzip, from 1 to 9; `None` is not at all.
    pub gzip: Option<u32>,
    /// The habits to start with; they can be changed while it runs.
    pub settings: Settings,
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
            session_idle_seconds: 1800,
            clock_offset_seconds: 0,
            gzip: Some(1),
            settings: Settings::default(),
        }
    }
}
