//! The exporter's own HTTP server. It serves what was published: it never waits for a cycle, and not long for a client.

mod guard;
mod health;
mod landing_page;
mod metrics;
pub mod negotiation;
mod server;
mod state;
pub mod web_config;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;

use self::guard::guard;

pub use self::server::serve;
pub use self::state::HttpState;

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
