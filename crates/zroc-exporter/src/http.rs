//! The exporter's own HTTP server. It only hands out what was published; it never waits for a cycle, and not long for
//! a client.

mod guard;
mod health;
mod landing_page;
mod metrics;
mod server;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::FromRef;
use axum::middleware::from_fn_with_state;
use axum::routing::get;

use crate::publication::Publications;
use crate::web_config::WebConfigSource;

use self::guard::guard;

pub use self::server::serve;

/// What the handlers need.
#[derive(Debug, Clone)]
pub struct HttpState {
    /// The latest publication.
    pub publications: Publications,
    /// Tells when a publication is stale.
    pub poll_interval: Duration,
    /// Who may ask.
    pub web_config: Arc<WebConfigSource>,
}

impl FromRef<HttpState> for Publications {
    fn from_ref(state: &HttpState) -> Self {
        state.publications.clone()
    }
}

/// All paths.
pub fn router(state: HttpState) -> Router {
    Router::new()
        .route("/", get(landing_page::landing_page))
        .route("/metrics", get(metrics::metrics))
        .route("/health", get(health::health))
        .route("/healthz", get(health::health))
        .route("/ready", get(health::health))
        .route("/-/healthy", get(health::process_is_alive))
        .route("/-/ready", get(health::first_cycle_is_done))
        .layer(from_fn_with_state(Arc::clone(&state.web_config), guard))
        .with_state(state)
}
