//! Values found by VM.

use foldhash::fast::RandomState;
use indexmap::IndexMap;

use crate::inventory::VmId;

/// The values lie side by side: with tens of thousands of VMs, a table of which a part is always empty would take up to
/// twice the memory.
pub(crate) type ByVm<T> = IndexMap<VmId, T, RandomState>;
