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
    /// Its host has lost contact: last known to be on, no live samples.
    Disconnected,
    /// `parent` is unset and `parentVApp` is set instead.
    InVApp,
    /// Only the name is odd.
    Named(&'static str),
    /// Its host is visible, the compute resource above the host is not.
    SecludedHost,
    /// Powered on a moment ago: no samples yet.
    JustStarted,
    /// Every fifth sample is missing and arrives as -1.
    Gaps,
}

impl Oddity {
    /// All of them, in the order of their VMs.
    pub(crate) const ALL: [Self; 18] = [
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
            Self::Named(name) => name,
            Self::SecludedHost => "odd-secluded-host",
            Self::JustStarted => "odd-just-started",
            Self::Gaps => "odd-gaps",
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
                | Self::JustStarted
        )
    }

    /// Why an administrator can neither switch nor move it, if so.
    pub(crate) fn stuck(self) -> Option<&'static str> {
        match self {
            Self::Template => Some("it is a template"),
            Self::Orphaned | Self::WithoutConfig => Some("it is not accessible"),
            Self::Disconnected => Some("its host is not responding"),
            _ => None,
        }
    }
}
