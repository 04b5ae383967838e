//! How many logins a client may still make.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Unlimited until it is set.
#[derive(Debug, Default)]
pub(crate) struct LoginLimit(Mutex<Option<u32>>);

impl LoginLimit {
    /// Allows this many logins from now on.
    pub(crate) fn set(&self, logins: u32) {
        *self.left() = Some(logins);
    }

    /// Whether no further login is allowed.
    pub(crate) fn is_reached(&self) -> bool {
        *self.left() == Some(0)
    }

    /// Counts a login, if one is allowed.
    pub(super) fn take(&self) -> bool {
        let mut left = self.left();
        match &mut *left {
            None => true,
            Some(0) => false,
            Some(logins) => {
                *logins -= 1;
                true
            }
        }
    }

    fn left(&self) -> MutexGuard<'_, Option<u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
