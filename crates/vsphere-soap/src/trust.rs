//! Which server certificates to accept.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};
use sha2::{Digest, Sha256};

use crate::error::{Cause, Error};

/// Which server certificates a client accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trust {
    /// Those that the operating system trusts. vCenter's own CA is not among them unless somebody
    /// installed it.
    SystemRoots,
    /// Those issued by a CA in this PEM file, for the host name in use.
    CaFile(PathBuf),
    /// The one certificate whose SHA-256 digest this is, whatever name it carries.
    Sha256Thumbprint([u8; 32]),
    /// Any, even one whose key is too weak to prove anything. Whoever can redirect the traffic can
    /// read the password.
    AcceptAny,
    /// No TLS at all, for simulators; accepted for loopback addresses only.
    PlainHttp,
}

impl Trust {
    /// Reads a SHA-256 thumbprint, as 64 hexadecimal digits or as pairs with colons between them.
    ///
    /// # Errors
    /// [`BadThumbprint`] for any other text.
    pub fn parse_thumbprint(text: &str) -> Result<Self, BadThumbprint> {
        let digits: String = match text.trim() {
            plain if plain.len() == 64 => plain.to_owned(),
            paired => {
                let pairs: Vec<&str> = paired.split(':').collect();
                if pairs.len() != 32 || pairs.iter().any(|pair| pair.len() != 2) {
                    return Err(BadThumbprint);
                }
                pairs.concat()
            }
        };
        let mut thumbprint = [0; 32];
        for (byte, pair) in thumbprint.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| BadThumbprint)?;
            if !pair.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return Err(BadThumbprint);
            }
            *byte = u8::from_str_radix(pair, 16).map_err(|_| BadThumbprint)?;
        }
        Ok(Self::Sha256Thumbprint(thumbprint))
    }

    /// Reads the certificates that this is about, as a new client will.
    ///
    /// # Errors
    /// [`Error::Config`] when there is none.
    pub fn check(&self) -> Result<(), Error> {
        self.tls().map(drop)
    }

    pub(crate) fn tls(&self) -> Result<rustls::ClientConfig, Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::Config {
                problem: "no usable TLS version".to_owned(),
                source: Some(Arc::new(error)),
            })?;
        let pin = match self {
            // Not used, but without it the HTTP library looks for a process-wide provider.
            Self::PlainHttp => {
                let builder = builder.with_root_certificates(RootCertStore::empty());
                return Ok(builder.with_no_client_auth());
            }
            Self::SystemRoots => {
                let builder = builder.with_root_certificates(system_roots()?);
                return Ok(builder.with_no_client_auth());
            }
            Self::CaFile(path) => {
                let builder = builder.with_root_certificates(roots_in(path)?);
                return Ok(builder.with_no_client_auth());
            }
            Self::Sha256Thumbprint(pin) => Some(*pin),
            Self::AcceptAny => None,
        };
        let verifier = Arc::new(PinVerifier { pin, provider });
        let builder = builder
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        Ok(builder.with_no_client_auth())
    }
}

/// The text is no SHA-256 thumbprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a SHA-256 thumbprint: 32 pairs of hexadecimal digits, with or without colons")]
pub struct BadThumbprint;

fn system_roots() -> Result<RootCertStore, Error> {
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

fn roots_in(path: &Path) -> Result<RootCertStore, Error> {
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

/// Accepts one certificate, whose key the server must prove to own, or any.
///
/// Where any certificate will do the proof says nothing: whoever is in between has a key too. It is not asked
/// for, because it would refuse what accept-any is there for: RSA keys of 1024 bits, certificates of version 1.
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

/// Whether this, or a cause of it, says that the server's certificate is not accepted.
pub(crate) fn is_refusal(error: &(dyn std::error::Error + 'static)) -> bool {
    error.is::<OtherThumbprint>() || certificate_error(error).is_some()
}

/// The pin's refusal by itself, if that is the cause of `error`: rustls shows of it what only developers read.
pub(crate) fn other_thumbprint(error: &(dyn std::error::Error + 'static)) -> Option<Cause> {
    match certificate_error(error)? {
        CertificateError::Other(OtherError(refusal)) => Some(Arc::clone(refusal)),
        _ => None,
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
        // An I/O error passes over the error that it wraps when asked for its source.
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
