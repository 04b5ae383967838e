//! API versions and the choice among those a server offers.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// A version of the vSphere API, such as `8.0.2.0` or `6.7`.
///
/// Compared number by number; a missing part counts as 0. The product version of a vCenter differs:
/// vCenter 8.0.3 speaks API 8.0.2.0.
#[derive(Clone, Debug)]
pub struct ApiVersion {
    text: Box<str>,
    parts: [u32; 4],
}

impl ApiVersion {
    /// The newest version that this library was tested against.
    pub const NEWEST: &str = "8.0.2.0";
    /// The oldest usable version: the first that shows `NVMe` controllers.
    pub const OLDEST: &str = "6.5";

    /// The version as the server writes it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The newest of `offered` between [`ApiVersion::OLDEST`] and [`ApiVersion::NEWEST`].
    ///
    /// An older version makes a newer server answer in the shapes of that version, so what is asked
    /// for decides what has to be understood.
    pub fn choose(offered: &[Self]) -> Option<&Self> {
        let oldest = parse_parts(Self::OLDEST);
        let newest = parse_parts(Self::NEWEST);
        offered
            .iter()
            .filter(|version| Some(version.parts) >= oldest && Some(version.parts) <= newest)
            .max()
    }
}

/// The text is not a version number: newest builds list private names such as `uA046D008`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a version number")]
pub struct NotAVersion;

impl FromStr for ApiVersion {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Self, NotAVersion> {
        let parts = parse_parts(text).ok_or(NotAVersion)?;
        Ok(Self {
            text: text.into(),
            parts,
        })
    }
}

fn parse_parts(text: &str) -> Option<[u32; 4]> {
    let mut parts = [0; 4];
    let mut free = parts.iter_mut();
    for part in text.split('.') {
        if !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *free.next()? = part.parse().ok()?;
    }
    Some(parts)
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Ord for ApiVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts.cmp(&other.parts)
    }
}

impl PartialOrd for ApiVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for ApiVersion {
    fn eq(&self, other: &Self) -> bool {
        self.parts == other.parts
    }
}

impl Eq for ApiVersion {}
