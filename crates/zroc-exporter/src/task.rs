//! One way to wait for work that may panic.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use tokio::task::JoinError;

/// Why a task has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TaskError {
    /// It panicked: a bug in the program.
    #[error("a bug in the exporter: {0}")]
    Panicked(String),
    /// Its runtime ended before it.
    #[error("a task was cancelled")]
    Cancelled,
}

/// Waits for a task, by its handle or by a reference to it.
pub(crate) async fn join<T>(
    task: impl Future<Output = Result<T, JoinError>>,
) -> Result<T, TaskError> {
    task.await.map_err(|error| match error.try_into_panic() {
        Ok(panic) => TaskError::Panicked(panic_message(&*panic).to_owned()),
        Err(_) => TaskError::Cancelled,
    })
}

/// Does work in this task, and ends only the work if it panics.
///
/// What the work changed stays as it was at that moment. The caller decides what of it can still be used.
pub(crate) async fn survive<T>(work: impl Future<Output = T>) -> Result<T, TaskError> {
    let survived = AssertUnwindSafe(work).catch_unwind().await;
    survived.map_err(|panic| TaskError::Panicked(panic_message(&*panic).to_owned()))
}

/// What a panic said.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_keeps_its_message() {
        let number = 7;
        for (task, text) in [
            (
                tokio::spawn(async { panic!("plain") }),
                "a bug in the exporter: plain",
            ),
            (
                tokio::spawn(async move { panic!("number {number}") }),
                "a bug in the exporter: number 7",
            ),
            (
                tokio::spawn(async { std::panic::panic_any(0) }),
                "a bug in the exporter: without a message",
            ),
        ] {
            let joined: Result<(), TaskError> = join(task).await;
            assert_eq!(joined.unwrap_err().to_string(), text);
        }
    }

    #[tokio::test]
    async fn work_that_panics_ends_alone() {
        let mut steps = 0;
        let failed = survive(async {
            steps += 1;
            panic!("step {steps}");
        });
        let failed: Result<(), TaskError> = failed.await;
        assert_eq!(
            failed.unwrap_err().to_string(),
            "a bug in the exporter: step 1"
        );
        assert_eq!(survive(async { 2 }).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn a_cancelled_task_is_not_one_that_panicked() {
        let mut task = tokio::spawn(std::future::pending::<()>());
        task.abort();
        let error = join(&mut task).await.unwrap_err();
        assert!(matches!(error, TaskError::Cancelled));
    }
}
