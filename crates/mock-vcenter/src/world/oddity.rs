//! The unusual virtual machines of a world with oddities, one of each sort.

/// What is unusual about a virtual machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Oddity {
    PoweredOff,
    Suspended,
    Template,
    /// Registered, but no host runs it.
    Orphaned,
    /// `config` is unset, as for an inaccessible VM.
    WithoutConfig,
    /// Its configuration makes no sense to its host.
    Invalid,
    /// Its host has lost contact: last known to be on, no live samples.
    Disconnected,
    /// `parent` is unset and `parentVApp` is set instead.
    InVApp,
    /// Only the name is odd.
    Named(&'static str),
    /// Name, extension and kind of a VM that a solution manages.
    Managed(&'static str, &'static str, &'static str),
    /// Stands for a VM of another site, and never runs.
    Placeholder,
    /// Its host is visible, the compute resource above the host is not.
    SecludedHost,
    /// Powered on a moment ago: no samples yet.
    JustStarted,
    /// Every fifth sample is missing and arrives as -1.
    Gaps,
}

impl Oddity {
    /// All of them, in the order of their VMs.
    pub(crate) const ALL: [Self; 23] = [
        Self::PoweredOff,
        Self::Suspended,
        Self::Template,
        Self::Orphaned,
        Self::WithoutConfig,
        Self::Disconnected,
        Self::InVApp,
        Self::Named("say \"hi\" & <bye>"),
        Self::Named("two\nlines"),
        Self::Named("back%5cslash"),
        Self::Named("a%2fb"),
        Self::Named("100%25"),
        Self::Named("%252f stays"),
        Self::Named("r\u{e9}serve \u{1f680}"),
        Self::Named(""),
        Self::SecludedHost,
        Self::JustStarted,
        Self::Gaps,
        Self::Invalid,
        Self::Named("Z-VRA-esx0001.example.test"),
        Self::Named("Z-VRAH-esx0001.example.test-1"),
        Self::Managed(
            "vCLS-4c4c4544-0044-4a10-8054-b6c04f4d4e32",
            "com.vmware.vim.eam",
            "cluster-agent",
        ),
        Self::Placeholder,
    ];

    /// The name as on the wire.
    pub(crate) fn wire_name(self) -> &'static str {
        match self {
            Self::PoweredOff => "odd-powered-off",
            Self::Suspended => "odd-suspended",
            Self::Template => "odd-template",
            Self::Orphaned => "odd-orphaned",
            Self::WithoutConfig => "odd-without-config",
            Self::Disconnected => "odd-disconnected",
            Self::InVApp => "odd-in-vapp",
            Self::Named(name) | Self::Managed(name, ..) => name,
            Self::Placeholder => "odd-placeholder",
            Self::Invalid => "odd-invalid",
            Self::SecludedHost => "odd-secluded-host",
            Self::JustStarted => "odd-just-started",
            Self::Gaps => "odd-gaps",
        }
    }

    /// Extension and kind of `config.managedBy`.
    pub(crate) fn managed_by(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Managed(_, extension, kind) => Some((extension, kind)),
            Self::Placeholder => Some(("com.vmware.vcDr", "placeholderVm")),
            _ => None,
        }
    }

    /// Whether QueryPerf has series for it while it is on.
    pub(crate) fn can_be_sampled(self) -> bool {
        !matches!(
            self,
            Self::Template
                | Self::Orphaned
                | Self::WithoutConfig
                | Self::Disconnected
                | Self::Invalid
                | Self::JustStarted
        )
    }

    /// Why an administrator can neither switch nor move it, if so.
    pub(crate) fn stuck(self) -> Option<&'static str> {
        match self {
            Self::Template => Some("it is a template"),
            Self::Orphaned | Self::WithoutConfig | Self::Invalid => Some("it is not accessible"),
            Self::Placeholder => Some("it is a placeholder"),
            Self::Disconnected => Some("its host is not responding"),
            _ => None,
        }
    }
}
