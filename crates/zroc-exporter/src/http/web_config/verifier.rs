//! Verifies passwords one at a time. The limit belongs to the work: who hangs up frees nothing that still runs.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// More than there are scrapers and people.
const MOST_WAITING: usize = 32;

/// A password takes up to a second to verify. Prometheus waits for 10 s by default.
const ANSWER_WITHIN: Duration = Duration::from_secs(8);

/// Why a password was not verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// Later questions came before it for too long.
    CrowdedOut,
    /// The verification panicked.
    Panicked,
}

/// One thread at most, and those who wait for it.
///
/// The latest question comes first. A flood of wrong passwords thus keeps nobody waiting behind it: each of its clients
/// either waits for its answer and asks nothing meanwhile, or hangs up and is forgotten.
#[derive(Default)]
pub(super) struct Verifier {
    turns: Mutex<Turns>,
}

#[derive(Default)]
struct Turns {
    /// The latest last.
    waiting: Vec<Turn>,
    is_working: bool,
}

struct Turn {
    verify: Box<dyn FnOnce() -> bool + Send>,
    answer: oneshot::Sender<Result<bool, NoAnswer>>,
}

impl Verifier {
    /// What `verify` returns once its turn has come.
    ///
    /// # Errors
    /// Says why there is no answer.
    pub(super) async fn answer(
        self: &Arc<Self>,
        verify: impl FnOnce() -> bool + Send + 'static,
    ) -> Result<bool, NoAnswer> {
        let (answer, outcome) = oneshot::channel();
        let turn = Turn {
            verify: Box::new(verify),
            answer,
        };
        if self.enqueue(turn) {
            let verifier = Arc::clone(self);
            spawn_blocking(move || verifier.work());
        }
        match timeout(ANSWER_WITHIN, outcome).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) | Err(_) => Err(NoAnswer::CrowdedOut),
        }
    }

    /// Whether somebody has to begin the work. The oldest question gives way when there are too many.
    fn enqueue(&self, turn: Turn) -> bool {
        let mut turns = self.turns();
        turns.waiting.retain(|turn| !turn.answer.is_closed());
        if turns.waiting.len() >= MOST_WAITING {
            turns.waiting.remove(0);
        }
        turns.waiting.push(turn);
        !std::mem::replace(&mut turns.is_working, true)
    }

    fn work(&self) {
        while let Some(Turn { verify, answer }) = self.next() {
            let outcome = catch_unwind(AssertUnwindSafe(verify));
            // Who asked may have hung up meanwhile.
            let _ = answer.send(outcome.map_err(|_| NoAnswer::Panicked));
        }
    }

    /// The latest question that somebody still waits for. Without any the work ends.
    fn next(&self) -> Option<Turn> {
        let mut turns = self.turns();
        turns.waiting.retain(|turn| !turn.answer.is_closed());
        let next = turns.waiting.pop();
        turns.is_working = next.is_some();
        next
    }

    fn turns(&self) -> MutexGuard<'_, Turns> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::mpsc::{self, Sender};

    use futures_util::FutureExt as _;
    use futures_util::future::join_all;

    use super::*;

    type Answer = Pin<Box<dyn Future<Output = Result<bool, NoAnswer>>>>;

    /// Work that has begun, and ends when the sender is dropped.
    fn busy(verifier: &Arc<Verifier>) -> (Answer, Sender<()>) {
        let (begin, is_running) = mpsc::channel();
        let (release, held_up) = mpsc::channel::<()>();
        let verifier = Arc::clone(verifier);
        let mut answer: Answer = Box::pin(async move {
            let work = move || {
                begin.send(()).unwrap();
                held_up.recv().is_err()
            };
            verifier.answer(work).await
        });
        assert!(answer.as_mut().now_or_never().is_none());
        is_running.recv().unwrap();
        (answer, release)
    }

    #[tokio::test]
    async fn who_hangs_up_frees_nothing_that_still_runs() {
        let verifier = Arc::new(Verifier::default());
        let (answer, release) = busy(&verifier);
        drop(answer);
        let begun = Arc::new(AtomicU32::new(0));
        for _ in 0..100 {
            let begun = Arc::clone(&begun);
            let hurried = verifier.answer(move || begun.fetch_add(1, Ordering::SeqCst) > 0);
            assert!(hurried.now_or_never().is_none());
        }
        let patient = verifier.answer(|| true);
        let (patient, ()) = tokio::join!(patient, async { drop(release) });
        assert_eq!(patient, Ok(true));
        assert_eq!(begun.load(Ordering::SeqCst), 0);
        assert!(verifier.turns().waiting.is_empty());
    }

    #[tokio::test]
    async fn a_flood_keeps_a_newcomer_waiting_for_one_turn_only() {
        let verifier = Arc::new(Verifier::default());
        let (first, release) = busy(&verifier);
        let order = Arc::new(Mutex::new(Vec::new()));
        let ask = |number: usize| {
            let order = Arc::clone(&order);
            verifier.answer(move || {
                order.lock().unwrap().push(number);
                true
            })
        };
        let flood = join_all((0..2 * MOST_WAITING).map(&ask));
        let newcomer = ask(1_000);
        let (first, flood, newcomer, ()) =
            tokio::join!(first, flood, newcomer, async { drop(release) });
        assert_eq!((first, newcomer), (Ok(true), Ok(true)));
        assert_eq!(order.lock().unwrap().first(), Some(&1_000));
        let busy = flood
            .iter()
            .filter(|answer| **answer == Err(NoAnswer::CrowdedOut));
        // The newcomer took one place.
        assert_eq!(busy.count(), MOST_WAITING + 1);
    }

    #[tokio::test]
    async fn work_that_panics_is_no_answer_and_ends_alone() {
        let verifier = Arc::new(Verifier::default());
        let panicking = verifier.answer(|| panic!("a bug")).await;
        assert_eq!(panicking, Err(NoAnswer::Panicked));
        assert_eq!(verifier.answer(|| false).await, Ok(false));
    }
}
