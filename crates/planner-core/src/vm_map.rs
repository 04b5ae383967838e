//! Values found by VM.

use foldhash::fast::RandomState;
use indexmap::IndexMap;

use crate::inventory::VmId;

/// A hash map whose values lie side by side. With tens of thousands of VMs, a table with free slots for values would take
/// up to twice the memory.
pub(crate) type VmMap<T> = IndexMap<VmId, T, RandomState>;
