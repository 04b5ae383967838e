//! `POST /-/reload`: what SIGHUP does, with an answer.

use axum::extract::State;
use axum::http::StatusCode;

use crate::reload_requests::ReloadRequests;

/// Answers when the settings are in force, or refused. Without `--web.enable-lifecycle` nobody can ask.
pub(super) async fn reload(State(requests): State<Option<ReloadRequests>>) -> (StatusCode, String) {
    let Some(requests) = requests else {
        let refusal = "Lifecycle API is not enabled.\n";
        return (StatusCode::FORBIDDEN, refusal.to_owned());
    };
    match requests.reload().await {
        Some(Ok(())) => (StatusCode::OK, "the settings were read again\n".to_owned()),
        Some(Err(reason)) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("the settings were not read again; those before stay in force: {reason}\n"),
        ),
        None => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the exporter is about to end\n".to_owned(),
        ),
    }
}
