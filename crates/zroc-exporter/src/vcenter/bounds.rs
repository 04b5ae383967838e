//! What the inventory may ask for at once, and how much it may hold.

use std::num::NonZeroU32;

use super::error::CollectError;

/// Objects per answer. vCenter may send fewer.
pub(super) const PAGE_OBJECTS: NonZeroU32 = NonZeroU32::new(500).unwrap();

/// The most bytes of a name. vSphere allows 80 characters, some of which it escapes; longer names would only fill the memory.
pub(super) const LONGEST_NAME: usize = 512;
/// The most bytes of a reference. Those of vSphere are far shorter. An object with a longer one is left out.
pub(super) const LONGEST_REFERENCE: usize = 256;

/// As much of a name as is kept of it.
pub(super) fn beginning(name: &str) -> &str {
    let mut end = name.len().min(LONGEST_NAME);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

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
