//! Reads the parts of a certificate that people and the verifier need, whatever its version.

use rustls::pki_types::CertificateDer;
use sha2::{Digest as _, Sha256};
use x509_cert::certificate::Version;
use x509_cert::der::asn1::{ObjectIdentifier, UintRef};
use x509_cert::der::{Decode as _, Encode as _, Reader as _, SliceReader};
use x509_cert::ext::pkix::BasicConstraints;
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_cert::time::Time;
use x509_cert::{Certificate, TbsCertificate};

use crate::server_certificate::ServerCertificate;
use crate::untrusted_text::shown;

/// Longest name that is shown, in characters.
const NAME_CHARS: usize = 200;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// What was read from a certificate.
pub(super) struct Reading {
    pub(super) certificate: ServerCertificate,
    /// `None` where the certificate cannot be read.
    pub(super) details: Option<Details>,
}

/// What the certificate says beyond what is shown of every one.
pub(super) struct Details {
    pub(super) issuer: String,
    pub(super) is_self_issued: bool,
    pub(super) is_version_1: bool,
    pub(super) is_ca: bool,
    pub(super) key: PublicKey,
}

/// The key that the server must own.
pub(super) struct PublicKey {
    /// The content of its `AlgorithmIdentifier`, without tag and length, as rustls compares it.
    pub(super) algorithm: Vec<u8>,
    pub(super) bits: Vec<u8>,
    /// Length of the modulus, of an RSA key.
    pub(super) rsa_bits: Option<usize>,
    /// A name of the algorithm, with its curve where it has one.
    pub(super) kind: String,
}

impl Reading {
    pub(super) fn of(der: &CertificateDer<'_>) -> Self {
        let sha256 = Sha256::digest(der).into();
        let Ok(read) = Certificate::from_der(der) else {
            return Self {
                certificate: ServerCertificate {
                    subject: None,
                    issuer: None,
                    expires: None,
                    sha256,
                },
                details: None,
            };
        };
        let content = read.tbs_certificate();
        Self {
            certificate: ServerCertificate {
                subject: Some(shown(&content.subject().to_string(), NAME_CHARS)),
                issuer: Some(shown(&content.issuer().to_string(), NAME_CHARS)),
                expires: timestamp(content.validity().not_after),
                sha256,
            },
            details: Some(Details::of(content)),
        }
    }

    pub(super) fn key(&self) -> Option<&PublicKey> {
        self.details.as_ref().map(|details| &details.key)
    }
}

impl Details {
    fn of(content: &TbsCertificate) -> Self {
        let constraints = content.get_extension::<BasicConstraints>();
        Self {
            issuer: shown(&content.issuer().to_string(), NAME_CHARS),
            is_self_issued: content.issuer() == content.subject(),
            is_version_1: content.version() == Version::V1,
            is_ca: matches!(constraints, Ok(Some((_, constraints))) if constraints.ca),
            key: PublicKey::of(content.subject_public_key_info()),
        }
    }
}

impl PublicKey {
    fn of(info: &SubjectPublicKeyInfoOwned) -> Self {
        let bits = info.subject_public_key.raw_bytes().to_vec();
        // Tag and length take a byte each: no algorithm needs more than 127 bytes.
        let algorithm = info.algorithm.to_der().unwrap_or_default();
        Self {
            algorithm: algorithm.get(2..).unwrap_or_default().to_vec(),
            rsa_bits: (info.algorithm.oid == RSA)
                .then(|| modulus_bits(&bits))
                .flatten(),
            kind: kind(info),
            bits,
        }
    }
}

fn kind(info: &SubjectPublicKeyInfoOwned) -> String {
    let parameters = info.algorithm.parameters.as_ref();
    let curve = parameters.and_then(|parameters| parameters.decode_as::<ObjectIdentifier>().ok());
    let id = curve.unwrap_or(info.algorithm.oid).to_string();
    let name = match id.as_str() {
        "1.2.840.113549.1.1.1" => "RSA",
        "1.2.840.113549.1.1.10" => "RSASSA-PSS",
        "1.2.840.10040.4.1" => "DSA",
        "1.2.840.10045.3.1.7" => "P-256",
        "1.3.132.0.34" => "P-384",
        "1.3.132.0.35" => "P-521",
        "1.3.132.0.10" => "secp256k1",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        _ => return format!("object identifier {id}"),
    };
    name.to_owned()
}

/// Length of the modulus in an `RSAPublicKey`.
fn modulus_bits(key: &[u8]) -> Option<usize> {
    let mut reader = SliceReader::new(key).ok()?;
    let modulus: Result<usize, x509_cert::der::Error> = reader.sequence(|fields| {
        let modulus = UintRef::decode(fields)?.as_bytes().to_vec();
        UintRef::decode(fields)?;
        let first = modulus.first().map_or(0, |byte| byte.leading_zeros());
        Ok((modulus.len() * 8).saturating_sub(first as usize))
    });
    modulus.ok()
}

fn timestamp(time: Time) -> Option<jiff::Timestamp> {
    let since_epoch = jiff::SignedDuration::try_from(time.to_unix_duration()).ok()?;
    jiff::Timestamp::from_duration(since_epoch).ok()
}
