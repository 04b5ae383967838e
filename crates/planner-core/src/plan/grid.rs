//! The buckets of time that a plan is computed over.

use std::num::{NonZeroU32, NonZeroUsize};

use jiff::Timestamp;

use crate::units::Seconds;

/// Buckets `[start, end)` that follow one another without a gap. They may differ in length: the last hour may have 20 s
/// samples where older data has longer ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// Unix seconds, strictly increasing, at least two.
    edges: Vec<i64>,
    /// Seconds between them.
    lengths: Vec<f64>,
}

/// A stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// Its first moment.
    pub start: Timestamp,
    /// The first moment after it.
    pub end: Timestamp,
}

impl Span {
    /// From its start to its end; nothing if the end comes first.
    pub fn length(&self) -> Seconds {
        Seconds::computed(self.end.duration_since(self.start).as_secs_f64())
    }
}

impl Grid {
    /// Buckets between these moments, given in seconds of Unix time. `None` if there are fewer than two, if one is not
    /// after the one before it, or if one lies beyond the calendar.
    pub fn new(edges: Vec<i64>) -> Option<Self> {
        let increases = edges.is_sorted_by(|earlier, later| earlier < later);
        let calendar = Timestamp::MIN.as_second()..=Timestamp::MAX.as_second();
        let lies_within = edges.iter().all(|edge| calendar.contains(edge));
        let neighbours = edges.iter().zip(edges.iter().skip(1));
        let lengths = neighbours.map(|(start, end)| end.abs_diff(*start) as f64);
        let lengths = lengths.collect();
        (edges.len() >= 2 && increases && lies_within).then_some(Self { edges, lengths })
    }

    /// `buckets` buckets of equal length from `start_second` on. `None` if they reach beyond the calendar.
    pub fn uniform(
        start_second: i64,
        bucket_seconds: NonZeroU32,
        buckets: NonZeroUsize,
    ) -> Option<Self> {
        let length = i64::from(bucket_seconds.get());
        let last = i64::try_from(buckets.get()).ok()?.checked_mul(length)?;
        let end = start_second.checked_add(last)?;
        if end > Timestamp::MAX.as_second() {
            return None;
        }
        let edges = (0..=buckets.get())
            .scan(start_second, |next, _| {
                let edge = *next;
                *next += length;
                Some(edge)
            })
            .collect();
        Self::new(edges)
    }

    /// Number of buckets.
    #[allow(clippy::len_without_is_empty, reason = "a grid is never empty")]
    pub fn len(&self) -> usize {
        self.edges.len() - 1
    }

    /// The moments at which buckets begin or end, in seconds of Unix time.
    pub fn edges(&self) -> &[i64] {
        &self.edges
    }

    /// Start of the first bucket, in seconds of Unix time.
    pub fn start_second(&self) -> i64 {
        self.edges.first().copied().unwrap_or_default()
    }

    /// End of the last bucket, in seconds of Unix time.
    pub fn end_second(&self) -> i64 {
        self.edges.last().copied().unwrap_or_default()
    }

    /// From the first bucket's start to the last one's end.
    pub fn span(&self) -> Span {
        Span {
            start: self.moment(0.0),
            end: self.moment(self.seconds()),
        }
    }

    /// Start and end of each bucket, in seconds of Unix time.
    pub fn buckets(&self) -> impl Iterator<Item = (i64, i64)> {
        self.edges
            .iter()
            .copied()
            .zip(self.edges.iter().copied().skip(1))
    }

    /// Length of each bucket in seconds.
    pub(crate) fn seconds_of_buckets(&self) -> &[f64] {
        &self.lengths
    }

    /// Length of each bucket in whole seconds.
    pub(crate) fn lengths(&self) -> impl Iterator<Item = u64> {
        self.buckets().map(|(start, end)| end.abs_diff(start))
    }

    /// Length of the longest bucket.
    pub(crate) fn longest(&self) -> u64 {
        self.lengths().max().unwrap_or_default()
    }

    /// Length of all buckets together.
    pub(crate) fn seconds(&self) -> f64 {
        self.end_second().abs_diff(self.start_second()) as f64
    }

    /// The moment `offset` seconds after the start, to the microsecond.
    pub(crate) fn moment(&self, offset: f64) -> Timestamp {
        #[allow(
            clippy::cast_possible_truncation,
            reason = "a number beyond the calendar becomes its end"
        )]
        let micros = (offset * 1e6).round() as i128;
        let since_1970 = i128::from(self.start_second()) * 1_000_000 + micros;
        Timestamp::from_nanosecond(since_1970 * 1_000).unwrap_or(Timestamp::MAX)
    }

    /// Seconds from the start of the grid to a moment; negative before it.
    pub(crate) fn offset(&self, second: i64) -> f64 {
        second.saturating_sub(self.start_second()) as f64
    }
}
