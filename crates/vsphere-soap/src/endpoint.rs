//! The server that a client talks to.

use std::fmt;
use std::sync::Arc;

/// The server that a client talks to: `vc1.corp`, or with its port where that is not 443.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint(Arc<str>);

impl Endpoint {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The server as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
