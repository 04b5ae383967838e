//! Operations that the server refuses as not authenticated, whatever the session.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::backoff::Backoff;
use crate::operation::Operation;

/// After the first pause another login is worth a try, because the server may have dropped two sessions in a row. The
/// pause doubles each time that the login did not help.
const BACKOFF: Backoff = Backoff::new(Duration::from_secs(5 * 60), Duration::from_secs(60 * 60));

/// What the outcome of a call shows about its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionVerdict {
    /// The server may still know it.
    Usable,
    /// The server has forgotten it. Only a new one can help.
    Lost,
}

/// Remembers which operations were refused as not authenticated in session after session.
///
/// The server answers `NotAuthenticated` when it has forgotten the session, and also when the user lacks the right to
/// an operation. A second refusal in a row, in a newer session, means the latter.
#[derive(Default)]
pub(super) struct UnauthenticatedOperations(Mutex<Vec<Refused>>);

struct Refused {
    operation: Operation,
    session_id: u64,
    /// Until when another login is not worth a try. `None` before the refusal in a second session.
    until: Option<Instant>,
    backoff: Backoff,
}

impl UnauthenticatedOperations {
    /// Records that the server refused `operation` as not authenticated in this session.
    pub(super) fn record_refusal(
        &self,
        operation: Operation,
        session_id: u64,
        now: Instant,
    ) -> SessionVerdict {
        let mut refused = self.refused();
        let Some(known) = refused.iter_mut().find(|it| it.operation == operation) else {
            refused.push(Refused {
                operation,
                session_id,
                until: None,
                backoff: BACKOFF,
            });
            return SessionVerdict::Lost;
        };
        match known.until {
            Some(until) if now < until => SessionVerdict::Usable,
            Some(_) => {
                (known.session_id, known.until) = (session_id, None);
                SessionVerdict::Lost
            }
            None if session_id > known.session_id => {
                known.until = Some(now + known.backoff.next_pause());
                SessionVerdict::Usable
            }
            None => SessionVerdict::Lost,
        }
    }

    /// Records that the server answered `operation`.
    pub(super) fn record_answer(&self, operation: Operation) {
        self.refused().retain(|it| it.operation != operation);
    }

    fn refused(&self) -> MutexGuard<'_, Vec<Refused>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOST: SessionVerdict = SessionVerdict::Lost;
    const USABLE: SessionVerdict = SessionVerdict::Usable;
    const A: Operation = Operation::CURRENT_TIME;
    const B: Operation = Operation::QUERY_PERF;

    #[test]
    fn two_sessions_in_a_row_blame_the_operation() {
        let (operations, now) = (UnauthenticatedOperations::default(), Instant::now());
        assert_eq!(operations.record_refusal(A, 1, now), LOST);
        let verdict = operations.record_refusal(A, 1, now);
        assert_eq!(verdict, LOST, "calls may fail together");
        assert_eq!(operations.record_refusal(B, 1, now), LOST);
        assert_eq!(operations.record_refusal(A, 2, now), USABLE);
        assert_eq!(operations.record_refusal(A, 2, now), USABLE);
        assert_eq!(operations.record_refusal(A, 3, now), USABLE);
    }

    #[test]
    fn an_operation_refused_for_hours_costs_a_login_now_and_then() {
        let (operations, start) = (UnauthenticatedOperations::default(), Instant::now());
        let (mut session, mut logins) = (1, Vec::new());
        for minute in 0..300 {
            let now = start + Duration::from_secs(minute * 60);
            if operations.record_refusal(A, session, now) == LOST {
                session += 1;
                logins.push(minute);
                assert_eq!(operations.record_refusal(A, session, now), USABLE);
            }
        }
        assert_eq!(logins, [0, 5, 15, 35, 75, 135, 195, 255]);
    }

    #[test]
    fn a_success_in_between_blames_the_session() {
        let (operations, now) = (UnauthenticatedOperations::default(), Instant::now());
        assert_eq!(operations.record_refusal(A, 1, now), LOST);
        operations.record_answer(A);
        assert_eq!(operations.record_refusal(A, 2, now), LOST);
    }
}
