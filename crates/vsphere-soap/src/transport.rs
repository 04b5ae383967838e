//! Calls to one server: what goes out, and the complete answer to it.

mod answer;
mod body;
mod call_record;
mod excerpt;
mod exchange;
mod failed_connection;
mod http_client;
mod secrets;

use std::sync::Arc;
use std::time::Duration;

use reqwest::RequestBuilder;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_TYPE, COOKIE, HeaderMap, HeaderValue};
use secrecy::ExposeSecret as _;
use tracing::Instrument as _;

use crate::config::ClientConfig;
use crate::decode::Refusal;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::operation::Operation;
use crate::proxy::Proxy;
use crate::redactor::Redactor;
use crate::request::Request;
use crate::server_certificate::ServerCertificate;
use call_record::CallRecord;
use exchange::Exchange;
use failed_connection::Route;
use http_client::HttpClient;
use secrets::{Secrets, value_of, wire_log};

pub(crate) use answer::Answer;

/// Sends requests to one server.
pub(crate) struct Transport {
    http: HttpClient,
    soap_url: String,
    versions_url: String,
    endpoint: Endpoint,
    redactor: Arc<Redactor>,
    config: ClientConfig,
}

/// What came back from a call.
pub(crate) struct Reply<T> {
    pub(crate) result: Result<T, Error>,
    /// The session cookie, if the answer set one; refusals may do so too.
    pub(crate) session_cookie: Option<HeaderValue>,
}

impl Transport {
    pub(crate) fn new(config: ClientConfig) -> Result<Self, Error> {
        let base = config.base_url()?;
        let http = HttpClient::new(&config)?;
        let redactor = Redactor::default();
        redactor.learn(config.password.expose_secret());
        for secret in config.proxy.iter().flat_map(Proxy::secrets) {
            redactor.learn(&secret);
        }
        Ok(Self {
            http,
            soap_url: format!("{base}/sdk"),
            versions_url: format!("{base}/sdk/vimServiceVersions.xml"),
            endpoint: config.endpoint(),
            redactor: Arc::new(redactor),
            config,
        })
    }

    pub(crate) fn config(&self) -> &ClientConfig {
        &self.config
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        self.endpoint.clone()
    }

    /// What keeps secrets out of texts.
    pub(crate) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    fn secrets(&self, operation: Operation) -> Secrets {
        Secrets {
            operation,
            redactor: Arc::clone(&self.redactor),
        }
    }

    /// The certificate that the server showed last.
    pub(crate) fn shown_certificate(&self) -> Option<ServerCertificate> {
        self.http.shown_certificate()
    }

    /// Reads the CA file again. Whether it has changed.
    pub(crate) fn reload_ca_file(&self) -> Result<bool, Error> {
        self.http.reload_ca_file(&self.config)
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
            .get()
            .get(&self.versions_url)
            .header(ACCEPT_ENCODING, "gzip");
        let secrets = self.secrets(Operation::SERVICE_VERSIONS);
        let reply = self
            .exchange(request, secrets, Duration::ZERO, usize::MAX)
            .await;
        reply.result?.decode(decode).await
    }

    /// Makes a SOAP call and decodes the answer.
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
        let reply = self.receive(request, soap_action, cookie).await;
        Reply {
            result: match reply.result {
                Ok(answer) => answer.decode(decode).await,
                Err(error) => Err(error),
            },
            session_cookie: reply.session_cookie,
        }
    }

    /// Makes a SOAP call and waits for the complete answer.
    pub(crate) async fn receive(
        &self,
        request: &Request,
        soap_action: &HeaderValue,
        cookie: Option<HeaderValue>,
    ) -> Reply<Answer> {
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
        let secrets = self.secrets(request.operation);
        wire_log("request", &secrets, &request.body);
        let post = self
            .http
            .get()
            .post(&self.soap_url)
            .headers(headers)
            .body(request.body.clone());
        self.exchange(post, secrets, request.wait, request.most_answer_bytes)
            .await
    }

    /// A certificate may repeat a secret too.
    fn without_secrets(&self, error: Error) -> Error {
        match error {
            Error::Connect {
                operation,
                endpoint,
                source,
            } if self.redactor.is_in(&source.to_string()) => Error::Connect {
                operation,
                endpoint,
                source: Box::new(source.withheld()),
            },
            error => error,
        }
    }

    fn route(&self) -> Route {
        Route {
            host: self.config.host.clone(),
            proxy: self.config.proxy.clone(),
            limit: self.config.connect_timeout,
        }
    }

    /// One call in its span, reported when its outcome is known. `wait` comes on top of the time allowed; an answer of more
    /// than `most_bytes` is refused.
    async fn exchange(
        &self,
        request: RequestBuilder,
        secrets: Secrets,
        wait: Duration,
        most_bytes: usize,
    ) -> Reply<Answer> {
        let operation = secrets.operation;
        let span = tracing::debug_span!("soap", operation = operation.name());
        let exchanged = async {
            let mut record = CallRecord::begin(operation, self.config.observer.clone());
            let limit = self.config.request_timeout.saturating_add(wait);
            let mut exchange = Exchange::new(
                operation,
                self.endpoint(),
                self.route(),
                limit,
                self.config.max_body_bytes.min(most_bytes),
            );
            let received = exchange.run(request, &self.http.fresh()).await;
            record.received(exchange.received_bytes());
            if let Some(cookie) = exchange.session_cookie() {
                self.redactor.learn(&value_of(cookie));
            }
            let opened = received.and_then(|(status, body)| {
                wire_log("answer", &secrets, &body);
                answer::Message::open(status, body, secrets, self.endpoint())
            });
            let result = match opened {
                Ok(message) => Ok(Answer::new(message, record)),
                Err(error) => {
                    let error = self.without_secrets(error);
                    record.failed(&error);
                    Err(error)
                }
            };
            Reply {
                result,
                session_cookie: exchange.into_session_cookie(),
            }
        };
        exchanged.instrument(span).await
    }
}
