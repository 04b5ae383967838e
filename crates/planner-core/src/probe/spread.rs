//! How far numbers lie apart.

/// The least, the median and the most of some numbers of seconds or other whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// The least.
    pub least: i64,
    /// The one in the middle; of two, the lesser.
    pub median: i64,
    /// The most.
    pub most: i64,
}

impl Spread {
    /// Of these numbers; `None` of none.
    pub fn of(numbers: impl IntoIterator<Item = i64>) -> Option<Self> {
        let mut sorted: Vec<i64> = numbers.into_iter().collect();
        sorted.sort_unstable();
        Some(Self {
            least: *sorted.first()?,
            median: *sorted.get((sorted.len() - 1) / 2)?,
            most: *sorted.last()?,
        })
    }
}
