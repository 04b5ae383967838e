//! `GET /`: how collection goes, and where to go.

use axum::extract::State;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use jiff::Timestamp;
use tokio::time::Instant;

use super::heavy::Heavy;
use super::state::SettingsInForce;
use crate::landing::{Landing, STYLE};
use crate::publication::Publications;
use crate::self_metrics::ProcessHealth;

/// Pages load their style sheet from here, and nothing else from anywhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 4] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (CACHE_CONTROL, "no-store"),
];

pub(super) async fn landing_page(
    State(publications): State<Publications>,
    State(process): State<ProcessHealth>,
    State(settings): State<SettingsInForce>,
    State(heavy): State<Heavy>,
) -> Response {
    let rendering = heavy.run(move || {
        let (publication, settings) = (publications.borrow().clone(), settings.borrow().clone());
        let landing = Landing {
            vcenters: &publication.vcenters,
            settings: &settings,
            reload_problem: process.reload_problem(),
            at: Timestamp::now(),
            now: Instant::now(),
        };
        landing.render()
    });
    match rendering.await {
        Ok(Ok(page)) => (HEADERS, Html(page)).into_response(),
        Ok(Err(_)) | Err(_) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "the page could not be made; /health says how collection goes\n",
        )
            .into_response(),
    }
}

pub(super) async fn style() -> Response {
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, STYLE).into_response()
}
