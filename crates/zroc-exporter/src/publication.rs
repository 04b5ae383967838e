//! What collection hands to the HTTP server: one immutable value per cycle.

use std::io;
use std::sync::Arc;

use tokio::sync::watch;

use crate::exposition::{PageContent, Pages};
use crate::status::CollectionStatus;

/// The result of the last cycle, ready to be served.
#[derive(Debug)]
pub struct Publication {
    /// How collection goes.
    pub status: CollectionStatus,
    /// The metrics pages.
    pub pages: Pages,
}

impl Publication {
    /// Renders the pages on a thread of their own.
    ///
    /// # Errors
    /// When rendering fails or panics.
    pub async fn prepare(content: PageContent) -> io::Result<Self> {
        let status = content.status.clone();
        let rendering = tokio::task::spawn_blocking(move || Pages::render(content));
        let pages = rendering.await.map_err(io::Error::other)??;
        Ok(Self { status, pages })
    }
}

/// Where the latest publication is to be had.
pub type Publications = watch::Receiver<Arc<Publication>>;
