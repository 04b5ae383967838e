//! References to managed objects.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// Kinds that every conversation mentions; naming one of them costs no allocation.
const KNOWN_KINDS: &[&str] = &[
    "VirtualMachine",
    "HostSystem",
    "ClusterComputeResource",
    "ComputeResource",
    "Folder",
    "Datacenter",
    "ResourcePool",
    "VirtualApp",
    "Datastore",
    "StoragePod",
    "Network",
    "ContainerView",
    "ServiceInstance",
    "SessionManager",
    "ViewManager",
    "PropertyCollector",
    "PropertyFilter",
    "PerformanceManager",
    "OptionManager",
];

/// A reference to a managed object: its kind and its identifier, such as `VirtualMachine` and
/// `vm-42`.
///
/// Identifiers are opaque and unique within one vCenter only. They outlive sessions and restarts.
/// Cloning is cheap.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MoRef {
    kind: Cow<'static, str>,
    value: Arc<str>,
}

impl MoRef {
    /// A reference to the object `value` of the managed object type `kind`.
    pub fn new(kind: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        let kind = kind.as_ref();
        let known = KNOWN_KINDS.iter().find(|known| **known == kind);
        let kind = known.map_or_else(
            || Cow::Owned(kind.to_owned()),
            |known| Cow::Borrowed(*known),
        );
        Self {
            kind,
            value: Arc::from(value.as_ref()),
        }
    }

    /// The managed object type, as in `VirtualMachine`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The identifier, as in `vm-42`.
    pub fn value(&self) -> &str {
        &self.value
    }
}

/// `VirtualMachine:vm-42`.
impl fmt::Display for MoRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.value)
    }
}

impl fmt::Debug for MoRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
