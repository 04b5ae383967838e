//! The exporter's own HTTP server. It only hands out what was published; it never waits for a cycle, and not long for
//! a client.

mod health;
mod landing_page;
mod metrics;
mod server;

use std::time::Duration;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::get;

use crate::publication::Publications;

pub use self::server::serve;

/// What the handlers need.
#[derive(Debug, Clone)]
pub struct HttpState {
    /// The latest publication.
    pub publications: Publications,
    /// Tells when a publication is stale.
    pub poll_interval: Duration,
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
        .with_state(state)
}
