//! Reads a file without waiting long for its file system.

use std::io;
use std::time::Duration;

use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

use crate::task::{TaskError, join};

/// A file that takes longer is on a file system that does not answer.
pub(crate) const READ_WITHIN: Duration = Duration::from_secs(2);

/// Why a read returned nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The file system has not answered within [`READ_WITHIN`].
    #[error("the file cannot be read within {READ_WITHIN:?}")]
    TimedOut,
    /// The reading itself failed.
    #[error(transparent)]
    Task(TaskError),
}

impl From<ReadError> for io::Error {
    fn from(error: ReadError) -> Self {
        let kind = match error {
            ReadError::TimedOut => io::ErrorKind::TimedOut,
            ReadError::Task(_) => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

/// Reads on a blocking thread, and gives up waiting after [`READ_WITHIN`].
///
/// A blocked read cannot be cancelled, so it keeps its thread. The next call waits for the same read: however often a caller
/// asks, at most one thread is blocked.
#[derive(Debug)]
pub(crate) struct LimitedRead<T> {
    under_way: Option<JoinHandle<T>>,
}

impl<T> Default for LimitedRead<T> {
    fn default() -> Self {
        Self { under_way: None }
    }
}

impl<T: Send + 'static> LimitedRead<T> {
    /// What `read` returns, or what the read that is still under way does. Cancel safe.
    pub(crate) async fn run(
        &mut self,
        read: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ReadError> {
        let under_way = self.under_way.get_or_insert_with(|| spawn_blocking(read));
        let Ok(ended) = timeout(READ_WITHIN, join(under_way)).await else {
            return Err(ReadError::TimedOut);
        };
        self.under_way = None;
        ended.map_err(ReadError::Task)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_read_that_hangs_is_waited_for_but_not_repeated() {
        let (answer, hanging) = mpsc::channel();
        let mut reading = LimitedRead::default();
        let (hangs, ()) = tokio::join!(
            reading.run(move || hanging.recv().unwrap()),
            tokio::time::advance(READ_WITHIN)
        );
        assert!(matches!(hangs, Err(ReadError::TimedOut)));

        answer.send("late").unwrap();
        assert_eq!(reading.run(|| "second").await.unwrap(), "late");
        assert_eq!(reading.run(|| "third").await.unwrap(), "third");
    }

    #[tokio::test]
    async fn a_read_that_panics_can_be_repeated() {
        let mut reading = LimitedRead::default();
        let failed = reading.run(|| panic!("defect")).await;
        assert_eq!(
            failed.unwrap_err().to_string(),
            "a bug in the exporter: defect"
        );
        reading.run(|| ()).await.unwrap();
    }
}
