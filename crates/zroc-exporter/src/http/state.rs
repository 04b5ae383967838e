//! What the handlers answer from.

use std::sync::Arc;

use axum::extract::FromRef;

use super::web_config::WebConfigSource;
use crate::publication::Publications;

/// What the handlers need.
#[derive(Debug, Clone)]
pub struct HttpState {
    /// The latest publication.
    pub publications: Publications,
    /// Who may ask.
    pub web_config: Arc<WebConfigSource>,
}

impl FromRef<HttpState> for Publications {
    fn from_ref(state: &HttpState) -> Self {
        state.publications.clone()
    }
}
