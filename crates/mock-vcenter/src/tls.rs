//! The server's own certificate, made at every start.

use std::fmt::Write;
use std::sync::Arc;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, crypto};
use sha2::{Digest, Sha256};

use crate::start_error::StartError;

/// A self-signed certificate in the forms that clients are configured with.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) pem: String,
    /// SHA-256 of the certificate: upper-case hex, bytes separated by colons.
    pub(crate) thumbprint: String,
}

/// Makes a certificate for `localhost` and the loopback addresses, and the configuration to serve
/// with it.
pub(crate) fn make() -> Result<(Identity, Arc<ServerConfig>), StartError> {
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let made = rcgen::generate_simple_self_signed(names)?;
    let der = made.cert.der().clone();
    let thumbprint = with_colons(&Sha256::digest(&der));
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let mut config =
        ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![der], key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((
        Identity {
            pem: made.cert.pem(),
            thumbprint,
        },
        Arc::new(config),
    ))
}

fn with_colons(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3);
    for byte in bytes {
        let separator = if text.is_empty() { "" } else { ":" };
        // Writing to a string cannot fail.
        let _ = write!(text, "{separator}{byte:02X}");
    }
    text
}
