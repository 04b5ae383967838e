//! Why no connection to the server could be opened.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use crate::cause::Cause;
use crate::proxy::Proxy;
use crate::redactor::WITHHELD;
use crate::server_certificate::{ServerCertificate, pairs};

/// The step that failed on the way to an open connection.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectFailure {
    /// DNS knows no address of the name.
    #[error("the name {name} cannot be resolved")]
    Resolve {
        /// The name asked for.
        name: String,
        /// What the resolver said.
        source: Cause,
    },
    /// The machine answers, but accepts no TCP connection on the port.
    #[error("nothing listens there")]
    Refused {
        /// What the system said.
        source: Cause,
    },
    /// No network route leads to the machine, or a firewall forbids it.
    #[error("the network does not lead there")]
    Unreachable {
        /// What the system said.
        source: Cause,
    },
    /// Name resolution, TCP and TLS together took too long.
    #[error("no connection within {limit:?}")]
    TimedOut {
        /// The time allowed.
        limit: Duration,
    },
    /// The way leads through a proxy, which cannot be reached or opened no tunnel.
    #[error("{proxy} opened no way there")]
    Proxy {
        /// The proxy.
        proxy: Proxy,
        /// What happened on the way to the proxy, or in it.
        source: Box<ConnectFailure>,
    },
    /// The peer answered with something other than TLS, such as plain HTTP.
    #[error("the port does not speak TLS")]
    NotTls {
        /// What the TLS library said.
        source: Cause,
    },
    /// Client and server have no TLS version or cipher in common.
    #[error("client and server have no TLS version, cipher or kind of key in common")]
    TlsIncompatible {
        /// What the TLS library said.
        source: Cause,
    },
    /// The TLS handshake failed in another way, or was cut off.
    #[error("the TLS handshake failed")]
    Handshake {
        /// What the TLS library or the system said.
        source: Cause,
    },
    /// The server's certificate was refused under the [`Trust`](crate::Trust) in force.
    #[error(transparent)]
    Certificate(Box<RefusedCertificate>),
    /// Any other failure, such as too many open files.
    #[error("the connection could not be opened")]
    Other {
        /// What happened.
        source: Cause,
    },
}

impl ConnectFailure {
    /// Whether a later attempt may succeed without a change of the settings.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Resolve { .. }
            | Self::Refused { .. }
            | Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::Proxy { .. }
            | Self::Handshake { .. }
            | Self::Other { .. } => true,
            Self::NotTls { .. } | Self::TlsIncompatible { .. } => false,
            Self::Certificate(refused) => {
                matches!(refused.fault, CertificateFault::NotYetValid { .. })
            }
        }
    }
}

impl ConnectFailure {
    /// The same without what a certificate says.
    pub(crate) fn withheld(self) -> Self {
        match self {
            Self::Certificate(refused) => Self::Certificate(Box::new(RefusedCertificate {
                fault: CertificateFault::Invalid {
                    rule: WITHHELD.to_owned(),
                },
                certificate: ServerCertificate {
                    subject: None,
                    issuer: None,
                    ..refused.certificate
                },
            })),
            other => other,
        }
    }
}

/// A certificate that was refused, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedCertificate {
    /// What is wrong with it.
    pub fault: CertificateFault,
    /// What it says of itself.
    pub certificate: ServerCertificate,
}

impl std::error::Error for RefusedCertificate {}

impl fmt::Display for RefusedCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fault, certificate } = self;
        match fault {
            // The thumbprint is all that counts, and is in the text.
            CertificateFault::Thumbprint { expected } => write!(
                f,
                "the server's certificate has the SHA-256 thumbprint {}, expected {}",
                certificate.thumbprint(),
                pairs(expected)
            ),
            fault => write!(f, "the server's certificate {fault} ({certificate})"),
        }
    }
}

/// What is wrong with a certificate.
///
/// Displays as the rest of a sentence that begins with "the certificate".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateFault {
    /// It is not the pinned one.
    #[error("has another SHA-256 thumbprint than expected")]
    Thumbprint {
        /// The pin.
        expected: [u8; 32],
    },
    /// Its issuer is not among the trusted authorities.
    #[error("was issued by a CA that is not trusted: {issuer}")]
    UnknownIssuer {
        /// The issuer's name.
        issuer: String,
    },
    /// An authority of the issuer's name is trusted, but another key signed it.
    #[error("was not signed by the trusted CA of the same name: {issuer}")]
    OtherIssuerKey {
        /// The issuer's name.
        issuer: String,
    },
    /// It vouches for itself.
    #[error("is self-signed")]
    SelfSigned,
    /// It is that of a CA (`CA:TRUE`), which must not be a server's own.
    #[error("is that of a CA (CA:TRUE), not that of a server")]
    CaCertificate,
    /// It is of version 1, which has no place for the server's names.
    #[error("is of X.509 version 1, which cannot be verified")]
    Version1,
    /// Its validity has ended.
    #[error("expired at {at}")]
    Expired {
        /// The end of its validity.
        at: Timestamp,
    },
    /// Its validity has not begun.
    #[error("is not valid before {from}")]
    NotYetValid {
        /// The beginning of its validity.
        from: Timestamp,
    },
    /// It is for other names than the one in use.
    #[error("is not for {expected}, but for {}", list(presented))]
    WrongName {
        /// The name or address in use.
        expected: String,
        /// The names and addresses in the certificate.
        presented: Vec<String>,
    },
    /// Its RSA key is so short that it proves nothing.
    #[error("has an RSA key of only {bits} bits")]
    WeakKey {
        /// Length of the key.
        bits: usize,
    },
    /// The TLS library cannot verify signatures by a key of this kind.
    #[error("has a key that the TLS library cannot use ({kind})")]
    UnsupportedKey {
        /// The kind of key, as far as it is known.
        kind: String,
    },
    /// The server did not prove that it owns the certificate's key.
    #[error("belongs to a key that the server could not prove to own")]
    NotProven,
    /// Another rule of certificates is broken.
    #[error("breaks a rule of X.509: {rule}")]
    Invalid {
        /// The rule, as the TLS library names it.
        rule: String,
    },
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        "no name at all".to_owned()
    } else {
        names.join(", ")
    }
}
