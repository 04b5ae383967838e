//! A call that goes on when nobody waits for it.

use std::future::Future;

use tokio_util::task::AbortOnDropHandle;

/// A call whose answer vCenter gives once only, such as a page of a retrieval.
///
/// When a cycle ends before the answer is there, the next one waits for the same answer, so nothing is lost. Dropping it
/// gives the call up.
#[derive(Debug)]
pub(super) struct Pending<T>(AbortOnDropHandle<T>);

impl<T: Send + 'static> Pending<T> {
    pub(super) fn start(call: impl Future<Output = T> + Send + 'static) -> Self {
        Self(AbortOnDropHandle::new(tokio::spawn(call)))
    }

    /// The answer, to be waited for until it is there and then no more. Cancel safe.
    pub(super) async fn answer(&mut self) -> T {
        match (&mut self.0).await {
            Ok(answer) => answer,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}
