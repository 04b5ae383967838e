//! Operations that another login does not help.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// After this time another login is worth a try: the refusal may have had to do with the session.
const MEMORY: Duration = Duration::from_secs(30 * 60);

/// Remembers which operations were refused as not authenticated in session after session.
///
/// The server says the same of a session that it has forgotten, and of an operation that the user has
/// no right to. The second refusal in a row, in a newer session, tells which.
#[derive(Default)]
pub(super) struct Refusals(Mutex<Vec<Refusal>>);

struct Refusal {
    operation: &'static str,
    session: u64,
    /// When it was refused in a second session.
    confirmed: Option<Instant>,
}

impl Refusals {
    /// Notes a refusal. Whether it is the session that is to blame, and not the operation.
    pub(super) fn blames_session(
        &self,
        operation: &'static str,
        session: u64,
        now: Instant,
    ) -> bool {
        let mut refusals = self.refusals();
        let Some(known) = refusals.iter_mut().find(|it| it.operation == operation) else {
            refusals.push(Refusal {
                operation,
                session,
                confirmed: None,
            });
            return true;
        };
        match known.confirmed {
            Some(confirmed) if now.duration_since(confirmed) < MEMORY => false,
            Some(_) => {
                (known.session, known.confirmed) = (session, None);
                true
            }
            None if session > known.session => {
                known.confirmed = Some(now);
                false
            }
            None => true,
        }
    }

    /// Notes that the server did what it was asked to.
    pub(super) fn forget(&self, operation: &'static str) {
        self.refusals().retain(|it| it.operation != operation);
    }

    fn refusals(&self) -> MutexGuard<'_, Vec<Refusal>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sessions_in_a_row_blame_the_operation_for_half_an_hour() {
        let (refusals, start) = (Refusals::default(), Instant::now());
        let at = |minutes: u64| start + Duration::from_secs(minutes * 60);
        assert!(refusals.blames_session("A", 1, at(0)));
        assert!(
            refusals.blames_session("A", 1, at(0)),
            "calls may fail together"
        );
        assert!(refusals.blames_session("B", 1, at(0)));
        assert!(!refusals.blames_session("A", 2, at(1)));
        assert!(!refusals.blames_session("A", 3, at(30)));
        assert!(refusals.blames_session("A", 3, at(31)));
        assert!(!refusals.blames_session("A", 4, at(31)));
    }

    #[test]
    fn a_success_in_between_blames_the_session() {
        let (refusals, now) = (Refusals::default(), Instant::now());
        assert!(refusals.blames_session("A", 1, now));
        refusals.forget("A");
        assert!(refusals.blames_session("A", 2, now));
    }
}
