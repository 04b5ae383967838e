//! The cause of an error, with the types of the HTTP and TLS libraries hidden.

use std::sync::Arc;

/// The cause of an error.
pub type Cause = Arc<dyn std::error::Error + Send + Sync>;
