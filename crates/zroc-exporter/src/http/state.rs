//! What the handlers answer from.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRef;

use super::web_config::WebConfigSource;
use crate::publication::Publications;

/// What the handlers need.
#[derive(Debug, Clone)]
pub struct HttpState {
    /// The latest publication.
    pub publications: Publications,
    /// Time between two cycles: a publication that is much older is stale.
    pub poll_interval: Duration,
    /// Who may ask.
    pub web_config: Arc<WebConfigSource>,
}

impl FromRef<HttpState> for Publications {
    fn from_ref(state: &HttpState) -> Self {
        state.publications.clone()
    }
}
