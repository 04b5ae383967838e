//! What changes have made of one virtual machine: only these are stored, all else is computed.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::change::PowerState;
use super::disk::Disk;
use super::object::NodeId;
use super::span::Span;

/// The facts of a machine that differ from the computed ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Alteration {
    /// As on the wire.
    pub(super) name: Option<String>,
    pub(super) place: Option<Place>,
    /// Stamp of its first sample on the host that it was moved to last.
    pub(super) arrived: Option<i64>,
    pub(super) power: Option<PowerState>,
    /// Unix time of the last start.
    pub(super) started: Option<i64>,
    /// When it ran, oldest first; the last one may be open.
    pub(super) runs: Option<Arc<[Span]>>,
    /// Those removed are kept for their samples.
    pub(super) disks: Option<Vec<Disk>>,
    /// Key of the extension that manages it; empty for none.
    pub(super) manager: Option<String>,
    /// Values of custom attributes by key; empty for one that was taken back.
    pub(super) attributes: BTreeMap<u32, String>,
    pub(super) deleted: bool,
}

/// Where a machine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) host: Option<NodeId>,
    pub(crate) folder: Option<NodeId>,
    pub(crate) pool: Option<NodeId>,
    pub(crate) vapp: Option<NodeId>,
    pub(crate) datastore: Option<NodeId>,
}
