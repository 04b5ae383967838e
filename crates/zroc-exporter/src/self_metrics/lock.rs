//! One way to lock what is counted.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Whatever panicked with the lock held left a whole value.
pub(super) fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
