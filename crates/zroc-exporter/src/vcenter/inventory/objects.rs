//! The objects of an inventory, and the bounds that keep them from filling the memory.

use planner_core::inventory::entities::Entities;
use vsphere_soap::{ObjectContent, ObjectUpdate};

use super::super::bounds::Bounds;
use super::super::details::Wanted;
use super::super::error::CollectError;
use super::super::records;

/// Objects by reference, with a running account of their texts.
#[derive(Debug, Default)]
pub(super) struct Objects {
    entities: Entities,
    /// Bytes of text taken in. Some may have been replaced since.
    taken_bytes: usize,
}

impl Objects {
    pub(super) fn entities(&self) -> &Entities {
        &self.entities
    }

    /// Takes objects as a whole.
    pub(super) fn insert(&mut self, objects: Vec<ObjectContent>, wanted: &Wanted) {
        for object in objects {
            self.taken_bytes += records::insert(&mut self.entities, object, wanted);
        }
    }

    /// Takes what has changed of objects.
    pub(super) fn update(&mut self, objects: Vec<ObjectUpdate>, wanted: &Wanted) {
        for object in objects {
            self.taken_bytes += records::update(&mut self.entities, object, wanted);
        }
    }

    /// Makes one object what it is in `other`.
    pub(super) fn copy_from(&mut self, other: &Self, moref: &str) {
        self.entities.copy_from(&other.entities, moref);
    }

    /// Refuses more objects or more text than `bounds` allow.
    pub(super) fn check(&mut self, bounds: Bounds) -> Result<(), CollectError> {
        bounds.check_objects(self.entities.count())?;
        // Counting takes time, so it waits until enough was taken in.
        if self.taken_bytes > bounds.text_bytes {
            self.taken_bytes = self.entities.text_bytes();
        }
        bounds.check_text(self.taken_bytes)
    }
}
