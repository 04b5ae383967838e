//! Which server certificates to accept.

use std::path::PathBuf;

use crate::authorities;
use crate::error::Error;
use crate::tls::{self, ShownCertificate};

/// Number of hexadecimal digits in a SHA-1 digest.
const SHA1_DIGITS: usize = 40;

/// Which server certificates a client accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trust {
    /// Those that the operating system trusts. vCenter's own CA is among them only if somebody installed
    /// it.
    SystemRoots,
    /// Those issued by a CA in this PEM file, for the host name in use.
    CaFile(PathBuf),
    /// The one certificate whose SHA-256 digest this is, whatever name it carries.
    Sha256Thumbprint([u8; 32]),
    /// Any, even one whose key is too weak to prove anything. Anyone who can redirect the traffic can
    /// read the password.
    AcceptAny,
    /// No TLS at all, for simulators; accepted for loopback addresses only.
    PlainHttp,
}

impl Trust {
    /// Reads a SHA-256 thumbprint in any form in which tools write it: 64 hexadecimal digits, in upper or lower case, with or
    /// without colons or blanks between pairs, with or without a title such as `sha256 Fingerprint=` before them.
    ///
    /// # Errors
    /// [`BadThumbprint`] for any other text.
    pub fn parse_thumbprint(text: &str) -> Result<Self, BadThumbprint> {
        let digest = text.rsplit('=').next().unwrap_or(text);
        let groups: Vec<&str> = digest
            .split(|c: char| c == ':' || c == '-' || c.is_whitespace() || is_invisible(c))
            .filter(|group| !group.is_empty())
            .collect();
        let digits = groups.concat();
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(BadThumbprint::NotHexadecimal);
        }
        if groups.iter().any(|group| group.len() % 2 == 1) {
            return Err(BadThumbprint::NotPairs);
        }
        if digits.len() == SHA1_DIGITS {
            return Err(BadThumbprint::Sha1);
        }
        let mut thumbprint = [0; 32];
        if digits.len() != 2 * thumbprint.len() {
            return Err(BadThumbprint::Length {
                digits: digits.len(),
            });
        }
        for (byte, pair) in thumbprint.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| BadThumbprint::NotHexadecimal)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| BadThumbprint::NotHexadecimal)?;
        }
        Ok(Self::Sha256Thumbprint(thumbprint))
    }

    /// Reads the CA certificates that this needs, as a new client will.
    ///
    /// # Errors
    /// [`Error::Config`] when there are none.
    pub fn check(&self) -> Result<(), Error> {
        let ca_file = self.read_ca_file()?;
        self.tls(&ca_file, ShownCertificate::default()).map(drop)
    }

    /// What the CA file holds; nothing where none is named.
    pub(crate) fn read_ca_file(&self) -> Result<Vec<u8>, Error> {
        match self {
            Self::CaFile(path) => authorities::read_file(path),
            _ => Ok(Vec::new()),
        }
    }

    /// The TLS configuration for this, given the content of the CA file if it names one.
    pub(crate) fn tls(
        &self,
        ca_file: &[u8],
        shown: ShownCertificate,
    ) -> Result<rustls::ClientConfig, Error> {
        match self {
            Self::SystemRoots => tls::trusting(authorities::of_the_system()?, shown),
            Self::CaFile(path) => tls::trusting(authorities::in_file(path, ca_file)?, shown),
            Self::Sha256Thumbprint(pin) => tls::pinned(*pin, shown),
            Self::AcceptAny | Self::PlainHttp => tls::accepting_any(shown),
        }
    }
}

/// Marks that are copied along from windows and web pages.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{feff}')
}

/// The text is not a SHA-256 thumbprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadThumbprint {
    /// It has characters that are not hexadecimal digits.
    #[error("which is not hexadecimal")]
    NotHexadecimal,
    /// Colons or blanks divide it otherwise than in pairs.
    #[error("whose digits are not in pairs")]
    NotPairs,
    /// It is as long as a SHA-1 thumbprint, which proves too little.
    #[error("which is a SHA-1 thumbprint; the SHA-256 one is needed")]
    Sha1,
    /// It has another number of digits than 64.
    #[error("which has {digits} digits instead of 64")]
    Length {
        /// Number of hexadecimal digits.
        digits: usize,
    },
}
