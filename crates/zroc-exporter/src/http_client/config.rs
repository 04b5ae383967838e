//! The file that says how to ask: a part of what Prometheus calls `http_config`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use rustls::ClientConfig;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::error::SetupError;
use super::files::{Files, LONGEST_FILE_BYTES};
use super::tls::{self, TlsSettings};
use crate::bounded_read;

/// What the file asks for, ready for use.
pub(super) struct HttpConfig {
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) tls: ClientConfig,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Document {
    basic_auth: Option<BasicAuth>,
    authorization: Option<Authorization>,
    http_headers: BTreeMap<String, HeaderValues>,
    tls_config: TlsSettings,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct BasicAuth {
    username: String,
    password: Option<SecretString>,
    password_file: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Authorization {
    r#type: Option<String>,
    credentials: Option<SecretString>,
    credentials_file: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct HeaderValues {
    values: Vec<String>,
    secrets: Vec<SecretString>,
    files: Vec<PathBuf>,
}

impl HttpConfig {
    /// Reads the file, if there is one, and those that it names. Blocks as long as the file system does. The authorities of
    /// the system are read only if TLS is spoken.
    pub(super) fn new(path: Option<&Path>, speaks_tls: bool) -> Result<Self, SetupError> {
        let files = Files {
            path: path.unwrap_or(Path::new("")),
        };
        let document = match path {
            Some(path) => Document::read(path, &files)?,
            None => Document::default(),
        };
        let mut headers = Vec::new();
        for (name, values) in document.http_headers {
            let parsed = HeaderName::from_str(&name);
            let parsed = parsed
                .map_err(|_| files.problem(format!("http_headers: {name:?} is not a name")))?;
            for value in values.read(&files)? {
                headers.push((parsed.clone(), files.header(&name, &value)?));
            }
        }
        if let Some(value) = authorization(document.basic_auth, document.authorization, &files)? {
            headers.push((AUTHORIZATION, value));
        }
        Ok(Self {
            headers,
            tls: tls::client_config(&document.tls_config, &files, speaks_tls)?,
        })
    }
}

impl Document {
    fn read(path: &Path, files: &Files<'_>) -> Result<Self, SetupError> {
        let read = bounded_read::read(path, LONGEST_FILE_BYTES);
        let text = read.map_err(|source| SetupError::Read {
            path: path.to_owned(),
            source,
        })?;
        let document: Option<Self> = serde_saphyr::from_str(&String::from_utf8_lossy(&text))
            // The lines that the library would quote may be secret.
            .map_err(|error| files.problem(error.without_snippet().to_string()))?;
        Ok(document.unwrap_or_default())
    }
}

impl HeaderValues {
    fn read(self, files: &Files<'_>) -> Result<Vec<SecretString>, SetupError> {
        let given = self.values.into_iter().map(SecretString::from);
        let mut all: Vec<_> = given.chain(self.secrets).collect();
        for file in &self.files {
            all.extend(files.secret("http_headers", None, Some(file))?);
        }
        Ok(all)
    }
}

fn authorization(
    basic: Option<BasicAuth>,
    other: Option<Authorization>,
    files: &Files<'_>,
) -> Result<Option<HeaderValue>, SetupError> {
    let value = match (basic, other) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(files.problem("only one of basic_auth and authorization may be given"));
        }
        (Some(basic), None) => {
            let password =
                files.secret("password", basic.password, basic.password_file.as_deref())?;
            let password = password.unwrap_or_default();
            let pair = format!("{}:{}", basic.username, password.expose_secret());
            SecretString::from(format!("Basic {}", BASE64_STANDARD.encode(pair)))
        }
        (None, Some(other)) => {
            let file = other.credentials_file.as_deref();
            let credentials = files.secret("credentials", other.credentials, file)?;
            let credentials =
                credentials.ok_or_else(|| files.problem("authorization lacks credentials"))?;
            let kind = other.r#type.as_deref().unwrap_or("Bearer");
            SecretString::from(format!("{kind} {}", credentials.expose_secret()))
        }
    };
    files.header("authorization", &value).map(Some)
}
