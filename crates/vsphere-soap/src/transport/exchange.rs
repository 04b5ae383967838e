//! One HTTP exchange: sent once or twice, bounded in time and size.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_ENCODING, HeaderValue};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use super::body::{BodyError, BoundedBody};
use super::failed_connection::{Route, connect_failure};
use super::secrets::{session_cookie, value_of};
use crate::cause::Cause;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::operation::Operation;
use crate::redactor::Redactor;

/// A server that answers a login too late has opened a session all the same. A task waits this much longer for
/// its cookie, so that it can be ended.
const LATE_LOGIN: Duration = Duration::from_secs(30);

/// An exchange, and what is known of it even if the rest of the answer never comes.
pub(super) struct Exchange {
    pub(super) operation: Operation,
    pub(super) endpoint: Endpoint,
    pub(super) route: Route,
    pub(super) limit: Duration,
    pub(super) max_body_bytes: usize,
    /// Bytes of the body so far, before decompression.
    pub(super) received_bytes: u64,
    /// The session cookie, if the head of the answer set one.
    pub(super) session_cookie: watch::Sender<Option<HeaderValue>>,
    /// What keeps that cookie out of texts.
    pub(super) redactor: Arc<Redactor>,
}

impl Exchange {
    /// Sends the request and waits for the complete answer, decompressed. `fresh` keeps no connections.
    pub(super) async fn run(
        &mut self,
        request: RequestBuilder,
        fresh: Client,
    ) -> Result<(StatusCode, Vec<u8>), Error> {
        let deadline = Instant::now() + self.limit;
        let mut sending = Box::pin(send(self.operation, request, fresh));
        let Ok(sent) = timeout_at(deadline, &mut sending).await else {
            if self.operation == Operation::LOGIN {
                let (cookie, redactor) = (self.session_cookie.clone(), Arc::clone(&self.redactor));
                tokio::spawn(async move {
                    if let Ok(Ok(response)) = timeout(LATE_LOGIN, sending).await {
                        note_cookie(&response, &cookie, &redactor);
                    }
                });
            }
            return Err(self.too_late());
        };
        let response = sent.map_err(|error| self.broken(error))?;
        note_cookie(&response, &self.session_cookie, &self.redactor);
        let status = response.status();
        match timeout_at(deadline, self.body(response)).await {
            Ok(body) => Ok((status, body?)),
            Err(_) => Err(self.too_late()),
        }
    }

    async fn body(&mut self, mut response: Response) -> Result<Vec<u8>, Error> {
        let mut body = BoundedBody::new(is_gzip(&response), self.max_body_bytes);
        loop {
            let chunk = response.chunk().await;
            let Some(chunk) = chunk.map_err(|error| self.broken(error))? else {
                break;
            };
            self.received_bytes = self.received_bytes.saturating_add(chunk.len() as u64);
            body.push(&chunk).map_err(|error| self.spoiled(error))?;
        }
        body.finish().map_err(|error| self.spoiled(error))
    }

    fn too_late(&self) -> Error {
        Error::Timeout {
            operation: self.operation,
            endpoint: self.endpoint.clone(),
            limit: self.limit,
        }
    }

    fn spoiled(&self, error: BodyError) -> Error {
        match error {
            BodyError::TooLarge => Error::TooLarge {
                operation: self.operation,
                endpoint: self.endpoint.clone(),
                limit: self.max_body_bytes,
            },
            BodyError::Corrupt(error) => self.interrupted(Arc::new(error)),
        }
    }

    fn broken(&self, error: reqwest::Error) -> Error {
        // The URL adds nothing to the endpoint.
        let error = error.without_url();
        if !error.is_connect() {
            return self.interrupted(Arc::new(error));
        }
        Error::Connect {
            operation: self.operation,
            endpoint: self.endpoint.clone(),
            source: Box::new(connect_failure(error, &self.route)),
        }
    }

    fn interrupted(&self, source: Cause) -> Error {
        Error::Interrupted {
            operation: self.operation,
            endpoint: self.endpoint.clone(),
            source,
        }
    }
}

/// Sends a request and waits for the head of the answer.
///
/// The server or a proxy may close a kept-alive connection just then, so a repeatable operation is sent once more. The
/// other kept-alive connections may be as dead as the first one, so the second attempt opens a new one.
async fn send(
    operation: Operation,
    request: RequestBuilder,
    fresh: Client,
) -> Result<Response, reqwest::Error> {
    let (kept, request) = request.build_split();
    let request = request?;
    let spare = if operation.is_repeatable() {
        request.try_clone()
    } else {
        None
    };
    match (kept.execute(request).await, spare) {
        (Err(error), Some(spare)) if error.is_request() && !error.is_connect() => {
            fresh.execute(spare).await
        }
        (sent, _) => sent,
    }
}

/// Notes the cookie that the head of an answer sets.
fn note_cookie(
    response: &Response,
    note: &watch::Sender<Option<HeaderValue>>,
    redactor: &Redactor,
) {
    if let Some(cookie) = session_cookie(response.headers()) {
        redactor.learn(&value_of(&cookie));
        note.send_replace(Some(cookie));
    }
}

fn is_gzip(response: &Response) -> bool {
    let encoding = response.headers().get(CONTENT_ENCODING);
    let encoding = encoding.map(|encoding| encoding.as_bytes().trim_ascii());
    // Both are names of one thing (RFC 9110, section 8.4.1.3).
    encoding.is_some_and(|encoding| {
        encoding.eq_ignore_ascii_case(b"gzip") || encoding.eq_ignore_ascii_case(b"x-gzip")
    })
}
