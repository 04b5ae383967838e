//! Who owns a view or a filter: one session of one client.

use std::sync::atomic::{AtomicU64, Ordering};

/// A client, unique within this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClientId(u64);

impl ClientId {
    pub(super) fn unique() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// The session that an object of the server lives in.
///
/// Every client counts its sessions from 1, so the number alone does not identify a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(super) client: ClientId,
    pub(super) session_id: u64,
}

impl Owner {
    /// The [`Session::id`](crate::Session::id) of the session.
    pub(crate) fn session_id(self) -> u64 {
        self.session_id
    }
}
