//! Health as orchestrators and people ask for it.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use tokio::time::Instant;

use crate::publication::Publications;
use crate::status::CollectionStatus;

/// The answer of `/health`, field by field that of the predecessor.
#[derive(Debug, Serialize)]
pub(super) struct Health {
    status: &'static str,
    /// Unix time of the last successful cycle.
    last_collection_time: Option<f64>,
    last_collection_duration_seconds: Option<f64>,
    last_vm_count: usize,
    last_error: Option<String>,
    collection_cycles: u64,
    stale: bool,
}

/// `GET /health`, `/healthz` and `/ready`: 503 when an operator should look.
pub(super) async fn health(State(publications): State<Publications>) -> (StatusCode, Json<Health>) {
    let (status, poll_interval) = status(&publications);
    let now = Instant::now();
    let (code, word) = if status.is_degraded(now, poll_interval) {
        (StatusCode::SERVICE_UNAVAILABLE, "degraded")
    } else {
        (StatusCode::OK, "ok")
    };
    let success = status.last_success.as_ref();
    let health = Health {
        status: word,
        last_collection_time: success.map(|success| success.at.as_millisecond() as f64 / 1_000.0),
        last_collection_duration_seconds: success.map(|success| success.duration.as_secs_f64()),
        last_vm_count: success.map_or(0, |success| success.vms),
        collection_cycles: status.cycles,
        stale: status.is_stale(now, poll_interval),
        last_error: status.last_error.or_else(|| {
            let is_first = status.cycles == 0;
            is_first.then(|| "the first collection cycle has not ended yet".to_owned())
        }),
    };
    (code, Json(health))
}

/// The account of the vCenter, and the time between two cycles.
fn status(publications: &Publications) -> (CollectionStatus, Duration) {
    let publication = publications.borrow();
    let vcenter = publication.vcenters.first();
    vcenter
        .map(|vcenter| (vcenter.collection.clone(), vcenter.poll_interval))
        .unwrap_or_default()
}

/// `GET /-/healthy`: the process answers.
pub(super) async fn process_is_alive() -> &'static str {
    "zroc-exporter is alive\n"
}

/// `GET /-/ready`: there are values to scrape.
pub(super) async fn first_cycle_is_done(
    State(publications): State<Publications>,
) -> (StatusCode, &'static str) {
    let (status, _) = status(&publications);
    if status.last_success.is_some() {
        (StatusCode::OK, "zroc-exporter is ready\n")
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "no collection cycle has succeeded yet\n",
        )
    }
}
