//! Operations that another login does not help.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// After this time another login is worth a try, because the server may have dropped two sessions in a row.
/// It doubles each time that the login was of no help.
const FIRST_PAUSE: Duration = Duration::from_secs(5 * 60);
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

/// Remembers which operations were refused as not authenticated in session after session.
///
/// The server says the same of a session that it has forgotten, and of an operation that the user has
/// no right to. The second refusal in a row, in a newer session, tells which.
#[derive(Default)]
pub(super) struct Refusals(Mutex<Vec<Refusal>>);

struct Refusal {
    operation: &'static str,
    session: u64,
    /// Until when no login is worth a try; unknown until it is refused in a second session.
    until: Option<Instant>,
    pause: Duration,
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
                until: None,
                pause: FIRST_PAUSE,
            });
            return true;
        };
        match known.until {
            Some(until) if now < until => false,
            Some(_) => {
                (known.session, known.until) = (session, None);
                true
            }
            None if session > known.session => {
                known.until = Some(now + known.pause);
                known.pause = (known.pause * 2).min(LONGEST_PAUSE);
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
    fn two_sessions_in_a_row_blame_the_operation() {
        let (refusals, now) = (Refusals::default(), Instant::now());
        assert!(refusals.blames_session("A", 1, now));
        assert!(
            refusals.blames_session("A", 1, now),
            "calls may fail together"
        );
        assert!(refusals.blames_session("B", 1, now));
        assert!(!refusals.blames_session("A", 2, now));
        assert!(!refusals.blames_session("A", 2, now));
        assert!(!refusals.blames_session("A", 3, now));
    }

    #[test]
    fn an_operation_refused_for_hours_costs_a_login_now_and_then() {
        let (refusals, start) = (Refusals::default(), Instant::now());
        let (mut session, mut logins) = (1, Vec::new());
        for minute in 0..300 {
            let now = start + Duration::from_secs(minute * 60);
            if refusals.blames_session("A", session, now) {
                session += 1;
                logins.push(minute);
                assert!(!refusals.blames_session("A", session, now));
            }
        }
        assert_eq!(logins, [0, 5, 15, 35, 75, 135, 195, 255]);
    }

    #[test]
    fn a_success_in_between_blames_the_session() {
        let (refusals, now) = (Refusals::default(), Instant::now());
        assert!(refusals.blames_session("A", 1, now));
        refusals.forget("A");
        assert!(refusals.blames_session("A", 2, now));
    }
}
