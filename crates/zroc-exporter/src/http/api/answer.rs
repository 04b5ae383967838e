//! Makes answers beside the runtime: serialised, compressed, and not sent to a client that has them.

use std::io::{self, Write as _};

use axum::Json;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::GzEncoder;
use ring::digest::{SHA256, digest};
use serde::Serialize;

use crate::api::{ApiError, ErrorType, Failure, Success};
use crate::http::heavy::Heavy;
use crate::http::negotiation;

/// Shorter answers are not worth the header of gzip.
const LEAST_COMPRESSED_BYTES: usize = 1_024;

/// As many bytes of a digest distinguish answers.
const TAG_BYTES: usize = 12;

/// Answers with this data, or says why there is none.
pub(super) async fn answer<T: Serialize>(
    heavy: &Heavy,
    headers: &HeaderMap,
    make: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Response {
    let accepts_gzip = negotiation::accepts_gzip(headers);
    let known = headers.get_all(IF_NONE_MATCH).into_iter().cloned();
    let known: Vec<HeaderValue> = known.collect();
    let work = heavy.run(move || Made::of(make()?, accepts_gzip, &known));
    match work.await {
        Ok(Ok(ready)) => ready.into_response(),
        Ok(Err(error)) => refuse(&error),
        Err(_) => refuse(&ApiError::Internal),
    }
}

/// Why there is no answer.
pub(super) fn refuse(error: &ApiError) -> Response {
    let code = match error.kind() {
        ErrorType::BadData => StatusCode::BAD_REQUEST,
        ErrorType::NotFound => StatusCode::NOT_FOUND,
        ErrorType::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    };
    (code, Json(Failure::from(error))).into_response()
}

/// An answer that is ready to be sent.
struct Made {
    tag: HeaderValue,
    /// `None` if the client has it.
    body: Option<Vec<u8>>,
    is_gzip: bool,
}

impl Made {
    fn of<T: Serialize>(
        data: T,
        accepts_gzip: bool,
        known: &[HeaderValue],
    ) -> Result<Self, ApiError> {
        let body = serde_json::to_vec(&Success::of(data)).map_err(|_| ApiError::Internal)?;
        let hash = digest(&SHA256, &body);
        let hash = hash.as_ref().get(..TAG_BYTES).unwrap_or_default();
        let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(hash));
        let is_known = known.iter().any(|header| names(header, &tag));
        // Compressed or not, it is the same answer.
        let header = HeaderValue::try_from(format!("W/{tag}"));
        let mut made = Self {
            tag: header.map_err(|_| ApiError::Internal)?,
            body: None,
            is_gzip: accepts_gzip && body.len() >= LEAST_COMPRESSED_BYTES,
        };
        if !is_known {
            made.body = Some(if made.is_gzip {
                compressed(&body).map_err(|_| ApiError::Internal)?
            } else {
                body
            });
        }
        Ok(made)
    }

    fn into_response(self) -> Response {
        let mut response = match self.body {
            None => StatusCode::NOT_MODIFIED.into_response(),
            Some(body) => {
                let mut response = body.into_response();
                let json = HeaderValue::from_static("application/json");
                response.headers_mut().insert(CONTENT_TYPE, json);
                if self.is_gzip {
                    let gzip = HeaderValue::from_static("gzip");
                    response.headers_mut().insert(CONTENT_ENCODING, gzip);
                }
                response
            }
        };
        let headers = response.headers_mut();
        headers.insert(ETAG, self.tag);
        for (name, value) in [
            (CACHE_CONTROL, "no-cache"),
            (VARY, "accept-encoding"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

/// Whether a header `If-None-Match` names this tag, compared weakly as RFC 9110 says.
fn names(header: &HeaderValue, tag: &str) -> bool {
    let list = header.to_str().unwrap_or_default().split(',');
    let mut tags = list.map(|it| it.trim().trim_start_matches("W/"));
    tags.any(|it| it == "*" || it == tag)
}

fn compressed(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}
