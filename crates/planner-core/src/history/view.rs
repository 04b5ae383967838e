//! What a history has at one moment.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::block::Block;
use super::hour::Hour;
use super::sums::Scope;
use crate::inventory::VmId;

/// What a history has at one moment. Cheap to make and to clone: it shares all blocks.
#[derive(Debug, Clone)]
pub struct View {
    hours: Arc<BTreeMap<u32, Hour>>,
}

impl View {
    pub(super) fn new(hours: BTreeMap<u32, Hour>) -> Self {
        Self {
            hours: Arc::new(hours),
        }
    }

    /// The hours, the oldest first.
    pub(super) fn hours(&self) -> impl Iterator<Item = &Hour> {
        self.hours.values()
    }

    /// All of it, hour by hour.
    pub fn blocks(&self) -> impl Iterator<Item = Block> {
        self.hours.values().flat_map(Hour::blocks)
    }

    /// The VMs of which anything is known, in the order of their references.
    pub fn vms(&self) -> Vec<VmId> {
        let mut vms = BTreeSet::new();
        for hour in self.hours.values() {
            let tables = hour.samples.tables().chain(hour.roll_up.as_deref());
            for table in tables {
                table.for_each(|vm, _| {
                    if !vms.contains(vm) {
                        vms.insert(VmId::new(vm));
                    }
                });
            }
        }
        vms.into_iter().collect()
    }

    /// Whose writes are kept as sums, besides those of single VMs.
    pub fn scopes(&self) -> BTreeSet<Scope> {
        let mut scopes = BTreeSet::new();
        for sums in self.hours.values().filter_map(|hour| hour.sums.as_ref()) {
            sums.for_each(|name, _| {
                scopes.extend(Scope::of_name(name));
            });
        }
        scopes
    }
}
