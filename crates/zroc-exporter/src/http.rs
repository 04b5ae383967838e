//! The exporter's own HTTP server. It serves what was published: it never waits for a cycle, and not long for a client.

mod api;
mod guard;
mod health;
mod heavy;
mod landing_page;
mod lifecycle;
mod metrics;
pub mod negotiation;
mod planner;
mod server;
mod state;
pub mod web_config;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use self::guard::guard;

pub use self::api::openapi;
pub use self::heavy::Heavy;
pub use self::server::serve;
pub use self::state::HttpState;

async fn no_such_path() -> (StatusCode, &'static str) {
    (
        StatusCode::NOT_FOUND,
        "no such path; / lists those there are\n",
    )
}

async fn no_such_method() -> (StatusCode, &'static str) {
    (
        StatusCode::METHOD_NOT_ALLOWED,
        "only GET and HEAD are answered, and POST at /-/reload\n",
    )
}

/// All paths.
pub fn router(state: HttpState) -> Router {
    Router::new()
        .route("/", get(landing_page::landing_page))
        .route("/style.css", get(landing_page::style))
        .route("/metrics", get(metrics::metrics))
        .route("/health", get(health::health))
        .route("/healthz", get(health::health))
        .route("/ready", get(health::health))
        .route("/-/healthy", get(health::process_is_alive))
        .route("/-/ready", get(health::first_cycle_is_done))
        .route("/-/reload", post(lifecycle::reload))
        .merge(api::routes())
        .route("/planner", get(planner::page))
        .route("/planner.css", get(planner::style))
        .route("/planner.js", get(planner::script))
        .route("/planner/plan.json", get(planner::json))
        .route("/planner/plan.csv", get(planner::csv))
        .route("/planner/plan.xlsx", get(planner::xlsx))
        .route("/planner/report", get(planner::report))
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(from_fn_with_state(Arc::clone(&state.web_config), guard))
        .with_state(state)
}
