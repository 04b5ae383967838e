//! What the handlers answer from.

use std::sync::Arc;

use axum::extract::FromRef;

use super::web_config::WebConfigSource;
use crate::publication::Publications;
use crate::reload_requests::ReloadRequests;
use crate::self_metrics::ProcessHealth;

/// What the handlers need.
#[derive(Debug, Clone)]
pub struct HttpState {
    /// The latest publication.
    pub publications: Publications,
    /// How the process fares.
    pub process: ProcessHealth,
    /// Where a reload is asked for, if clients may.
    pub reload: Option<ReloadRequests>,
    /// Who may ask.
    pub web_config: Arc<WebConfigSource>,
}

impl FromRef<HttpState> for ProcessHealth {
    fn from_ref(state: &HttpState) -> Self {
        state.process.clone()
    }
}

impl FromRef<HttpState> for Publications {
    fn from_ref(state: &HttpState) -> Self {
        state.publications.clone()
    }
}

impl FromRef<HttpState> for Option<ReloadRequests> {
    fn from_ref(state: &HttpState) -> Self {
        state.reload.clone()
    }
}
