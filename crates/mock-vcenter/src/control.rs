//! The control endpoint: plain HTTP for people with curl and for programs that start the binary.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Serialize;
use tokio::net::TcpListener;

use crate::fault_rules::FaultRule;
use crate::server::MockVcenter;

/// Serves until its task is dropped: `GET /calls`, `POST /reset`, `GET /sessions`, `GET /truth`,
/// `POST /faults` (a [`FaultRule`] as JSON), `DELETE /faults`, `POST /drop-sessions`.
///
/// # Errors
/// The listener failed.
pub async fn serve(listener: TcpListener, mock: Arc<MockVcenter>) -> io::Result<()> {
    let router = Router::new()
        .route("/calls", get(async |State(mock): Mock| json(&mock.calls())))
        .route("/reset", post(async |State(mock): Mock| mock.reset_calls()))
        .route("/sessions", get(sessions))
        .route(
            "/drop-sessions",
            post(async |State(mock): Mock| mock.drop_sessions()),
        )
        .route(
            "/truth",
            get(async |State(mock): Mock| json(&mock.world().vms())),
        )
        .route(
            "/faults",
            post(add_fault).delete(async |State(mock): Mock| mock.clear_faults()),
        )
        .with_state(mock);
    axum::serve(listener, router).await
}

type Mock = State<Arc<MockVcenter>>;

#[derive(Serialize)]
struct Sessions {
    open: usize,
    /// Logins refused since the start.
    refused: u64,
}

async fn sessions(State(mock): Mock) -> Response {
    json(&Sessions {
        open: mock.open_sessions(),
        refused: mock.failed_logins(),
    })
}

async fn add_fault(State(mock): Mock, body: String) -> Response {
    match serde_json::from_str::<FaultRule>(&body) {
        Ok(rule) => {
            mock.add_fault(rule);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response(),
    }
}

fn json(value: &impl Serialize) -> Response {
    match serde_json::to_string(value) {
        Ok(body) => ([(CONTENT_TYPE, "application/json")], body).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
