//! What the HTTP server shows: one immutable value per cycle.

use std::sync::Arc;

use tokio::sync::watch;

use crate::exposition::Pages;
use crate::status::VcenterStatus;

/// The state of collection after the latest cycle, ready to be served.
#[derive(Debug)]
pub struct Publication {
    /// The vCenters, in the order of the settings.
    pub vcenters: Vec<VcenterStatus>,
    /// The metrics pages.
    pub pages: Pages,
}

/// Where readers find the latest publication.
pub type Publications = watch::Receiver<Arc<Publication>>;
