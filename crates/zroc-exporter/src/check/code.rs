//! The checks: each with a code that never changes, what it means and what to do. Text, JSON and `docs/CHECKS.md` come from
//! this table.

use std::fmt::Write as _;

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// What the operator gave.
    Settings,
    /// The way to vCenter.
    Connection,
    /// What the account may do.
    Account,
    /// What vCenter measures.
    Statistics,
    /// One cycle, of which nothing is published.
    Cycle,
}

impl Group {
    /// All groups, in the order in which they are checked.
    pub const ALL: [Self; 5] = [
        Self::Settings,
        Self::Connection,
        Self::Account,
        Self::Statistics,
        Self::Cycle,
    ];

    /// Its name in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Connection => "connection",
            Self::Account => "account",
            Self::Statistics => "statistics",
            Self::Cycle => "cycle",
        }
    }

    /// Its heading.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Cycle => "one cycle, nothing published",
            other => other.as_str(),
        }
    }
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As it should be.
    Passed,
    /// Something to look at.
    Warning,
    /// The exporter cannot do its work.
    Error,
}

impl Verdict {
    /// Its name in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

macro_rules! codes {
    ($($name:ident = $id:literal, $group:ident, $worst:ident {
        meaning: $meaning:literal,
        cause: $cause:literal,
        cure: $cure:literal,
    })*) => {
        /// A check.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $meaning] $name,)*
        }

        impl Code {
            /// All checks, in the order of their codes.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The code.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// What it is about.
            pub const fn group(self) -> Group {
                match self { $(Self::$name => Group::$group,)* }
            }

            /// The worst that it can end with.
            pub const fn worst(self) -> Verdict {
                match self { $(Self::$name => Verdict::$worst,)* }
            }

            /// What it looks at.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)* }
            }

            /// Why it may fail.
            pub const fn cause(self) -> &'static str {
                match self { $(Self::$name => $cause,)* }
            }

            /// What to do then.
            pub const fn cure(self) -> &'static str {
                match self { $(Self::$name => $cure,)* }
            }
        }
    };
}

codes! {
    Settings = "ZR100", Settings, Error {
        meaning: "All settings can be used.",
        cause: "A value is missing or out of range, a file cannot be read, or the file of settings has an unknown key.",
        cure: "Correct what the message names. `zroc-exporter config` shows which layer gives each setting.",
    }
    UnknownVariable = "ZR101", Settings, Warning {
        meaning: "Every environment variable that looks like a setting is one.",
        cause: "A typing error, or a variable of another program.",
        cure: "Correct the name as the message proposes.",
    }
    OddPassword = "ZR102", Settings, Warning {
        meaning: "The password has no quotation marks or blanks around it.",
        cause: "Docker keeps the quotes of an `--env-file`, and editors may leave a blank at the end.",
        cure: "Remove them, unless they belong to the password.",
    }
    Address = "ZR110", Connection, Error {
        meaning: "vCenter's name has an address, which accepts connections and speaks TLS.",
        cause: "A wrong `VCENTER_HOST` or `VCENTER_PORT`, a missing name in DNS, a firewall or proxy between, or a vCenter that is down.",
        cure: "Follow the message: it says which step failed.",
    }
    Certificate = "ZR111", Connection, Warning {
        meaning: "vCenter's certificate is verified.",
        cause: "Neither `VCENTER_THUMBPRINT`, `VCENTER_CA_FILE` nor `VCENTER_SSL_VERIFY` is set, so somebody between could read the password.",
        cure: "Compare the SHA-256 thumbprint with what vCenter itself shows, then set `VCENTER_THUMBPRINT` to it.",
    }
    CertificateRefused = "ZR112", Connection, Error {
        meaning: "The certificate is the one that the settings accept.",
        cause: "vCenter has a new certificate, the CA is another one, the name or the dates do not fit, or somebody is between.",
        cure: "Compare the certificate shown with vCenter's own, then correct `VCENTER_THUMBPRINT` or `VCENTER_CA_FILE`.",
    }
    CertificateExpiry = "ZR113", Connection, Warning {
        meaning: "The certificate is valid for 30 more days.",
        cause: "It expires soon or has expired.",
        cure: "Renew vCenter's certificate; a new one has another thumbprint.",
    }
    Clock = "ZR114", Connection, Warning {
        meaning: "vCenter's clock and the clock of this machine agree within 10 seconds.",
        cause: "One of the two is not set by NTP.",
        cure: "Set NTP on both. Samples carry vCenter's time; Prometheus stamps them with its own.",
    }
    Product = "ZR115", Connection, Passed {
        meaning: "Which product and version answers.",
        cause: "-",
        cure: "-",
    }
    Login = "ZR120", Account, Error {
        meaning: "The account can log in.",
        cause: "A wrong user or password, a locked or expired account, or a vCenter that does not answer.",
        cure: "Correct `VCENTER_USER` and the password. Five wrong ones within three minutes lock the account by default.",
    }
    LoginHeldBack = "ZR121", Account, Error {
        meaning: "The same password was not refused within the last 5 minutes.",
        cause: "An earlier check was refused with this user and password, so this one did not log in.",
        cure: "Correct the password, wait 5 minutes, or give `--force`.",
    }
    HiddenVms = "ZR122", Account, Error {
        meaning: "The account sees every VM that the hosts list, and at least one.",
        cause: "The Read-only role was given without \"Propagate to children\", on a part of the inventory only, or was taken away on a folder.",
        cure: "Give the account Read-only (System.View, System.Read) at the vCenter root with \"Propagate to children\".",
    }
    WithheldProperties = "ZR123", Account, Warning {
        meaning: "The account may read the state of the VMs that it sees.",
        cause: "It has System.View on them, but not System.Read.",
        cure: "Give it the role Read-only instead of No access with System.View.",
    }
    Logout = "ZR124", Account, Warning {
        meaning: "vCenter has ended the session.",
        cause: "The call to log out failed.",
        cure: "Nothing: vCenter ends a session that has been idle, after 30 minutes by default.",
    }
    Census = "ZR125", Account, Warning {
        meaning: "Hosts show which VMs they have, to compare with those that the account sees.",
        cause: "The account sees no host, may not read their lists, or the call failed.",
        cure: "Give it Read-only at the vCenter root, so that the check can find hidden VMs.",
    }
    RefusalNotKept = "ZR126", Account, Warning {
        meaning: "A refused login is remembered for 5 minutes.",
        cause: "Neither the folder of `STATE_FILE` nor the user's state folder can be written to.",
        cure: "Do not repeat the check with the same password: five refusals lock the account.",
    }
    Counters = "ZR130", Statistics, Error {
        meaning: "vCenter has write IOPS, throughput and latency from the source that the settings choose.",
        cause: "`VCENTER_HOST` names something else than a vCenter, `PERF_INTERVAL_ID` is an interval that is not stored, or the statistics level withholds a counter of roll-ups.",
        cure: "Set `PERF_SOURCE=realtime`, which has all of them at every level, or raise the level.",
    }
    RollUps = "ZR131", Statistics, Warning {
        meaning: "Roll-ups of the window hold the counters too.",
        cause: "The statistics level of that interval is 1, the default.",
        cure: "Raise it to the level named, if `PERF_SOURCE=historical` or `plan --last 1d` is to work. Real-time samples do not need it.",
    }
    QueryLimit = "ZR132", Statistics, Warning {
        meaning: "maxQueryMetrics lets a query for roll-ups hold at least as much as by default (256).",
        cause: "An administrator has lowered `config.vpxd.stats.maxQueryMetrics`.",
        cure: "Raise it, or accept more and smaller queries with `PERF_SOURCE=historical`. Real-time queries are not bound by it.",
    }
    HostClocks = "ZR133", Statistics, Warning {
        meaning: "The clocks of hosts are within a minute of vCenter's.",
        cause: "NTP does not run on the hosts named.",
        cure: "Set NTP on them. Values are right nevertheless, but roll-ups and charts of vCenter are not.",
    }
    Values = "ZR140", Cycle, Error {
        meaning: "VMs have values.",
        cause: "No VM runs or is chosen, or vCenter had no values of any.",
        cure: "Follow the message.",
    }
    VmsWithout = "ZR141", Cycle, Warning {
        meaning: "Every running VM has values.",
        cause: "Its host does not respond, it has just started, has no disks, or its query failed.",
        cure: "`zroc-exporter check --vms` names each with the reason.",
    }
    SizingExclusions = "ZR142", Cycle, Passed {
        meaning: "Which VMs a sizing leaves out: appliances of Zerto, vCLS, placeholders.",
        cause: "-",
        cure: "-",
    }
    Series = "ZR143", Cycle, Passed {
        meaning: "How many series the page has, and what the switches would add.",
        cause: "-",
        cure: "-",
    }
    Trouble = "ZR144", Cycle, Warning {
        meaning: "The cycle asked for every VM, with a complete inventory.",
        cause: "It was cut off by `CYCLE_TIMEOUT` or a failure, or changes of the inventory could not be followed.",
        cure: "Follow the message.",
    }
    IdlePatterns = "ZR145", Cycle, Warning {
        meaning: "Every pattern of the filters fits a VM.",
        cause: "A typing error, a pattern written as a regular expression, or names that have changed.",
        cure: "Correct the pattern that the message names.",
    }
    UndefinedAttributes = "ZR146", Cycle, Warning {
        meaning: "vCenter defines every custom attribute of `CUSTOM_ATTRIBUTES`.",
        cause: "A typing error, upper case for lower case, or an attribute that was renamed or removed.",
        cure: "Correct the name that the message has; vCenter lists its own under Tags & Custom Attributes.",
    }
}

/// The tables of `docs/CHECKS.md`, in Markdown.
pub fn reference() -> String {
    let mut text = String::new();
    for group in Group::ALL {
        let _ = write!(
            text,
            "\n## {}\n\n| code | at worst | what is checked | cause | cure |\n|---|---|---|---|---|\n",
            group.heading()
        );
        for code in Code::ALL.iter().filter(|code| code.group() == group) {
            let id = code.id();
            let _ = writeln!(
                text,
                "| <a id=\"{id}\"></a>{id} | {} | {} | {} | {} |",
                code.worst().as_str(),
                code.meaning(),
                code.cause(),
                code.cure()
            );
        }
    }
    text
}
