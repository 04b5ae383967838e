//! What the inventory may ask for at once, and how much it may hold.

use std::num::NonZeroU32;

use super::error::CollectError;

/// Objects per answer. vCenter may send fewer.
pub(super) const PAGE_OBJECTS: NonZeroU32 = NonZeroU32::new(500).unwrap();

/// How much an inventory may hold. A server that shows more is not credible and would fill the memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// The most objects.
    pub(super) objects: usize,
    /// The most bytes of names and references.
    pub(super) text_bytes: usize,
}

impl Bounds {
    /// Several times what the largest vCenters have. Their 40,000 VMs with names of 80 letters have 6 MiB of text.
    pub(super) const REAL: Self = Self {
        objects: 250_000,
        text_bytes: 64 << 20,
    };

    pub(super) fn check_objects(self, objects: usize) -> Result<(), CollectError> {
        let limit = self.objects;
        within(objects, limit, CollectError::TooManyObjects { limit })
    }

    pub(super) fn check_text(self, bytes: usize) -> Result<(), CollectError> {
        let limit_bytes = self.text_bytes;
        within(
            bytes,
            limit_bytes,
            CollectError::TooMuchText { limit_bytes },
        )
    }
}

fn within(amount: usize, limit: usize, refusal: CollectError) -> Result<(), CollectError> {
    if amount <= limit {
        Ok(())
    } else {
        Err(refusal)
    }
}
