//! One sample of what was written.

use crate::units::BytesPerSec;

/// A sample of at most this length is as fine as it gets, so its mean is its peak.
pub(crate) const FINEST_SECONDS: u64 = 20;

/// One sample: how fast was written in `[start, end)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    pub(crate) start_second: i64,
    pub(crate) end_second: i64,
    pub(crate) mean: BytesPerSec,
    pub(crate) peak: Option<BytesPerSec>,
}

impl Bucket {
    /// A sample of the time between two moments, given in seconds of Unix time. `peak` is the largest 20 s sample
    /// in it, where known; one below the mean counts as the mean. `None` if the end is not after the start.
    pub fn new(
        start_second: i64,
        end_second: i64,
        mean: BytesPerSec,
        peak: Option<BytesPerSec>,
    ) -> Option<Self> {
        (start_second < end_second).then(|| Self {
            start_second,
            end_second,
            mean,
            peak: peak.map(|peak| peak.max(mean)),
        })
    }

    /// A sample as vCenter gives it: the stamp is the end of the interval.
    pub fn stamped(stamp_second: i64, interval_seconds: u32, mean: BytesPerSec) -> Option<Self> {
        let start = stamp_second.checked_sub(i64::from(interval_seconds))?;
        Self::new(start, stamp_second, mean, None)
    }

    /// Its first second of Unix time.
    pub const fn start_second(&self) -> i64 {
        self.start_second
    }

    /// The first second of Unix time after it.
    pub const fn end_second(&self) -> i64 {
        self.end_second
    }

    /// The mean rate.
    pub const fn mean(&self) -> BytesPerSec {
        self.mean
    }

    pub(crate) fn seconds(&self) -> u64 {
        self.end_second.abs_diff(self.start_second)
    }
}

/// The peak of a bucket of this length: the mean, where the bucket is as fine as samples are.
pub(crate) fn peak_of(
    peak: Option<BytesPerSec>,
    mean: BytesPerSec,
    length: u64,
) -> Option<BytesPerSec> {
    match peak {
        Some(peak) => Some(peak.max(mean)),
        None => (length <= FINEST_SECONDS).then_some(mean),
    }
}
