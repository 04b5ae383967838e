//! Why the TLS library refuses a certificate, in terms of its cause.

use std::sync::Arc;

use jiff::Timestamp;
use rustls::pki_types::{ServerName, UnixTime};
use rustls::{CertificateError, OtherError};

use super::certificate::Reading;
use crate::connect_failure::{CertificateFault, RefusedCertificate};
use crate::untrusted_text::shown;

/// A refusal shows at most this many names.
const MOST_NAMES: usize = 10;

/// Longest name that is shown, in characters.
const NAME_CHARS: usize = 100;

/// The refusal as the TLS library carries it.
pub(super) fn refuse(fault: CertificateFault, reading: Reading) -> rustls::Error {
    let refused = RefusedCertificate {
        fault,
        certificate: reading.certificate,
    };
    rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(refused))))
}

/// What the library's own refusal means. The library has a name of its own for common causes only; the others show in the
/// certificate itself.
pub(super) fn fault(error: &rustls::Error, reading: &Reading) -> CertificateFault {
    let rustls::Error::InvalidCertificate(error) = error else {
        return invalid(error);
    };
    let details = reading.details.as_ref();
    match (error, details) {
        (CertificateError::ExpiredContext { not_after, .. }, _) => expired(*not_after),
        (CertificateError::NotValidYetContext { not_before, .. }, _) => {
            CertificateFault::NotYetValid {
                from: timestamp(*not_before),
            }
        }
        (
            CertificateError::NotValidForNameContext {
                expected,
                presented,
            },
            _,
        ) => wrong_name(expected, presented),
        (_, Some(details)) if details.is_version_1 => CertificateFault::Version1,
        (CertificateError::UnknownIssuer | CertificateError::BadSignature, Some(details))
            if details.is_self_issued =>
        {
            CertificateFault::SelfSigned
        }
        (CertificateError::UnknownIssuer, details) => CertificateFault::UnknownIssuer {
            issuer: details.map_or_else(String::new, |details| details.issuer.clone()),
        },
        (CertificateError::BadSignature, Some(details)) => CertificateFault::OtherIssuerKey {
            issuer: details.issuer.clone(),
        },
        (CertificateError::Other(_), Some(details)) if details.is_ca => {
            CertificateFault::CaCertificate
        }
        (error, _) => invalid(error),
    }
}

fn invalid(rule: &impl ToString) -> CertificateFault {
    CertificateFault::Invalid {
        rule: shown(&rule.to_string(), NAME_CHARS),
    }
}

fn expired(at: UnixTime) -> CertificateFault {
    CertificateFault::Expired { at: timestamp(at) }
}

fn wrong_name(expected: &ServerName<'_>, presented: &[String]) -> CertificateFault {
    let presented = presented.iter().take(MOST_NAMES);
    CertificateFault::WrongName {
        expected: expected.to_str().into_owned(),
        presented: presented.map(|name| readable(name)).collect(),
    }
}

/// The library writes names as it does in debug output: `DnsName("a")`, `IpAddress(10.0.0.1)`.
fn readable(name: &str) -> String {
    let inner = name
        .strip_suffix(')')
        .and_then(|name| name.split_once('('))
        .map_or(name, |(_, inner)| inner);
    shown(inner.trim_matches('"'), NAME_CHARS)
}

fn timestamp(time: UnixTime) -> Timestamp {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}
