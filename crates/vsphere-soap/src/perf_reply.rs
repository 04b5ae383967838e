//! The answer to a query for samples, before it is decoded.

use std::fmt;

use crate::decode;
use crate::error::Error;
use crate::perf_bounds::PerfBounds;
use crate::query_perf::PerfEntityMetrics;
use crate::transport::Answer;

/// The complete answer to a `QueryPerf` call, from [`Client::receive_perf`](crate::Client::receive_perf).
///
/// It is received, decompressed and not a fault, and it occupies [`body_bytes`](Self::body_bytes) of
/// memory until [`decode`](Self::decode) has read it. The [`Observer`](crate::Observer) learns of the
/// call when the answer is decoded or dropped.
#[must_use = "the samples are in the answer"]
pub struct PerfReply {
    answer: Answer,
    bounds: PerfBounds,
}

impl PerfReply {
    pub(crate) fn new(answer: Answer, bounds: PerfBounds) -> Self {
        Self { answer, bounds }
    }

    /// Length of the answer in bytes, after decompression.
    pub fn body_bytes(&self) -> usize {
        self.answer.body_bytes()
    }

    /// Reads the samples. Objects without data are missing.
    ///
    /// A long answer is decoded on a thread for blocking work of the tokio runtime, so other futures of
    /// the same task make progress meanwhile. Dropping the future does not stop that thread.
    ///
    /// # Errors
    /// [`Error::Decode`] when the answer is not what the vSphere API promises, or holds more than was asked for.
    pub async fn decode(self) -> Result<Vec<PerfEntityMetrics>, Error> {
        let Self { answer, bounds } = self;
        let decode = move |body: &[u8]| decode::query_perf_within(body, bounds);
        answer.decode(decode).await
    }
}

/// Shows the length only: the body may be megabytes long.
impl fmt::Debug for PerfReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerfReply")
            .field("body_bytes", &self.body_bytes())
            .finish_non_exhaustive()
    }
}
