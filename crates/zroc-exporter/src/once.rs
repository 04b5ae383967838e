//! Work that is done once, and that a signal ends.

use std::io;
use std::thread;

use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

use crate::signals;

/// Why no work could begin.
#[derive(Debug, thiserror::Error)]
pub enum OnceError {
    /// There is nothing to wait with.
    #[error("the asynchronous runtime cannot be started")]
    Runtime(#[source] io::Error),
    /// Nobody would hear of signals.
    #[error("signals cannot be received")]
    Signals(#[source] io::Error),
}

/// Does the work on this thread. It ends in order when the token that it gets is cancelled, which the first signal does. After
/// it, a signal ends the program at once.
pub(crate) fn run<T>(work: impl AsyncFnOnce(CancellationToken) -> T) -> Result<T, OnceError> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(OnceError::Runtime)?;
    let done = runtime.block_on(async {
        let signals = signals::receive().map_err(OnceError::Signals)?;
        Ok(work(signals.shutdown).await)
    })?;
    keep_listening(runtime);
    Ok(done)
}

/// Signals are still caught, so somebody has to obey them. There is nothing left to end in order.
fn keep_listening(runtime: Runtime) {
    thread::spawn(move || {
        runtime.block_on(async {
            if let Ok(signals) = signals::receive() {
                signals.shutdown.cancelled().await;
                std::process::exit(1);
            }
        });
    });
}
