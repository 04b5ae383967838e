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
use tokio::sync::watch;
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
use secrets::{Secrets, wire_log};

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
        let exchange = self.begin(secrets.operation, Duration::ZERO, usize::MAX);
        let answer = self.exchange(request, secrets, exchange).await?;
        answer.decode(decode).await
    }

    /// Makes a SOAP call and decodes the answer.
    pub(crate) async fn call<T>(
        &self,
        request: &Request,
        soap_action: &HeaderValue,
        cookie: Option<HeaderValue>,
        decode: fn(&[u8]) -> Result<T, Refusal>,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
    {
        let answer = self.receive(request, soap_action, cookie).await?;
        answer.decode(decode).await
    }

    /// Makes a SOAP call and waits for the complete answer.
    pub(crate) async fn receive(
        &self,
        request: &Request,
        soap_action: &HeaderValue,
        cookie: Option<HeaderValue>,
    ) -> Result<Answer, Error> {
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
        let exchange = Exchange {
            session_cookie: request.session_cookie.clone(),
            ..self.begin(request.operation, request.wait, request.most_answer_bytes)
        };
        self.exchange(post, secrets, exchange).await
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

    /// An exchange within the limits of the client. `wait` comes on top of the time allowed; an answer of more than
    /// `most_bytes` is refused too.
    fn begin(&self, operation: Operation, wait: Duration, most_bytes: usize) -> Exchange {
        Exchange {
            operation,
            endpoint: self.endpoint(),
            route: self.route(),
            limit: self.config.request_timeout.saturating_add(wait),
            max_body_bytes: self.config.max_body_bytes.min(most_bytes),
            received_bytes: 0,
            session_cookie: watch::Sender::new(None),
            redactor: Arc::clone(&self.redactor),
        }
    }

    /// One call in its span, reported when its outcome is known.
    async fn exchange(
        &self,
        request: RequestBuilder,
        secrets: Secrets,
        mut exchange: Exchange,
    ) -> Result<Answer, Error> {
        let operation = secrets.operation;
        let span = tracing::debug_span!("soap", operation = operation.name());
        let exchanged = async {
            let mut record = CallRecord::begin(operation, self.config.observer.clone());
            let received = exchange.run(request, self.http.fresh()).await;
            record.received(exchange.received_bytes);
            let opened = received.and_then(|(status, body)| {
                wire_log("answer", &secrets, &body);
                answer::Message::open(status, body, secrets, self.endpoint())
            });
            match opened {
                Ok(message) => Ok(Answer::new(message, record)),
                Err(error) => {
                    let error = self.without_secrets(error);
                    record.failed(&error);
                    Err(error)
                }
            }
        };
        exchanged.instrument(span).await
    }
}
