//! What is known of one session.

use jiff::Timestamp;

/// A session as `UserSession` describes it.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// Its key, which is not the cookie.
    pub(crate) key: String,
    pub(crate) user: String,
    pub(crate) user_agent: String,
    pub(crate) address: String,
    pub(crate) login_time: Timestamp,
}
