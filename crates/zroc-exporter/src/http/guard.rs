//! Lets in who may ask, and puts on every answer the headers that the web config asks for.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::web_config::{Refusal, WebConfigSource};
use crate::task::{TaskError, survive};

pub(super) async fn guard(
    State(web_config): State<Arc<WebConfigSource>>,
    request: Request,
    next: Next,
) -> Response {
    let config = web_config.current().await;
    let admitted = if config.open_paths.contains(request.uri().path()) {
        Ok(())
    } else {
        config.users.admit(request.headers()).await
    };
    let mut response = match admitted {
        Ok(()) => survive(next.run(request)).await.unwrap_or_else(failed),
        Err(refusal) => refused(refusal),
    };
    for (name, value) in &config.headers {
        response.headers_mut().insert(name, value.clone());
    }
    response
}

/// The log has the rest.
fn failed(_: TaskError) -> Response {
    (
        StatusCode::INTERNAL_SERVER_ERROR,
        "a bug in the exporter; its log says more\n",
    )
        .into_response()
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

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use hyper::service::Service as _;
    use hyper_util::service::TowerToHyperService;

    use super::*;

    #[tokio::test]
    async fn a_request_that_meets_a_bug_is_answered() {
        async fn buggy() -> &'static str {
            panic!("a bug in a handler")
        }
        let web_config = Arc::new(WebConfigSource::open(None).unwrap());
        let router = Router::new()
            .route("/", get(buggy))
            .layer(from_fn_with_state(web_config, guard));
        let request = Request::get("/").body(Body::empty()).unwrap();
        let answer = TowerToHyperService::new(router)
            .call(request)
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
