//! TLS as the HTTP library takes it: authorities, a pinned certificate, and why a handshake failed.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, ConfigBuilder, DigitallySignedStruct, OtherError,
    RootCertStore, SignatureScheme, WantsVerifier,
};
use sha2::{Digest, Sha256};

use crate::error::{Cause, ConnectFailure, Error};

/// Accepts what these authorities have issued for the host name in use.
pub(crate) fn trusting(roots: RootCertStore) -> Result<ClientConfig, Error> {
    let builder = builder(provider())?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Accepts the certificate with this SHA-256 digest.
pub(crate) fn pinned(pin: [u8; 32]) -> Result<ClientConfig, Error> {
    verified_by_pin(Some(pin))
}

/// Accepts every certificate.
pub(crate) fn accepting_any() -> Result<ClientConfig, Error> {
    verified_by_pin(None)
}

/// For plain HTTP. Without a configuration the HTTP library looks for a process-wide provider.
pub(crate) fn unused() -> Result<ClientConfig, Error> {
    trusting(RootCertStore::empty())
}

fn verified_by_pin(pin: Option<[u8; 32]>) -> Result<ClientConfig, Error> {
    let provider = provider();
    let verifier = Arc::new(PinVerifier {
        pin,
        provider: Arc::clone(&provider),
    });
    let builder = builder(provider)?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    Ok(builder.with_no_client_auth())
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn builder(
    provider: Arc<CryptoProvider>,
) -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, Error> {
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Config {
            problem: "no usable TLS version".to_owned(),
            source: Some(Arc::new(error)),
        })
}

/// The authorities of the operating system.
pub(crate) fn system_roots() -> Result<RootCertStore, Error> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added > 0 {
        return Ok(roots);
    }
    let source = found.errors.into_iter().next();
    Err(Error::Config {
        problem: "this system has no CA certificates".to_owned(),
        source: source.map(|error| Arc::new(error) as _),
    })
}

/// The authorities in a PEM file.
pub(crate) fn roots_in(path: &Path) -> Result<RootCertStore, Error> {
    let unusable = |source| Error::Config {
        problem: format!("cannot use the CA file {}", path.display()),
        source,
    };
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable(Some(Arc::new(error))))?;
    if certificates.is_empty() {
        return Err(Error::Config {
            problem: format!("the CA file {} holds no certificate", path.display()),
            source: None,
        });
    }
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots
            .add(certificate)
            .map_err(|error| unusable(Some(Arc::new(error))))?;
    }
    Ok(roots)
}

/// Accepts one certificate, whose key the server must prove to own, or any certificate.
///
/// Where any certificate will do, the proof is worthless: an attacker in between has a key too. This
/// verifier skips it there, because it would refuse what accept-any is for: RSA keys of 1024 bits and
/// certificates of version 1.
#[derive(Debug)]
struct PinVerifier {
    pin: Option<[u8; 32]>,
    provider: Arc<CryptoProvider>,
}

/// The server showed another certificate than the pinned one.
#[derive(Debug, thiserror::Error)]
#[error(
    "the server's certificate has the SHA-256 thumbprint {}, expected {}",
    pairs(shown),
    pairs(pin)
)]
struct OtherThumbprint {
    shown: [u8; 32],
    pin: [u8; 32],
}

/// As browsers and OpenSSL write it.
fn pairs(thumbprint: &[u8; 32]) -> String {
    thumbprint.map(|byte| format!("{byte:02X}")).join(":")
}

/// Why the HTTP library could not connect, and the error to show for it.
///
/// A wrong pin is shown by itself: rustls wraps it in words that only developers understand.
pub(crate) fn connect_failure(error: reqwest::Error) -> (ConnectFailure, Cause) {
    match certificate_error(&error) {
        None => (ConnectFailure::Other, Arc::new(error)),
        Some(CertificateError::Other(OtherError(refusal))) => {
            (ConnectFailure::Certificate, Arc::clone(refusal))
        }
        Some(_) => (ConnectFailure::Certificate, Arc::new(error)),
    }
}

fn certificate_error<'e>(
    error: &'e (dyn std::error::Error + 'static),
) -> Option<&'e CertificateError> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(rustls::Error::InvalidCertificate(refusal)) = error.downcast_ref() {
            return Some(refusal);
        }
        // The source of an I/O error is that of the error which it wraps.
        let io = error.downcast_ref::<std::io::Error>();
        cause = match io.and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

impl ServerCertVerifier for PinVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(pin) = self.pin else {
            return Ok(ServerCertVerified::assertion());
        };
        let shown = Sha256::digest(end_entity).into();
        if shown == pin {
            return Ok(ServerCertVerified::assertion());
        }
        let refusal = Arc::new(OtherThumbprint { shown, pin });
        Err(rustls::Error::InvalidCertificate(CertificateError::Other(
            OtherError(refusal),
        )))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if self.pin.is_none() {
            return Ok(HandshakeSignatureValid::assertion());
        }
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if self.pin.is_none() {
            return Ok(HandshakeSignatureValid::assertion());
        }
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
