//! The time at which a change is made.

use super::span::Span;
use super::workload::SAMPLE_SECONDS;

/// The time of a change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// The server's clock, as Unix time.
    pub(crate) now: i64,
    /// The newest sample that can be queried.
    pub(crate) newest_sample: i64,
}

impl Moment {
    /// The samples from here on.
    pub(super) fn onwards(self) -> Span {
        Span {
            first: self.now.div_euclid(SAMPLE_SECONDS) * SAMPLE_SECONDS + SAMPLE_SECONDS,
            last: i64::MAX,
        }
    }
}
