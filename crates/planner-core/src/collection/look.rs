//! One answer about one VM, and the memory for taking it.

use std::sync::Arc;

use super::cell::Cell;
use super::disk::SharedInstances;
use super::rules::Rules;
use super::tally::Tally;
use super::timeline::Moment;
use crate::units::Bytes;
use crate::uptime::Uptime;

/// When a VM was asked for, and where it ran.
#[derive(Debug, Clone, Copy)]
pub struct Look<'l> {
    /// When the query was asked.
    pub asked: Uptime,
    /// When its answer came.
    pub answered: Uptime,
    /// Reference of the host that runs the VM, if it is known.
    pub host: Option<&'l Arc<str>>,
}

/// Memory for one VM after the other, and what they have in common.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) rules: Rules,
    pub(super) tally: Tally,
    pub(super) moments: Vec<Moment>,
    /// A row for each disk and way, with a cell for each moment.
    pub(super) grid: Vec<Cell>,
    /// Bytes written, by moment; `None` where no sample of a disk is new.
    pub(super) written: Vec<Option<u64>>,
    /// For each row, whether a sample that does not come is missed.
    pub(super) is_expected: Vec<bool>,
    stamps: Vec<u32>,
    /// The stamps of the VM before.
    shared_stamps: Arc<[u32]>,
    pub(super) shared_instances: SharedInstances,
}

impl Desk {
    pub(super) fn new(rules: Rules) -> Self {
        Self {
            rules,
            tally: Tally::default(),
            moments: Vec::new(),
            grid: Vec::new(),
            written: Vec::new(),
            is_expected: Vec::new(),
            stamps: Vec::new(),
            shared_stamps: Arc::default(),
            shared_instances: SharedInstances::default(),
        }
    }

    /// The stamps of the moments from this one on, shared with the VM before if it has the same.
    pub(super) fn stamps_from(&mut self, first: usize) -> Arc<[u32]> {
        self.stamps.clear();
        let moments = self.moments.iter().skip(first);
        self.stamps.extend(moments.map(|moment| moment.at));
        if *self.shared_stamps != *self.stamps {
            self.shared_stamps = Arc::from(self.stamps.as_slice());
        }
        Arc::clone(&self.shared_stamps)
    }

    /// The bytes that the last VM wrote, by stamp. A new sample of zero is one of them.
    pub(super) fn written(&self) -> impl Iterator<Item = (u32, Bytes)> {
        let pairs = self.moments.iter().zip(&self.written);
        pairs.filter_map(|(moment, bytes)| Some((moment.at, Bytes::new((*bytes)?))))
    }
}
