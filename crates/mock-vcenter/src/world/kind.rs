//! The managed object types this server has, and what they derive from.

/// Type of a managed object, by its WSDL name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    Folder,
    Datacenter,
    ComputeResource,
    ClusterComputeResource,
    HostSystem,
    ResourcePool,
    VirtualApp,
    Datastore,
    VirtualMachine,
    ServiceInstance,
    PropertyCollector,
    ViewManager,
    ContainerView,
    SessionManager,
    PerformanceManager,
    OptionManager,
    CustomFieldsManager,
}

impl Kind {
    /// The WSDL name, as in the `type` attribute of a reference.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Folder => "Folder",
            Self::Datacenter => "Datacenter",
            Self::ComputeResource => "ComputeResource",
            Self::ClusterComputeResource => "ClusterComputeResource",
            Self::HostSystem => "HostSystem",
            Self::ResourcePool => "ResourcePool",
            Self::VirtualApp => "VirtualApp",
            Self::Datastore => "Datastore",
            Self::VirtualMachine => "VirtualMachine",
            Self::ServiceInstance => "ServiceInstance",
            Self::PropertyCollector => "PropertyCollector",
            Self::ViewManager => "ViewManager",
            Self::ContainerView => "ContainerView",
            Self::SessionManager => "SessionManager",
            Self::PerformanceManager => "PerformanceManager",
            Self::OptionManager => "OptionManager",
            Self::CustomFieldsManager => "CustomFieldsManager",
        }
    }

    /// Whether an object of this type is one of `type_name`, directly or by inheritance.
    pub(crate) fn is_a(self, type_name: &str) -> bool {
        self.name() == type_name || self.super_types().contains(&type_name)
    }

    fn super_types(self) -> &'static [&'static str] {
        match self {
            Self::ClusterComputeResource => &["ComputeResource", "ManagedEntity", "ManagedObject"],
            Self::VirtualApp => &["ResourcePool", "ManagedEntity", "ManagedObject"],
            Self::ContainerView => &["ManagedObjectView", "View", "ManagedObject"],
            Self::Folder
            | Self::Datacenter
            | Self::ComputeResource
            | Self::HostSystem
            | Self::ResourcePool
            | Self::Datastore
            | Self::VirtualMachine => &["ManagedEntity", "ManagedObject"],
            Self::ServiceInstance
            | Self::PropertyCollector
            | Self::ViewManager
            | Self::SessionManager
            | Self::PerformanceManager
            | Self::OptionManager
            | Self::CustomFieldsManager => &["ManagedObject"],
        }
    }

    /// Whether a property filter may name this type at all.
    pub(crate) fn is_known(type_name: &str) -> bool {
        const ABSTRACT: [&str; 4] = [
            "ManagedEntity",
            "ManagedObject",
            "ManagedObjectView",
            "View",
        ];
        // Types of a real vCenter that this server knows but has no object of.
        const EMPTY: [&str; 7] = [
            "Network",
            "DistributedVirtualPortgroup",
            "DistributedVirtualSwitch",
            "VmwareDistributedVirtualSwitch",
            "OpaqueNetwork",
            "StoragePod",
            "Task",
        ];
        ALL.iter().any(|kind| kind.name() == type_name)
            || ABSTRACT.contains(&type_name)
            || EMPTY.contains(&type_name)
    }
}

const ALL: [Kind; 17] = [
    Kind::Folder,
    Kind::Datacenter,
    Kind::ComputeResource,
    Kind::ClusterComputeResource,
    Kind::HostSystem,
    Kind::ResourcePool,
    Kind::VirtualApp,
    Kind::Datastore,
    Kind::VirtualMachine,
    Kind::ServiceInstance,
    Kind::PropertyCollector,
    Kind::ViewManager,
    Kind::ContainerView,
    Kind::SessionManager,
    Kind::PerformanceManager,
    Kind::OptionManager,
    Kind::CustomFieldsManager,
];
