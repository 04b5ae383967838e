//! Samples within one bucket of a grid.

use super::bucket::{Bucket, peak_of};
use crate::units::BytesPerSec;

/// What the samples say about one bucket of a grid.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cell {
    /// The mean over the part that samples cover.
    pub(crate) mean: Option<BytesPerSec>,
    /// The part that samples cover, between 0 and 1.
    pub(crate) covered: f64,
    /// The largest 20 s sample, if it is known of all samples.
    pub(crate) peak: Option<BytesPerSec>,
    /// Length of the longest sample in seconds.
    pub(crate) longest_sample: u64,
}

impl Cell {
    pub(crate) fn of(samples: &[Bucket], start: i64, end: i64) -> Self {
        let length = end.abs_diff(start) as f64;
        let Some(first) = samples.first() else {
            return Self::default();
        };
        let longest = samples.iter().map(Bucket::seconds);
        let (mut bytes, mut seconds) = (0.0, 0.0);
        for sample in samples {
            let part = sample.end_second.min(end) - sample.start_second.max(start);
            bytes += sample.mean.get() * part as f64;
            seconds += part as f64;
        }
        let mean = if samples.len() == 1 {
            first.mean
        } else {
            BytesPerSec::computed(bytes / seconds)
        };
        let peaks = samples
            .iter()
            .map(|sample| peak_of(sample.peak, sample.mean, sample.seconds()));
        Self {
            mean: Some(mean),
            covered: seconds / length,
            peak: peaks
                .collect::<Option<Vec<_>>>()
                .and_then(|peaks| peaks.into_iter().max()),
            longest_sample: longest.max().unwrap_or_default(),
        }
    }
}
