//! Values found by VM.

use std::sync::atomic::{AtomicUsize, Ordering};

use foldhash::fast::RandomState;
use indexmap::IndexMap;

use crate::inventory::VmId;

/// A hash map whose values lie side by side. With tens of thousands of VMs, a table with free slots for values would take
/// up to twice the memory.
pub(crate) type VmMap<T> = IndexMap<VmId, T, RandomState>;

/// Where the next VM of a map is expected.
///
/// Cycles ask for VMs in the order in which the map has them, so most are found without hashing their ids.
#[derive(Debug, Default)]
pub(crate) struct Expected(AtomicUsize);

impl Expected {
    /// The index of a VM. The one behind it is expected next.
    pub(crate) fn find<T>(&self, map: &VmMap<T>, vm: &VmId) -> Option<usize> {
        let expected = self.0.load(Ordering::Relaxed);
        let is_there = map.get_index(expected).is_some_and(|(it, _)| it == vm);
        let index = if is_there {
            expected
        } else {
            map.get_index_of(vm)?
        };
        self.0.store(index + 1, Ordering::Relaxed);
        Some(index)
    }
}
