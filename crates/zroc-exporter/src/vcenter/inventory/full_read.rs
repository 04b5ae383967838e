//! The objects of a read under way, and which of them to take from reports instead.

use std::collections::HashSet;

use planner_core::inventory::entities::Entities;
use vsphere_soap::{ObjectContent, ObjectUpdate};

use super::super::records;

/// Why everything is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The last whole read is too long ago.
    Refresh,
    /// All VMs have disappeared at once.
    ConfirmEmptiness,
}

/// A read of all objects, over as many cycles as it takes.
///
/// A page may be older or newer than a report that came during the read. An object with reported changes is therefore
/// taken from the reports, any other from the pages.
#[derive(Debug)]
pub(super) struct FullRead {
    pub(super) purpose: Purpose,
    pages: Entities,
    /// Objects with changes reported since the read began.
    changed: HashSet<Box<str>>,
}

impl FullRead {
    pub(super) fn new(purpose: Purpose) -> Self {
        Self {
            purpose,
            pages: Entities::new(),
            changed: HashSet::new(),
        }
    }

    pub(super) fn page(&mut self, objects: Vec<ObjectContent>) {
        for object in objects {
            records::insert(&mut self.pages, object);
        }
    }

    /// Drops the pages up to here, because the server starts over.
    pub(super) fn restart(&mut self) {
        self.pages = Entities::new();
    }

    pub(super) fn note_changes(&mut self, objects: &[ObjectUpdate]) {
        let morefs = objects.iter().map(|object| object.obj.value().into());
        self.changed.extend(morefs);
    }

    /// How many objects it holds: pages or changes, whichever are more.
    pub(super) fn count(&self) -> usize {
        self.pages.count().max(self.changed.len())
    }

    /// The objects as they are now, given those that reports have kept current.
    pub(super) fn finish(self, reported: &Entities) -> Entities {
        let mut entities = self.pages;
        for object in &self.changed {
            entities.copy_from(reported, object);
        }
        entities
    }
}
