//! Which filter uses the property collector that comes with a session.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Lends the session's own property collector to one filter at a time.
///
/// A collector reports the changes to all its filters together, under one version. Two filters in one collector
/// would therefore take each other's changes away, and a filter that nobody uses any more would fill each report
/// with what it sees. Only a filter that is surely gone makes room for another one.
#[derive(Default)]
pub(super) struct OwnCollector(Mutex<Option<CollectorClaim>>);

/// The right to use the session's own collector, until it is released.
#[derive(Debug, Clone)]
pub(crate) struct CollectorClaim {
    is_released: Arc<AtomicBool>,
}

impl OwnCollector {
    /// `None` while another filter has the collector, or may have it.
    pub(super) fn claim(&self) -> Option<CollectorClaim> {
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if latest.as_ref().is_some_and(|claim| !claim.is_released()) {
            return None;
        }
        let claim = CollectorClaim {
            is_released: Arc::default(),
        };
        *latest = Some(claim.clone());
        Some(claim)
    }
}

impl CollectorClaim {
    /// The server has no filter under this claim, or no longer has one.
    pub(crate) fn release(&self) {
        self.is_released.store(true, Ordering::Relaxed);
    }

    fn is_released(&self) -> bool {
        self.is_released.load(Ordering::Relaxed)
    }
}

impl PartialEq for CollectorClaim {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.is_released, &other.is_released)
    }
}

impl Eq for CollectorClaim {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_filter_at_a_time_has_the_collector() {
        let collector = OwnCollector::default();
        let first = collector.claim().unwrap();
        assert_eq!(collector.claim(), None);
        first.clone().release();
        let second = collector.claim().unwrap();
        assert_ne!(first, second);
        // Its filter is long gone.
        first.release();
        assert_eq!(collector.claim(), None);
    }

    #[test]
    fn a_filter_that_may_still_be_there_keeps_the_collector() {
        let collector = OwnCollector::default();
        drop(collector.claim());
        assert_eq!(collector.claim(), None);
    }
}
