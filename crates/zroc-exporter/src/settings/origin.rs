//! Where the value of a setting comes from.

use std::fmt;
use std::sync::Arc;

/// Where the value of a setting comes from. A later variant beats those before it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The default.
    Default,
    /// The file's tables for all vCenters and for the exporter itself.
    File(Place),
    /// The file's table for this vCenter.
    Vcenter(Place),
    /// This environment variable.
    Variable(&'static str),
    /// This flag, without dashes.
    Flag(&'static str),
}

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The path as it was given, or `standard input`.
    pub file: Arc<str>,
    /// Counted from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(place) | Self::Vcenter(place) => place.fmt(f),
            Self::Variable(name) => f.write_str(name),
            Self::Flag(flag) => write!(f, "--{flag}"),
        }
    }
}

impl Origin {
    /// Whether the file gives the value.
    pub(super) fn is_in_file(&self) -> bool {
        matches!(self, Self::File(_) | Self::Vcenter(_))
    }

    /// Whether two values are from the same layer, so that neither beats the other.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}
