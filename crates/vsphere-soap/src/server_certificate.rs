//! What a server's certificate says of itself.

use std::fmt;

use jiff::Timestamp;

/// The certificate that a server showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerCertificate {
    /// Its subject, such as `CN=vc1.corp,C=US`. `None` where it cannot be read.
    pub subject: Option<String>,
    /// The subject of its issuer. `None` where it cannot be read.
    pub issuer: Option<String>,
    /// The end of its validity. `None` where it cannot be read.
    pub expires: Option<Timestamp>,
    /// SHA-256 digest of the whole certificate.
    pub sha256: [u8; 32],
}

impl ServerCertificate {
    /// Whether it names itself as its issuer, so that no CA vouches for it. `None` where it cannot be read.
    pub fn is_self_issued(&self) -> Option<bool> {
        Some(self.subject.as_ref()? == self.issuer.as_ref()?)
    }

    /// The SHA-256 digest as browsers and OpenSSL write it, and as
    /// [`Trust::parse_thumbprint`](crate::Trust::parse_thumbprint) reads it.
    pub fn thumbprint(&self) -> String {
        pairs(&self.sha256)
    }
}

/// `subject CN=vc1.corp, expires 2027-01-01T00:00:00Z, SHA-256 AA:BB:..`
impl fmt::Display for ServerCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(subject) = &self.subject {
            write!(f, "subject {subject}, ")?;
        }
        if let Some(expires) = &self.expires {
            write!(f, "expires {expires}, ")?;
        }
        write!(f, "SHA-256 {}", self.thumbprint())
    }
}

pub(crate) fn pairs(digest: &[u8; 32]) -> String {
    digest.map(|byte| format!("{byte:02X}")).join(":")
}
