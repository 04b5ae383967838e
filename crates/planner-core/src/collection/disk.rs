//! One disk of a VM as counting sees it.

use std::sync::Arc;

use super::budget::Budget;
use super::counters::Direction;
use super::totals::Totals;
use crate::units::Bytes;

/// One disk of a VM, or the VM as a whole. Its samples are kept by the VM.
#[derive(Debug)]
pub(super) struct Disk {
    /// vSphere's name of it; empty for the whole VM.
    pub(super) instance: Arc<str>,
    written: Budget,
    read: Budget,
    /// `None` if single disks are not measured.
    pub(super) totals: Option<Box<Totals>>,
}

impl Disk {
    pub(super) fn new(instance: Arc<str>, is_measured: bool) -> Self {
        Self {
            instance,
            written: Budget::default(),
            read: Budget::default(),
            totals: is_measured.then(Box::default),
        }
    }

    pub(super) fn is_whole_vm(&self) -> bool {
        self.instance.is_empty()
    }

    /// What is counted of it by itself, if that is wanted.
    pub(super) fn measured(&self) -> Option<&Totals> {
        self.totals.as_deref().filter(|_| !self.is_whole_vm())
    }

    pub(super) fn budget(&self, direction: Direction) -> Budget {
        match direction {
            Direction::Write => self.written,
            Direction::Read => self.read,
        }
    }

    /// Adds bytes to what is counted of this disk, if it is measured.
    pub(super) fn add(&mut self, direction: Direction, bytes: u64) {
        if let Some(totals) = &mut self.totals {
            totals.add(direction, Bytes::new(bytes));
        }
    }

    pub(super) fn budget_mut(&mut self, direction: Direction) -> &mut Budget {
        match direction {
            Direction::Write => &mut self.written,
            Direction::Read => &mut self.read,
        }
    }
}

/// Most instances whose texts are shared. VMs have the same few.
const MOST_SHARED: usize = 64;

/// Instances that many VMs have, each kept once.
#[derive(Debug, Default)]
pub(super) struct SharedInstances(Vec<Arc<str>>);

impl SharedInstances {
    pub(super) fn share(&mut self, instance: &str) -> Arc<str> {
        if let Some(known) = self.0.iter().find(|known| ***known == *instance) {
            return Arc::clone(known);
        }
        let new: Arc<str> = Arc::from(instance);
        if self.0.len() < MOST_SHARED {
            self.0.push(Arc::clone(&new));
        }
        new
    }
}
