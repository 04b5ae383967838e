//! A pause that doubles each time it is needed again.

/// Bounds of a doubling pause, counted in cycles.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    pub(crate) first: u32,
    pub(crate) longest: u32,
}

impl Backoff {
    /// The pause after one of `previous` cycles; 0 if there was none.
    pub(crate) fn after(self, previous: u32) -> u32 {
        previous.saturating_mul(2).clamp(self.first, self.longest)
    }
}
