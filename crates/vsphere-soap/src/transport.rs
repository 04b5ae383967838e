//! One HTTP exchange: bounded in time and size, cookies by hand.

mod body;
mod secrets;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, COOKIE, HeaderMap, HeaderValue,
};
use reqwest::redirect::Policy;
use reqwest::{Response, StatusCode};
use tokio::time::{Instant, timeout, timeout_at};
use tracing::Instrument as _;

use crate::config::ClientConfig;
use crate::decode::Refusal;
use crate::error::{Cause, Endpoint, Error};
use crate::join::{RuntimeShutDown, join};
use crate::observer::{CallOutcome, CallReport};
use crate::operation::Operation;
use crate::request::Request;
use crate::tls;
use crate::untrusted_text::shown;
use body::BoundedBody;
use secrets::{Secrets, session_cookie, wire_log};

/// Characters of a foreign body that an error repeats.
const EXCERPT_CHARS: usize = 200;
/// A login that is too late has made a session all the same. So long we wait to learn how to end it.
const LATE_LOGIN: Duration = Duration::from_secs(30);
/// Decoding anything longer takes milliseconds, too long for a task that shares its thread.
const DECODE_INLINE_BYTES: usize = 256 << 10;

/// Sends requests to one server.
pub(crate) struct Transport {
    http: reqwest::Client,
    soap_url: String,
    versions_url: String,
    endpoint: Endpoint,
    config: ClientConfig,
}

/// A request with all that decides how it is answered.
struct Exchange {
    request: reqwest::RequestBuilder,
    limit: Duration,
    secrets: Secrets,
}

/// A whole answer, decompressed.
struct Answer {
    status: StatusCode,
    body: Vec<u8>,
}

/// A decoded answer.
pub(crate) struct Reply<T> {
    pub(crate) result: Result<T, Error>,
    /// The session cookie, if the answer set one; refusals may do so too.
    pub(crate) session_cookie: Option<HeaderValue>,
}

impl Transport {
    pub(crate) fn new(config: ClientConfig) -> Result<Self, Error> {
        let base = config.base_url()?;
        let builder = reqwest::Client::builder()
            .http1_only()
            .redirect(Policy::none())
            .referer(false)
            .connect_timeout(config.connect_timeout)
            .user_agent(&config.user_agent)
            .tls_backend_preconfigured(config.trust.tls()?);
        let http = builder.build().map_err(|error| Error::Config {
            problem: "cannot set up HTTP".to_owned(),
            source: Some(Arc::new(error)),
        })?;
        Ok(Self {
            http,
            soap_url: format!("{base}/sdk"),
            versions_url: format!("{base}/sdk/vimServiceVersions.xml"),
            endpoint: config.endpoint(),
            config,
        })
    }

    pub(crate) fn config(&self) -> &ClientConfig {
        &self.config
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        self.endpoint.clone()
    }

    /// Gets the list of API versions.
    pub(crate) async fn versions<T>(
        &self,
        decode: fn(&[u8]) -> Result<T, Refusal>,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
    {
        let request = self
            .http
            .get(&self.versions_url)
            .header(ACCEPT_ENCODING, "gzip");
        let exchange = Exchange {
            request,
            limit: self.config.request_timeout,
            secrets: Secrets {
                operation: Operation::SERVICE_VERSIONS,
                cookie: None,
            },
        };
        self.exchange(exchange, decode).await.result
    }

    /// Makes a SOAP call.
    pub(crate) async fn call<T>(
        &self,
        request: &Request,
        soap_action: &HeaderValue,
        cookie: Option<HeaderValue>,
        decode: fn(&[u8]) -> Result<T, Refusal>,
    ) -> Reply<T>
    where
        T: Send + 'static,
    {
        let mut headers = HeaderMap::new();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("text/xml; charset=utf-8"),
        );
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        headers.insert("SOAPAction", soap_action.clone());
        if let Some(cookie) = &cookie {
            headers.insert(COOKIE, cookie.clone());
        }
        let secrets = Secrets {
            operation: request.operation,
            cookie,
        };
        wire_log("request", &secrets, &request.body);
        let post = self
            .http
            .post(&self.soap_url)
            .headers(headers)
            .body(request.body.clone());
        let exchange = Exchange {
            request: post,
            limit: self.config.request_timeout.saturating_add(request.wait),
            secrets,
        };
        self.exchange(exchange, decode).await
    }

    async fn exchange<T>(
        &self,
        exchange: Exchange,
        decode: fn(&[u8]) -> Result<T, Refusal>,
    ) -> Reply<T>
    where
        T: Send + 'static,
    {
        let span = tracing::debug_span!("soap", operation = exchange.secrets.operation.name());
        self.observed_exchange(exchange, decode)
            .instrument(span)
            .await
    }

    async fn observed_exchange<T>(
        &self,
        exchange: Exchange,
        decode: fn(&[u8]) -> Result<T, Refusal>,
    ) -> Reply<T>
    where
        T: Send + 'static,
    {
        let operation = exchange.secrets.operation;
        let started = Instant::now();
        // These count even if the rest of the answer never comes.
        let mut received_bytes = 0;
        let mut session_cookie = None;
        let secrets = exchange.secrets.clone();
        let answer = self
            .answer(exchange, &mut received_bytes, &mut session_cookie)
            .await;
        let result = match answer {
            Err(error) => Err(error),
            Ok(answer) => {
                wire_log("answer", &secrets, &answer.body);
                self.interpret(secrets, answer, decode).await
            }
        };
        let report = CallReport {
            operation,
            outcome: CallOutcome::of(&result),
            duration: started.elapsed(),
            received_bytes,
        };
        tracing::debug!(
            outcome = report.outcome.as_str(),
            elapsed_ms = u64::try_from(report.duration.as_millis()).unwrap_or(u64::MAX),
            bytes = received_bytes,
            "call ended"
        );
        if let Some(observer) = &self.config.observer {
            observer.report(&report);
        }
        Reply {
            result,
            session_cookie,
        }
    }

    async fn answer(
        &self,
        exchange: Exchange,
        received_bytes: &mut u64,
        cookie: &mut Option<HeaderValue>,
    ) -> Result<Answer, Error> {
        let Exchange {
            request,
            limit,
            secrets: Secrets { operation, .. },
        } = exchange;
        let deadline = Instant::now() + limit;
        let too_late = || Error::Timeout {
            operation,
            endpoint: self.endpoint(),
            limit,
        };
        let mut sending = pin!(self.send(operation, request));
        let response = match timeout_at(deadline, &mut sending).await {
            Ok(response) => response?,
            Err(_) if operation == Operation::LOGIN => {
                if let Ok(Ok(response)) = timeout(LATE_LOGIN, sending).await {
                    *cookie = session_cookie(response.headers());
                }
                return Err(too_late());
            }
            Err(_) => return Err(too_late()),
        };
        *cookie = session_cookie(response.headers());
        let body = self.body(operation, response, received_bytes);
        timeout_at(deadline, body)
            .await
            .unwrap_or_else(|_| Err(too_late()))
    }

    /// Sends a request and waits for the head of the answer.
    async fn send(
        &self,
        operation: Operation,
        request: reqwest::RequestBuilder,
    ) -> Result<Response, Error> {
        let spare = if operation.is_repeatable() {
            request.try_clone()
        } else {
            None
        };
        let sent = match (request.send().await, spare) {
            // A kept-alive connection may have been closed by the server or a proxy just then.
            (Err(error), Some(spare)) if error.is_request() && !error.is_connect() => {
                spare.send().await
            }
            (sent, _) => sent,
        };
        sent.map_err(|error| self.http_error(operation, error))
    }

    async fn body(
        &self,
        operation: Operation,
        mut response: Response,
        received_bytes: &mut u64,
    ) -> Result<Answer, Error> {
        let limit = self.config.max_body_bytes;
        let failed = |error| match error {
            body::BodyError::TooLarge => Error::TooLarge {
                operation,
                endpoint: self.endpoint(),
                limit,
            },
            body::BodyError::Corrupt(error) => self.interrupted(operation, Arc::new(error)),
        };
        let mut body = BoundedBody::new(is_gzip(&response), limit);
        loop {
            let chunk = response.chunk().await;
            let Some(chunk) = chunk.map_err(|error| self.http_error(operation, error))? else {
                break;
            };
            *received_bytes = received_bytes.saturating_add(chunk.len() as u64);
            body.push(&chunk).map_err(failed)?;
        }
        Ok(Answer {
            status: response.status(),
            body: body.finish().map_err(failed)?,
        })
    }

    async fn interpret<T>(
        &self,
        secrets: Secrets,
        answer: Answer,
        decode: fn(&[u8]) -> Result<T, Refusal>,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
    {
        let Answer { status, body } = answer;
        let operation = secrets.operation;
        // Faults come with status 500, but a proxy's error page may too.
        let may_be_soap = status == StatusCode::OK || status == StatusCode::INTERNAL_SERVER_ERROR;
        if !may_be_soap || !looks_like_xml(&body) {
            let excerpt = if secrets.may_be_in(&body) {
                String::new()
            } else {
                excerpt(&body)
            };
            let status = status.as_u16();
            return Err(Error::Http {
                operation,
                endpoint: self.endpoint(),
                status,
                excerpt,
            });
        }
        let read = move |body: &[u8]| {
            decode(body).map_err(|refusal| {
                if secrets.may_be_in(body) {
                    refusal.withheld()
                } else {
                    refusal
                }
            })
        };
        let decoded = if body.len() <= DECODE_INLINE_BYTES {
            read(&body)
        } else {
            let decoding = tokio::task::spawn_blocking(move || read(&body));
            match join(decoding).await {
                Ok(decoded) => decoded,
                Err(RuntimeShutDown) => {
                    return Err(Error::RuntimeShutDown {
                        operation,
                        endpoint: self.endpoint(),
                    });
                }
            }
        };
        decoded.map_err(|refusal| match refusal {
            Refusal::Fault(fault) => Error::Fault {
                operation,
                endpoint: self.endpoint(),
                fault,
            },
            Refusal::Malformed(source) => Error::Decode {
                operation,
                endpoint: self.endpoint(),
                source,
            },
        })
    }

    fn http_error(&self, operation: Operation, error: reqwest::Error) -> Error {
        let endpoint = self.endpoint();
        // The URL adds nothing to the endpoint.
        let error = error.without_url();
        if error.is_connect() {
            let (failure, source) = tls::connect_failure(error);
            return Error::Connect {
                operation,
                endpoint,
                failure,
                source,
            };
        }
        self.interrupted(operation, Arc::new(error))
    }

    fn interrupted(&self, operation: Operation, source: Cause) -> Error {
        Error::Interrupted {
            operation,
            endpoint: self.endpoint(),
            source,
        }
    }
}

fn is_gzip(response: &Response) -> bool {
    let encoding = response.headers().get(CONTENT_ENCODING);
    encoding.is_some_and(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"gzip"))
}

/// Whether a body may be XML, whatever its content type claims; HTML passes for XML only where it
/// says so.
fn looks_like_xml(body: &[u8]) -> bool {
    let body = body
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(body)
        .trim_ascii_start();
    let starts_with = |prefix: &[u8]| {
        body.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    body.starts_with(b"<") && !starts_with(b"<!doctype") && !starts_with(b"<html")
}

fn excerpt(body: &[u8]) -> String {
    let start = body.get(..EXCERPT_CHARS * 4).unwrap_or(body);
    // Two more say that there is more.
    shown(&String::from_utf8_lossy(start), EXCERPT_CHARS - 2)
}
