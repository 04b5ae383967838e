//! `GET /metrics`: the page that was made at the end of the last cycle.

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;

use super::negotiation;
use crate::publication::Publications;

/// The format and the compression are the client's choice.
pub(super) async fn metrics(
    State(publications): State<Publications>,
    headers: HeaderMap,
) -> Response {
    let format = negotiation::format(&headers);
    let page = publications.borrow().pages.page(format).clone();
    let mut response = if negotiation::accepts_gzip(&headers) {
        let length = HeaderValue::from(page.gzip_length());
        let pieces = page.gzip().map(Ok::<_, Infallible>);
        let body = Body::from_stream(stream::iter(pieces));
        let encoding = HeaderValue::from_static("gzip");
        (
            [(CONTENT_LENGTH, length), (CONTENT_ENCODING, encoding)],
            body,
        )
            .into_response()
    } else {
        let length = HeaderValue::from(page.plain_length());
        let body = Body::from_stream(stream::iter(page.plain()));
        ([(CONTENT_LENGTH, length)], body).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static(format.content_type()),
    );
    headers.insert(VARY, HeaderValue::from_static("accept, accept-encoding"));
    response
}
