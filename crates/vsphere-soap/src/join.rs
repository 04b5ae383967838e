//! Waits for a task of this library.

use std::panic::resume_unwind;

use tokio::task::JoinError;

/// The runtime shut down before the task had a result.
#[derive(Debug)]
pub(crate) struct RuntimeShutDown;

/// The result of `task`. A panic there continues here: it is a bug, not a failure of the call.
///
/// Nobody in this library waits for a task that it has aborted, so only the end of the runtime can cut one off.
pub(crate) async fn join<T>(
    task: impl Future<Output = Result<T, JoinError>>,
) -> Result<T, RuntimeShutDown> {
    match task.await.map_err(JoinError::try_into_panic) {
        Ok(result) => Ok(result),
        Err(Ok(panic)) => resume_unwind(panic),
        Err(Err(_cancelled)) => Err(RuntimeShutDown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_continues_in_the_caller() {
        let task = tokio::task::spawn_blocking(|| panic!("a bug in a decoder"));
        let caller = tokio::spawn(async { join::<()>(task).await });
        let panic = caller.await.unwrap_err().into_panic();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"a bug in a decoder"));
    }

    #[tokio::test]
    async fn the_end_of_the_runtime_is_an_error() {
        let task = tokio::spawn(std::future::pending::<()>());
        task.abort();
        join(task).await.unwrap_err();
        assert_eq!(join(tokio::spawn(async { 1 })).await.unwrap(), 1);
    }
}
