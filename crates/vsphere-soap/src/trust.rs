//! Which server certificates to accept.

use std::path::PathBuf;

use crate::error::Error;
use crate::tls;

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

    /// Reads the CA certificates that this needs, as a new client will.
    ///
    /// # Errors
    /// [`Error::Config`] when there are none.
    pub fn check(&self) -> Result<(), Error> {
        self.tls().map(drop)
    }

    pub(crate) fn tls(&self) -> Result<rustls::ClientConfig, Error> {
        match self {
            Self::SystemRoots => tls::trusting(tls::system_roots()?),
            Self::CaFile(path) => tls::trusting(tls::roots_in(path)?),
            Self::Sha256Thumbprint(pin) => tls::pinned(*pin),
            Self::AcceptAny => tls::accepting_any(),
            Self::PlainHttp => tls::unused(),
        }
    }
}

/// The text is not a SHA-256 thumbprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a SHA-256 thumbprint: 32 pairs of hexadecimal digits, with or without colons")]
pub struct BadThumbprint;
