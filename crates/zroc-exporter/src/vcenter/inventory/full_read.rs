//! The objects of a read under way, and which of them to take from reports instead.

use std::collections::HashSet;

use vsphere_soap::{ObjectContent, ObjectUpdate};

use super::super::bounds::{Bounds, LONGEST_REFERENCE};
use super::super::details::Wanted;
use super::super::error::CollectError;
use super::objects::Objects;

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
    pages: Objects,
    /// Objects with changes reported since the read began.
    changed: HashSet<Box<str>>,
    /// Whether other attributes are wanted now than when it began.
    is_outdated: bool,
}

impl FullRead {
    pub(super) fn new(purpose: Purpose) -> Self {
        Self {
            purpose,
            pages: Objects::default(),
            changed: HashSet::new(),
            is_outdated: false,
        }
    }

    /// Other attributes are wanted from now on.
    pub(super) fn outdate(&mut self) {
        self.is_outdated = true;
    }

    pub(super) fn is_outdated(&self) -> bool {
        self.is_outdated
    }

    /// Takes a page, and refuses more than `bounds` allow.
    pub(super) fn page(
        &mut self,
        objects: Vec<ObjectContent>,
        bounds: Bounds,
        wanted: &Wanted,
    ) -> Result<(), CollectError> {
        self.pages.insert(objects, wanted);
        self.pages.check(bounds)
    }

    /// Drops the pages up to here, because the server starts over.
    pub(super) fn restart(&mut self) {
        self.pages = Objects::default();
    }

    pub(super) fn note_changes(&mut self, objects: &[ObjectUpdate]) {
        let morefs = objects.iter().map(|object| object.obj.value());
        let kept = morefs.filter(|moref| moref.len() <= LONGEST_REFERENCE);
        self.changed.extend(kept.map(Into::into));
    }

    /// How many objects had changes reported.
    pub(super) fn changed(&self) -> usize {
        self.changed.len()
    }

    /// The first objects that the pages show otherwise than reports have done so far.
    pub(super) fn unreported(&self, reported: &Objects) -> HashSet<Box<str>> {
        const ENOUGH: usize = 100;
        let differing = self.pages.entities().differing(reported.entities());
        let unreported = differing.filter(|moref| !self.changed.contains(*moref));
        unreported.take(ENOUGH).map(Into::into).collect()
    }

    /// The objects as they are now, given those that reports have kept current.
    pub(super) fn finish(self, reported: &Objects) -> Objects {
        let mut objects = self.pages;
        for object in &self.changed {
            objects.copy_from(reported, object);
        }
        objects
    }
}
