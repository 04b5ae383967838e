//! The control endpoint: plain HTTP for people with curl and for programs that start the binary.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::fault_rules::FaultRule;
use crate::host_clocks::HostClock;
use crate::odd_samples::OddSamples;
use crate::script::RandomChanges;
use crate::server::MockVcenter;
#[cfg(doc)]
use crate::settings::Settings;
use crate::world::{Change, ChangeError, DenyRule};

/// Serves until its task is dropped: `GET /calls`, `POST /reset`, `GET /sessions`, `GET /truth`,
/// `GET /truth/bytes?vm=vm-1001&after=2026-01-01T00:00:00Z&until=2026-01-01T01:00:00Z`,
/// `POST /faults` (a [`FaultRule`] as JSON), `DELETE /faults`, `POST /drop-sessions`,
/// `POST /changes` (an array of [`Change`]s, answered by the ids of what was changed; it stops at
/// the first that cannot be made), `POST /random-changes` (`{"seed": 1, "count": 20}`, answered by the
/// changes that were made), `POST /deny` (a [`DenyRule`]), `DELETE /deny`, `POST /clock` (`{"advance_seconds": 1200}` or
/// `{"offset_seconds": 0}`), `POST /host-clocks` (a [`HostClock`]), `DELETE /host-clocks` (sets all of them right),
/// `POST /odd-samples` ([`OddSamples`]), `DELETE /odd-samples`, `GET /settings`, `POST /settings` (any of [`Settings`]'
/// fields).
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
        .route("/truth/bytes", get(bytes_written))
        .route("/changes", post(change))
        .route("/random-changes", post(change_at_random))
        .route(
            "/deny",
            post(deny).delete(async |State(mock): Mock| mock.clear_denials()),
        )
        .route("/clock", post(set_clock))
        .route(
            "/host-clocks",
            post(set_host_clock).delete(async |State(mock): Mock| mock.set_host_clocks_right()),
        )
        .route(
            "/odd-samples",
            post(add_odd_samples).delete(async |State(mock): Mock| mock.clear_odd_samples()),
        )
        .route(
            "/settings",
            get(async |State(mock): Mock| json(&mock.settings())).post(change_settings),
        )
        .with_state(mock);
    axum::serve(listener, router).await
}

type Mock = State<Arc<MockVcenter>>;

#[derive(Serialize)]
struct Sessions {
    open: usize,
    /// The most at the same time since the start or the last reset.
    most: usize,
    /// Logins refused since the start.
    refused: u64,
}

async fn sessions(State(mock): Mock) -> Response {
    json(&Sessions {
        open: mock.open_sessions(),
        most: mock.most_open_sessions(),
        refused: mock.failed_logins(),
    })
}

async fn add_fault(State(mock): Mock, body: String) -> Result<StatusCode, Refused> {
    mock.add_fault(serde_json::from_str::<FaultRule>(&body)?);
    Ok(StatusCode::NO_CONTENT)
}

async fn change(State(mock): Mock, body: String) -> Result<Response, Refused> {
    let changes: Vec<Change> = serde_json::from_str(&body)?;
    let morefs = changes
        .iter()
        .map(|change| mock.apply(change))
        .collect::<Result<Vec<String>, _>>()?;
    Ok(json(&morefs))
}

async fn change_at_random(State(mock): Mock, body: String) -> Result<Response, Refused> {
    let RandomChanges { seed, count } = serde_json::from_str(&body)?;
    let changes = mock.random_changes(seed, count);
    for change in &changes {
        mock.apply(change)?;
    }
    Ok(json(&changes))
}

async fn deny(State(mock): Mock, body: String) -> Result<StatusCode, Refused> {
    mock.deny(&serde_json::from_str::<DenyRule>(&body)?)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum SetClock {
    AdvanceSeconds(i64),
    OffsetSeconds(i64),
}

async fn set_clock(State(mock): Mock, body: String) -> Result<Response, Refused> {
    match serde_json::from_str(&body)? {
        SetClock::AdvanceSeconds(seconds) => mock.advance_clock(seconds),
        SetClock::OffsetSeconds(seconds) => mock.set_clock_offset(seconds),
    }
    Ok(json(&mock.now().to_string()))
}

async fn set_host_clock(State(mock): Mock, body: String) -> Result<StatusCode, Refused> {
    mock.set_host_clock(&serde_json::from_str::<HostClock>(&body)?)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn add_odd_samples(State(mock): Mock, body: String) -> Result<StatusCode, Refused> {
    mock.add_odd_samples(serde_json::from_str::<OddSamples>(&body)?);
    Ok(StatusCode::NO_CONTENT)
}

async fn change_settings(State(mock): Mock, body: String) -> Result<Response, Refused> {
    let settings = mock.settings().merged(&serde_json::from_str(&body)?)?;
    mock.set_settings(settings);
    Ok(json(&settings))
}

#[derive(Deserialize)]
struct Period {
    vm: String,
    /// One disk only, by its performance instance.
    disk: Option<String>,
    after: String,
    until: String,
}

/// More samples than this are not summed in one request.
const LONGEST_PERIOD: SignedDuration = SignedDuration::from_hours(24 * 31);

async fn bytes_written(
    State(mock): Mock,
    Query(period): Query<Period>,
) -> Result<Response, Refused> {
    let (after, until): (Timestamp, Timestamp) = (period.after.parse()?, period.until.parse()?);
    if until.duration_since(after) > LONGEST_PERIOD {
        return Err(Refused::TooLong);
    }
    let world = mock.world();
    let written = match &period.disk {
        None => world.bytes_written(&period.vm, after, until),
        Some(disk) => world.disk_bytes_written(&period.vm, disk, after, until),
    };
    written
        .map(|written| json(&written))
        .ok_or(Refused::Unknown)
}

/// Why a request was not carried out; the text is sent.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    #[error("{0}")]
    Time(#[from] jiff::Error),
    #[error("{0}")]
    Change(#[from] ChangeError),
    #[error("at most {LONGEST_PERIOD} can be asked for")]
    TooLong,
    #[error("there is no such machine or disk")]
    Unknown,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::Change(_) => StatusCode::CONFLICT,
            Self::Json(_) | Self::Time(_) | Self::TooLong => StatusCode::BAD_REQUEST,
        };
        (status, format!("{self}\n")).into_response()
    }
}

fn json(value: &impl Serialize) -> Response {
    match serde_json::to_string(value) {
        Ok(body) => ([(CONTENT_TYPE, "application/json")], body).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
