//! One way to wait for a task.

use std::any::Any;
use std::future::Future;

use tokio::task::JoinError;

/// Why a task has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TaskError {
    /// It panicked: a defect of the program.
    #[error("a task panicked: {0}")]
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
        Ok(panic) => TaskError::Panicked(message(&*panic)),
        Err(_) => TaskError::Cancelled,
    })
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
        .to_owned()
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
                "a task panicked: plain",
            ),
            (
                tokio::spawn(async move { panic!("number {number}") }),
                "a task panicked: number 7",
            ),
            (
                tokio::spawn(async { std::panic::panic_any(0) }),
                "a task panicked: without a message",
            ),
        ] {
            let joined: Result<(), TaskError> = join(task).await;
            assert_eq!(joined.unwrap_err().to_string(), text);
        }
    }

    #[tokio::test]
    async fn a_cancelled_task_is_not_one_that_panicked() {
        let mut task = tokio::spawn(std::future::pending::<()>());
        task.abort();
        let error = join(&mut task).await.unwrap_err();
        assert!(matches!(error, TaskError::Cancelled));
    }
}
