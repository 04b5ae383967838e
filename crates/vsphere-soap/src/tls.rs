//! TLS as the HTTP library takes it: which certificates are accepted, and the configuration to connect with.

mod certificate;
mod refusal;
mod shown;
mod signature;
mod verifier;

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, RootCertStore};

use self::verifier::{Policy, Verifier};
use crate::error::Error;

pub(crate) use self::shown::ShownCertificate;

/// Accepts what these authorities have issued for the host name in use.
pub(crate) fn trusting(
    roots: RootCertStore,
    shown: ShownCertificate,
) -> Result<ClientConfig, Error> {
    let provider = provider();
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()
            .map_err(|error| Error::Config {
                problem: "no usable CA certificate".to_owned(),
                source: Some(Arc::new(error)),
            })?;
    config(provider, Policy::Authorities(verifier), shown)
}

/// Accepts the certificate with this SHA-256 digest.
pub(crate) fn pinned(pin: [u8; 32], shown: ShownCertificate) -> Result<ClientConfig, Error> {
    config(provider(), Policy::Pin(pin), shown)
}

/// Accepts every certificate. Plain HTTP needs a configuration too: without one the HTTP library looks for a process-wide
/// provider.
pub(crate) fn accepting_any(shown: ShownCertificate) -> Result<ClientConfig, Error> {
    config(provider(), Policy::Any, shown)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn config(
    provider: Arc<CryptoProvider>,
    policy: Policy,
    shown: ShownCertificate,
) -> Result<ClientConfig, Error> {
    let verifier = Verifier::new(policy, provider.signature_verification_algorithms, shown);
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Config {
            problem: "no usable TLS version".to_owned(),
            source: Some(Arc::new(error)),
        })?;
    let builder = builder
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    Ok(builder.with_no_client_auth())
}
