//! Which filter uses the property collector that comes with a session.

use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Lends the session's own property collector to one filter at a time.
///
/// A collector reports the changes to all its filters together, under one version. Two filters in one collector
/// would therefore take each other's changes away.
#[derive(Default)]
pub(super) struct OwnCollector(Mutex<Weak<()>>);

/// The right to use the session's own collector, until the last clone is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CollectorClaim(Arc<()>);

impl OwnCollector {
    /// `None` while another filter has the collector.
    pub(super) fn claim(&self) -> Option<CollectorClaim> {
        let mut claimed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if claimed.strong_count() > 0 {
            return None;
        }
        let claim = Arc::new(());
        *claimed = Arc::downgrade(&claim);
        Some(CollectorClaim(claim))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_filter_at_a_time_has_the_collector() {
        let collector = OwnCollector::default();
        let claim = collector.claim().unwrap();
        let clone = claim.clone();
        drop(claim);
        assert_eq!(collector.claim(), None);
        drop(clone);
        assert!(collector.claim().is_some());
    }
}
