//! The web config file, parsed and checked without a look at the files that it names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::str::FromStr as _;

use axum::http::{HeaderName, HeaderValue};
use secrecy::SecretString;
use serde::Deserialize;

/// The content of a web config file.
#[derive(Debug, Default)]
pub struct WebConfigFile {
    /// `tls_server_config`.
    pub(super) tls: Option<TlsServerConfig>,
    /// `http_server_config.headers`.
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    /// `basic_auth_users`: bcrypt hashes by user.
    pub(super) users: BTreeMap<String, SecretString>,
    /// `auth_excluded_paths`: for these nobody needs to be a user.
    pub(super) open_paths: BTreeSet<String>,
}

/// Why a web config file cannot be used. It never quotes the file, which may hold secrets.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// It is not YAML, or has another structure.
    #[error("{0}")]
    Syntax(String),
    /// All values that cannot be used.
    #[error("{}", .0.join("; "))]
    Values(Vec<String>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Document {
    tls_server_config: Option<TlsServerConfig>,
    http_server_config: HttpServerConfig,
    basic_auth_users: BTreeMap<String, SecretString>,
    auth_excluded_paths: BTreeSet<String>,
}

/// `tls_server_config`, in the words of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TlsServerConfig {
    pub(super) cert: Option<String>,
    pub(super) cert_file: Option<PathBuf>,
    pub(super) key: Option<SecretString>,
    pub(super) key_file: Option<PathBuf>,
    pub(super) client_ca: Option<String>,
    pub(super) client_ca_file: Option<PathBuf>,
    pub(super) client_auth_type: ClientAuthType,
    pub(super) min_version: Option<TlsVersion>,
    pub(super) max_version: Option<TlsVersion>,
    client_allowed_sans: Vec<String>,
    cipher_suites: Vec<String>,
    curve_preferences: Vec<String>,
    /// The server's preference counts in any case.
    #[serde(rename = "prefer_server_cipher_suites")]
    _prefer_server_cipher_suites: Option<bool>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum ClientAuthType {
    #[default]
    #[serde(alias = "")]
    NoClientCert,
    RequestClientCert,
    RequireAnyClientCert,
    VerifyClientCertIfGiven,
    RequireAndVerifyClientCert,
}

/// The versions before 1.2 are not spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) enum TlsVersion {
    #[serde(rename = "TLS12")]
    Tls12,
    #[serde(rename = "TLS13")]
    Tls13,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct HttpServerConfig {
    /// HTTP/1.1 is spoken in any case, which every client of HTTP/2 speaks too.
    #[serde(rename = "http2")]
    _http2: Option<bool>,
    headers: BTreeMap<String, String>,
}

/// The headers that may be set.
const HEADERS: [&str; 5] = [
    "Content-Security-Policy",
    "X-Frame-Options",
    "X-Content-Type-Options",
    "X-XSS-Protection",
    "Strict-Transport-Security",
];

/// A hash of a higher cost takes seconds of CPU time, which anybody could make us spend.
const HIGHEST_COST: u32 = 14;

impl WebConfigFile {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// Lists everything that cannot be used.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        let document: Option<Document> = serde_saphyr::from_str(text)
            .map_err(|error| FileError::Syntax(without_content(&error)))?;
        let Document {
            tls_server_config: tls,
            http_server_config: http,
            basic_auth_users: users,
            auth_excluded_paths: open_paths,
        } = document.unwrap_or_default();
        let mut problems = Vec::new();
        if let Some(tls) = &tls {
            tls.check(&mut problems);
        }
        let headers = headers(http.headers, &mut problems);
        for (user, hash) in &users {
            check_user(user, hash, &mut problems);
        }
        let relative = open_paths.iter().filter(|path| !path.starts_with('/'));
        problems.extend(relative.map(|path| {
            format!(
                "auth_excluded_paths: {path:?} does not begin with a slash, as in \"/-/healthy\""
            )
        }));
        if problems.is_empty() {
            Ok(Self {
                tls,
                headers,
                users,
                open_paths,
            })
        } else {
            Err(FileError::Values(problems))
        }
    }
}

/// Where and why, without the lines that the library would quote: they may be secret.
fn without_content(error: &serde_saphyr::Error) -> String {
    error.without_snippet().to_string()
}

impl TlsServerConfig {
    fn check(&self, problems: &mut Vec<String>) {
        let found = self
            .sources()
            .into_iter()
            .chain(self.client_auth())
            .chain(self.limits());
        problems.extend(found.map(|problem| format!("tls_server_config: {problem}")));
    }

    /// What is wrong with where certificates and key come from.
    fn sources(&self) -> Vec<String> {
        let sources = [
            ("cert", self.cert.is_some(), self.cert_file.is_some(), true),
            ("key", self.key.is_some(), self.key_file.is_some(), true),
            (
                "client_ca",
                self.client_ca.is_some(),
                self.client_ca_file.is_some(),
                false,
            ),
        ];
        let problem = |(name, text, file, is_needed)| match (text, file) {
            (true, true) => Some(format!("only one of {name}_file and {name} may be given")),
            (false, false) if is_needed => Some(format!("{name}_file or {name} is missing")),
            _ => None,
        };
        sources.into_iter().filter_map(problem).collect()
    }

    /// What is wrong with how clients are to show who they are.
    fn client_auth(&self) -> Option<String> {
        use ClientAuthType::{
            NoClientCert, RequestClientCert, RequireAndVerifyClientCert, RequireAnyClientCert,
            VerifyClientCertIfGiven,
        };

        let has_ca = self.client_ca.is_some() || self.client_ca_file.is_some();
        let problem = match (self.client_auth_type, has_ca) {
            (NoClientCert, true) => "a client CA needs client_auth_type RequireAndVerifyClientCert",
            (RequireAndVerifyClientCert | VerifyClientCertIfGiven, false) => {
                "this client_auth_type needs client_ca_file or client_ca"
            }
            (RequestClientCert | RequireAnyClientCert, _) => {
                "client_auth_type must be NoClientCert, VerifyClientCertIfGiven or RequireAndVerifyClientCert, because \
                 certificates that nobody verifies protect nothing"
            }
            _ => return None,
        };
        Some(problem.to_owned())
    }

    /// What is wrong with the limits to what is spoken.
    fn limits(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.max_version.is_some() && self.min_version > self.max_version {
            problems.push("min_version is above max_version".to_owned());
        }
        let lists = [
            (
                "client_allowed_sans",
                &self.client_allowed_sans,
                "use a CA that signs these clients alone",
            ),
            (
                "cipher_suites",
                &self.cipher_suites,
                "all that are offered are safe",
            ),
            (
                "curve_preferences",
                &self.curve_preferences,
                "all that are offered are safe",
            ),
        ];
        let given = lists.into_iter().filter(|(_, list, _)| !list.is_empty());
        problems
            .extend(given.map(|(name, _, instead)| format!("{name} is not supported; {instead}")));
        problems
    }
}

fn headers(
    given: BTreeMap<String, String>,
    problems: &mut Vec<String>,
) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers = Vec::new();
    for (name, value) in given {
        let known = HEADERS
            .iter()
            .find(|known| known.eq_ignore_ascii_case(&name));
        let parsed = known.and_then(|known| HeaderName::from_str(known).ok());
        match (parsed, HeaderValue::from_str(&value)) {
            (None, _) => problems.push(format!(
                "http_server_config: the header {name} cannot be set, only {}",
                HEADERS.join(", ")
            )),
            (_, Err(_)) => problems.push(format!(
                "http_server_config: the value of {name} has characters that no header may have"
            )),
            // As in the toolkit, blank means unset.
            (Some(_), Ok(value)) if value.is_empty() => {}
            (Some(name), Ok(value)) => headers.push((name, value)),
        }
    }
    headers
}

fn check_user(user: &str, hash: &SecretString, problems: &mut Vec<String>) {
    use secrecy::ExposeSecret as _;

    if user.contains(':') {
        problems.push(format!(
            "basic_auth_users: the user {user:?} has a colon, which HTTP does not allow"
        ));
    }
    let cost = bcrypt::HashParts::from_str(hash.expose_secret()).map(|parts| parts.get_cost());
    match cost {
        Err(_) => problems.push(format!(
            "basic_auth_users: what stands for {user:?} is no bcrypt hash; `htpasswd -nBC 10 {user}` makes one"
        )),
        Ok(cost) if cost > HIGHEST_COST => problems.push(format!(
            "basic_auth_users: the hash of {user:?} has the cost {cost}, at most {HIGHEST_COST} is allowed"
        )),
        Ok(_) => {}
    }
}
