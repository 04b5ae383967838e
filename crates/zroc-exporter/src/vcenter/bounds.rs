//! What the inventory may ask for at once, and how much it may hold.

use std::num::NonZeroU32;

use super::error::CollectError;

/// Objects per answer. vCenter may send fewer.
pub(super) const PAGE_OBJECTS: NonZeroU32 = NonZeroU32::new(500).unwrap();

/// Several times as many as the largest vCenters have. A server that lists more is not credible and would fill the memory.
pub(super) const MOST_OBJECTS: usize = 250_000;

/// Refuses more objects than `limit`.
pub(super) fn within_bounds(objects: usize, limit: usize) -> Result<(), CollectError> {
    if objects <= limit {
        return Ok(());
    }
    Err(CollectError::TooManyObjects { limit })
}
