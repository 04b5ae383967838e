//! Lets in who may ask, and puts on every answer the headers that the web config asks for.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::web_config::{Refusal, WebConfigSource};

pub(super) async fn guard(
    State(web_config): State<Arc<WebConfigSource>>,
    request: Request,
    next: Next,
) -> Response {
    let config = web_config.current().await;
    let mut response = match config.users.admit(request.headers()).await {
        Ok(()) => next.run(request).await,
        Err(refusal) => refused(refusal),
    };
    for (name, value) in &config.headers {
        response.headers_mut().insert(name, value.clone());
    }
    response
}

fn refused(refusal: Refusal) -> Response {
    match refusal {
        Refusal::Unauthorized => (
            StatusCode::UNAUTHORIZED,
            [(
                WWW_AUTHENTICATE,
                "Basic realm=\"zroc-exporter\", charset=\"UTF-8\"",
            )],
            "a user of WEB_CONFIG_FILE and the password are needed\n",
        )
            .into_response(),
        Refusal::Busy => (
            StatusCode::SERVICE_UNAVAILABLE,
            [(RETRY_AFTER, "10")],
            "too many passwords are waiting to be verified\n",
        )
            .into_response(),
        Refusal::Unverified => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "the password could not be verified\n",
        )
            .into_response(),
    }
}
