//! The identities of managed objects inside the world.

use super::kind::Kind;

/// Position of an object in the topology.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NodeId(pub(crate) u32);

/// Any managed object a client can name, those of a session aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Object {
    Node(NodeId),
    Vm(u32),
    /// One of the singletons of the service.
    Service(Kind),
}

impl Object {
    /// A number that no other object has, for drawing.
    pub(super) fn number(self) -> u64 {
        match self {
            Self::Node(id) => (1 << 40) + u64::from(id.0),
            Self::Vm(index) => u64::from(index),
            Self::Service(_) => 1 << 41,
        }
    }
}
