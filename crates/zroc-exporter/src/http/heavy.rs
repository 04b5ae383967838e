//! Answers that take milliseconds to make are made on other threads, so that a scrape never waits for them.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::task::{TaskError, join};

/// Answers that are made at the same time. Others wait for their turn, as many as there are connections.
const AT_A_TIME: usize = 2;

/// Where answers are made that take long.
#[derive(Debug, Clone)]
pub struct Heavy(Arc<Semaphore>);

impl Default for Heavy {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_A_TIME)))
    }
}

impl Heavy {
    /// Does the work on another thread, when it is its turn.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, TaskError> {
        let turn = Arc::clone(&self.0).acquire_owned().await;
        let turn = turn.map_err(|_| TaskError::Cancelled)?;
        // A client that hangs up ends the waiting, not the work, so the turn lasts as long as the work.
        let working = spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        join(working).await
    }
}
