//! What one call sees.

use std::sync::Arc;

use jiff::Timestamp;

use crate::session::Session;
use crate::settings::Settings;
use crate::world::Snapshot;

/// The world and the server at the moment of a call. All properties are read from it.
#[derive(Debug)]
pub(crate) struct Sight {
    pub(crate) world: Arc<Snapshot>,
    pub(crate) settings: Settings,
    /// The server's clock.
    pub(crate) now: Timestamp,
    /// When the server started, by its own clock.
    pub(crate) started: Timestamp,
    /// The caller's session, if it is live.
    pub(crate) session: Option<Session>,
}

impl Sight {
    pub(crate) fn world(&self) -> &Snapshot {
        &self.world
    }
}
