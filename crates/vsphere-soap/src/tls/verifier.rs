//! Judges the certificate that a server shows, and says why one is refused.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme};

use super::certificate::Reading;
use super::refusal::{self, refuse};
use super::shown::ShownCertificate;
use super::signature::{self, Handshake};
use crate::connect_failure::CertificateFault;

/// What is accepted.
#[derive(Debug)]
pub(super) enum Policy {
    /// What these authorities have issued for the host name in use.
    Authorities(Arc<WebPkiServerVerifier>),
    /// The certificate with this SHA-256 digest, whatever else it says. The server must prove to own its key.
    Pin([u8; 32]),
    /// Everything. A proof of ownership would be worthless: an attacker in between has a key too.
    Any,
}

#[derive(Debug)]
pub(super) struct Verifier {
    policy: Policy,
    algorithms: WebPkiSupportedAlgorithms,
    shown: ShownCertificate,
}

impl Verifier {
    pub(super) fn new(
        policy: Policy,
        algorithms: WebPkiSupportedAlgorithms,
        shown: ShownCertificate,
    ) -> Self {
        Self {
            policy,
            algorithms,
            shown,
        }
    }

    /// Judges a signature of the handshake. `checked` is the library's own verdict.
    fn judge(
        &self,
        handshake: Handshake,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
        checked: impl FnOnce() -> Result<HandshakeSignatureValid, rustls::Error>,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if matches!(self.policy, Policy::Any) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        if let Ok(valid) = checked() {
            return Ok(valid);
        }
        let reading = Reading::of(certificate);
        // The library reads the key from certificates of version 3 only, and wants it to be long.
        let is_pinned = matches!(self.policy, Policy::Pin(_));
        let is_proven = is_pinned
            && reading.key().is_some_and(|key| {
                let (algorithms, scheme) = (&self.algorithms, dss.scheme);
                let signature = dss.signature();
                signature::is_made_with(key, handshake, algorithms, scheme, message, signature)
            });
        if is_proven {
            return Ok(HandshakeSignatureValid::assertion());
        }
        let fault = signature::fault(reading.key(), &self.algorithms, dss.scheme);
        Err(refuse(fault, reading))
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let reading = Reading::of(end_entity);
        self.shown.set(reading.certificate.clone());
        let fault = match &self.policy {
            Policy::Any => return Ok(ServerCertVerified::assertion()),
            Policy::Pin(pin) if reading.certificate.sha256 == *pin => {
                return Ok(ServerCertVerified::assertion());
            }
            Policy::Pin(pin) => CertificateFault::Thumbprint { expected: *pin },
            Policy::Authorities(authorities) => {
                let verified = authorities.verify_server_cert(
                    end_entity,
                    intermediates,
                    server_name,
                    ocsp_response,
                    now,
                );
                match verified {
                    Ok(verified) => return Ok(verified),
                    Err(error) => refusal::fault(&error, &reading),
                }
            }
        };
        Err(refuse(fault, reading))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge(Handshake::Tls12, message, cert, dss, || {
            verify_tls12_signature(message, cert, dss, &self.algorithms)
        })
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge(Handshake::Tls13, message, cert, dss, || {
            verify_tls13_signature(message, cert, dss, &self.algorithms)
        })
    }

    /// Beside what can be verified, kinds of keys that cannot. A server that has no other key then shows its certificate, so
    /// that the refusal names it, or is accepted where nothing is verified.
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let mut schemes = self.algorithms.supported_schemes();
        if !matches!(self.policy, Policy::Authorities(_)) {
            // Short RSA keys can be verified by the older form alone, and a server takes the first form that it knows.
            schemes.sort_by_key(|scheme| signature::is_pss(*scheme));
        }
        schemes.extend([
            SignatureScheme::ECDSA_NISTP521_SHA512,
            SignatureScheme::ED448,
        ]);
        if matches!(self.policy, Policy::Any) {
            schemes.extend([
                SignatureScheme::RSA_PKCS1_SHA1,
                SignatureScheme::ECDSA_SHA1_Legacy,
            ]);
        }
        schemes
    }
}
