//! The settings of a client.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use secrecy::SecretString;

use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::observer::Observer;
use crate::proxy::Proxy;
use crate::trust::Trust;

/// What a [`Client`](crate::Client) needs to know. [`ClientConfig::new`] fills in the defaults.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// Name, IPv4 or IPv6 address of the server; no scheme, no port, no brackets.
    pub host: String,
    /// TCP port. Default: 443.
    pub port: u16,
    /// User name, such as `reader@vsphere.local`.
    pub user: String,
    /// Password of the user.
    pub password: SecretString,
    /// Which server certificates to accept. Default: those that the system trusts.
    pub trust: Trust,
    /// The HTTP proxy on the way to the server. Default: none, whatever the environment says.
    pub proxy: Option<Proxy>,
    /// Shown in the server's session list, so it should name the program.
    /// Default: this library's name and version.
    pub user_agent: String,
    /// Time allowed for name resolution, TCP and TLS together. Default: 10 s.
    pub connect_timeout: Duration,
    /// Time allowed for one call, body included; a wait that the call itself asks for comes on top.
    /// A login that takes longer fails as well, but is waited for 30 s more, to end the session that it
    /// makes. Default: 60 s.
    pub request_timeout: Duration,
    /// Longest answer to accept, in bytes after decompression. Default: 64 MiB.
    pub max_body_bytes: usize,
    /// Gets a report about every call. Default: none.
    pub observer: Option<Observer>,
}

impl ClientConfig {
    /// Settings with all defaults.
    pub fn new(
        host: impl Into<String>,
        user: impl Into<String>,
        password: impl Into<SecretString>,
    ) -> Self {
        Self {
            host: host.into(),
            port: 443,
            user: user.into(),
            password: password.into(),
            trust: Trust::SystemRoots,
            proxy: None,
            user_agent: concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(60),
            max_body_bytes: 64 << 20,
            observer: None,
        }
    }

    /// `https://host:port`, without a path.
    pub(crate) fn base_url(&self) -> Result<String, Error> {
        let host = self.url_host();
        let plain = matches!(self.trust, Trust::PlainHttp);
        let scheme = if plain { "http" } else { "https" };
        let base = format!("{scheme}://{host}:{}", self.port);
        let bad_host = |source| Error::Config {
            problem: format!("{:?} is not a host name or address", self.host),
            source,
        };
        let is_plain = |character: char| {
            character.is_alphanumeric() || matches!(character, '.' | '-' | '_' | ':')
        };
        if self.host.contains('@') {
            return Err(Error::Config {
                problem: "the host name must not hold a user name or password".to_owned(),
                source: None,
            });
        }
        if self.host.is_empty() || !self.host.chars().all(is_plain) {
            return Err(bad_host(None));
        }
        reqwest::Url::parse(&base).map_err(|error| bad_host(Some(std::sync::Arc::new(error))))?;
        if plain && !is_loopback(&self.host) {
            return Err(Error::Config {
                problem: format!("refusing to send a password to {:?} without TLS", self.host),
                source: None,
            });
        }
        Ok(base)
    }

    /// The server as shown to people.
    pub(crate) fn endpoint(&self) -> Endpoint {
        let host = self.url_host();
        match self.port {
            443 => Endpoint::new(&host),
            port => Endpoint::new(&format!("{host}:{port}")),
        }
    }

    fn url_host(&self) -> String {
        match self.host.parse::<Ipv6Addr>() {
            Ok(address) => format!("[{address}]"),
            Err(_) => self.host.clone(),
        }
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}
