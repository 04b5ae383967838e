//! The HTTP client under a transport: how it reaches the server and whom it trusts.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::redirect::Policy;

use crate::config::ClientConfig;
use crate::error::Error;
use crate::server_certificate::ServerCertificate;
use crate::tls::ShownCertificate;

/// An HTTP client that is replaced when the CA file has changed, so that connections made under the old one end.
pub(super) struct HttpClient {
    current: Mutex<Current>,
    shown: ShownCertificate,
}

struct Current {
    kept: reqwest::Client,
    fresh: reqwest::Client,
    /// What the CA file held; empty without one.
    ca_file: Vec<u8>,
}

impl HttpClient {
    pub(super) fn new(config: &ClientConfig) -> Result<Self, Error> {
        let shown = ShownCertificate::default();
        let ca_file = config.trust.read_ca_file()?;
        let current = build(config, ca_file, &shown)?;
        Ok(Self {
            current: Mutex::new(current),
            shown,
        })
    }

    /// Keeps connections alive.
    pub(super) fn get(&self) -> reqwest::Client {
        self.current().kept.clone()
    }

    /// Keeps none, for the second attempt after a kept-alive connection broke.
    pub(super) fn fresh(&self) -> reqwest::Client {
        self.current().fresh.clone()
    }

    pub(super) fn shown_certificate(&self) -> Option<ServerCertificate> {
        self.shown.get()
    }

    /// Reads the CA file again. Whether it has changed.
    pub(super) fn reload_ca_file(&self, config: &ClientConfig) -> Result<bool, Error> {
        let ca_file = config.trust.read_ca_file()?;
        if ca_file == self.current().ca_file {
            return Ok(false);
        }
        let current = build(config, ca_file, &self.shown)?;
        *self.current() = current;
        Ok(true)
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn build(
    config: &ClientConfig,
    ca_file: Vec<u8>,
    shown: &ShownCertificate,
) -> Result<Current, Error> {
    let unusable = |error: reqwest::Error| Error::Config {
        problem: "cannot set up HTTP".to_owned(),
        source: Some(Arc::new(error.without_url())),
    };
    let tls = config.trust.tls(&ca_file, shown.clone())?;
    let proxy = config.proxy.as_ref();
    let proxy = proxy.map(|proxy| reqwest::Proxy::all(proxy.url().clone()));
    let proxy = proxy.transpose().map_err(unusable)?;
    let builder = || {
        let builder = reqwest::Client::builder()
            .http1_only()
            .redirect(Policy::none())
            .referer(false)
            .connect_timeout(config.connect_timeout)
            .user_agent(&config.user_agent)
            .tls_backend_preconfigured(tls.clone())
            // None but the one in the settings.
            .no_proxy();
        match &proxy {
            Some(proxy) => builder.proxy(proxy.clone()),
            None => builder,
        }
    };
    let fresh = builder().pool_max_idle_per_host(0);
    Ok(Current {
        kept: builder().build().map_err(unusable)?,
        fresh: fresh.build().map_err(unusable)?,
        ca_file,
    })
}
