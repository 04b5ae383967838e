//! VMs that a sizing must not count, because they are part of the infrastructure or only stand for other VMs.

use super::Vm;

/// Why a VM is left out of a sizing. It stays in the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SizingExclusion {
    /// A Zerto Virtual Replication Appliance, or one of the helpers that hold its further disks.
    ZertoAppliance,
    /// An agent VM of vSphere Cluster Services.
    ClusterServices,
    /// A placeholder of a recovery product for a VM of another site.
    Placeholder,
}

impl SizingExclusion {
    /// All reasons.
    pub const ALL: [Self; 3] = [
        Self::ZertoAppliance,
        Self::ClusterServices,
        Self::Placeholder,
    ];

    /// Why a VM is left out; `None` for one that counts.
    ///
    /// Zerto names its appliances `Z-VRA-` and the host, vSphere names its agents `vCLS-` and an id, or `vCLS (1)` in
    /// 7.0; recovery products own their placeholders through `config.managedBy`.
    pub fn of(vm: &Vm) -> Option<Self> {
        const RECOVERY_EXTENSIONS: [&str; 2] = ["com.vmware.vcDr", "com.vmware.liverecover"];
        let is_placeholder = |extension: &str| {
            RECOVERY_EXTENSIONS
                .iter()
                .any(|known| extension.starts_with(known))
        };
        let of_extension = || {
            let extension = vm.managed_by.as_deref();
            let extension = extension.filter(|it| is_placeholder(it));
            extension.map(|_| Self::Placeholder)
        };
        Self::of_name(&vm.name).or_else(of_extension)
    }

    /// Why a VM of this name is left out, if its name says so.
    pub fn of_name(name: &str) -> Option<Self> {
        if name.starts_with("Z-VRA") {
            Some(Self::ZertoAppliance)
        } else if name.starts_with("vCLS-") || name.starts_with("vCLS (") {
            Some(Self::ClusterServices)
        } else {
            None
        }
    }

    /// The reason in a label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ZertoAppliance => "zerto_appliance",
            Self::ClusterServices => "cluster_services",
            Self::Placeholder => "placeholder",
        }
    }
}
