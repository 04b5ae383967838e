//! Ranges of sample stamps.

/// A range of sample stamps, as Unix times, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: i64,
    pub(crate) last: i64,
}

impl Span {
    pub(crate) const ALWAYS: Self = Self {
        first: i64::MIN,
        last: i64::MAX,
    };

    pub(crate) fn contains(self, second: i64) -> bool {
        (self.first..=self.last).contains(&second)
    }

    pub(crate) fn meets(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}
