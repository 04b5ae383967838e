//! A call that continues when its caller stops waiting.

use std::fmt;
use std::future::Future;

use tokio::task::JoinHandle;

use crate::join::{RuntimeShutDown, join};

/// A call whose answer the server gives only once, such as a page of a retrieval.
///
/// A caller that stops waiting can ask for the same answer later. Dropping the value aborts the call.
pub(crate) struct DetachedCall<T>(JoinHandle<T>);

impl<T: Send + 'static> DetachedCall<T> {
    pub(crate) fn start(call: impl Future<Output = T> + Send + 'static) -> Self {
        Self(tokio::spawn(call))
    }

    /// Waits for the answer, which can be taken once. Cancel safe.
    pub(crate) async fn answer(&mut self) -> T {
        match join(&mut self.0).await {
            Ok(answer) => answer,
            // The runtime drops the caller too.
            Err(RuntimeShutDown) => std::future::pending().await,
        }
    }
}

impl<T> Drop for DetachedCall<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Leaves the answer out, which may be megabytes long.
impl<T> fmt::Debug for DetachedCall<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DetachedCall").field(&self.0.id()).finish()
    }
}
