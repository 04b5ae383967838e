//! Asks another HTTP server, such as a Prometheus: as a file says, and within bounds of size and time.

mod config;
mod error;
mod files;
mod tls;

use std::path::Path;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};
use tokio::time::timeout;

use self::config::HttpConfig;

pub(crate) use self::error::{CallError, SetupError};

/// How long a connection may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// How long a call may take, its answer included.
const ANSWER_WITHIN: Duration = Duration::from_secs(300);
/// The longest answer.
const LONGEST_ANSWER_BYTES: usize = 64 << 20;

/// A server, and how to ask it.
#[derive(Debug)]
pub(crate) struct HttpClient {
    client: Client,
    base: Url,
}

/// What a server answers.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: StatusCode,
    /// Its body.
    pub(crate) body: Vec<u8>,
}

impl HttpClient {
    /// A client of the server at this URL. The path of the URL comes before those that are asked for. `config` is a file as
    /// Prometheus' `http_config`.
    ///
    /// # Errors
    /// If the URL or the file cannot be used.
    pub(crate) fn new(url: &str, config: Option<&Path>) -> Result<Self, SetupError> {
        let base = base(url)?;
        let config = HttpConfig::new(config, base.scheme() == "https")?;
        let client = Client::builder()
            .http1_only()
            // A redirection would send credentials and queries to a server that nobody named.
            .redirect(Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_WITHIN)
            .user_agent(concat!("zroc-exporter/", env!("CARGO_PKG_VERSION")))
            .default_headers(HeaderMap::from_iter(config.headers))
            .tls_backend_preconfigured(config.tls)
            .build()
            .map_err(|error| SetupError::Http(error.without_url()))?;
        Ok(Self { client, base })
    }

    /// Posts a form.
    ///
    /// # Errors
    /// If there is no answer, or if it is too long or takes too long.
    pub(crate) async fn post(
        &self,
        path: &str,
        form: &[(&str, &str)],
    ) -> Result<Answer, CallError> {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        let mut encoded = self.base.clone();
        encoded.query_pairs_mut().clear().extend_pairs(form);
        let body = encoded.query().unwrap_or_default().to_owned();
        let call = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        let answer = async {
            let mut response = call.send().await.map_err(CallError::broken)?;
            let status = response.status();
            let mut body = Vec::new();
            while let Some(part) = response.chunk().await.map_err(CallError::broken)? {
                if body.len() + part.len() > LONGEST_ANSWER_BYTES {
                    return Err(CallError::TooLong {
                        most: LONGEST_ANSWER_BYTES >> 20,
                    });
                }
                body.extend_from_slice(&part);
            }
            Ok(Answer { status, body })
        };
        let deadline = || CallError::Deadline {
            seconds: ANSWER_WITHIN.as_secs(),
        };
        timeout(ANSWER_WITHIN, answer)
            .await
            .unwrap_or_else(|_| Err(deadline()))
    }
}

fn base(url: &str) -> Result<Url, SetupError> {
    let unusable = |problem: &str| SetupError::Url(problem.to_owned());
    let base = Url::parse(url).map_err(|error| SetupError::Url(error.to_string()))?;
    if !matches!(base.scheme(), "http" | "https") {
        return Err(unusable("it begins with http:// or https://"));
    }
    if !base.username().is_empty() || base.password().is_some() {
        // The plan names its source.
        return Err(unusable(
            "it must not hold a user or a password: put them into the file that --http-config names",
        ));
    }
    if base.query().is_some() || base.fragment().is_some() {
        return Err(unusable("it ends with its path, without ? and #"));
    }
    Ok(base)
}
