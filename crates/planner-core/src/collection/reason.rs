//! Why a VM has no values, or a cycle could not continue: facts, from which messages are made at the rim.

use std::time::Duration;

/// Why a query or a whole cycle failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The cycle did not end in time.
    Deadline {
        /// How long it was allowed to take.
        limit: Duration,
    },
    /// The cycle was ended before the VM was asked for.
    NotAsked,
    /// A call to vCenter failed, or something that it needs.
    Failed(CallFailure),
}

/// What failed, and what the failure said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallFailure {
    /// The kind, for decisions and labels.
    pub kind: FailureKind,
    /// vSphere's name of the operation, if a call failed.
    pub operation: Option<&'static str>,
    /// The error with its causes, as the client library words it.
    pub message: Box<str>,
}

impl Reason {
    /// The kind in a label: one of a fixed set of words.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Deadline { .. } => "deadline",
            Self::NotAsked => "not_asked",
            Self::Failed(failure) => failure.kind.as_str(),
        }
    }
}

macro_rules! failure_kinds {
    ($($(#[doc = $doc:literal])* $name:ident = $word:literal,)*) => {
        /// Kinds of failures. vSphere's faults are those that queries can meet; any other is [`OtherFault`](Self::OtherFault).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum FailureKind {
            $($(#[doc = $doc])* $name,)*
        }

        impl FailureKind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The kind in a label.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            /// What it means, as a sentence.
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc),*).trim_ascii_start(),)*
                }
            }
        }
    };
}

failure_kinds! {
    /// DNS knows no address of vCenter's name.
    NameUnresolved = "name_unresolved",
    /// The machine answers, but nothing listens on the port.
    ConnectionRefused = "connection_refused",
    /// The network does not lead to vCenter, or a firewall forbids it.
    Unreachable = "unreachable",
    /// No connection could be opened in time.
    ConnectTimeout = "connect_timeout",
    /// The proxy between cannot be reached, or opens no way to vCenter.
    Proxy = "proxy",
    /// The port answers, but not with TLS.
    NotTls = "not_tls",
    /// vCenter offers only TLS versions, ciphers or kinds of keys that the exporter does not support.
    TlsIncompatible = "tls_incompatible",
    /// The TLS handshake failed, or was cut off.
    TlsHandshake = "tls_handshake",
    /// The connection could not be opened for another reason.
    ConnectionFailed = "connection_failed",
    /// vCenter's certificate is not the one that is pinned.
    CertificateThumbprint = "certificate_thumbprint",
    /// vCenter's certificate comes from a CA that is not trusted.
    CertificateIssuer = "certificate_issuer",
    /// vCenter's certificate vouches for itself.
    CertificateSelfSigned = "certificate_self_signed",
    /// vCenter's certificate has expired, or is not valid yet.
    CertificateValidity = "certificate_validity",
    /// vCenter's certificate is for other names.
    CertificateName = "certificate_name",
    /// The key of vCenter's certificate is too short, or of a kind that cannot be verified.
    CertificateKey = "certificate_key",
    /// vCenter's certificate breaks a rule of X.509.
    CertificateForm = "certificate_form",
    /// vCenter did not prove that it owns the key of its certificate.
    CertificateNotProven = "certificate_not_proven",
    /// This process may open no further file or socket.
    OpenFiles = "open_files",
    /// vCenter refused the user name and password.
    InvalidLogin = "invalid_login",
    /// The account's password has expired.
    PasswordExpired = "password_expired",
    /// The client waits before it tries a refused password again.
    LoginPaused = "login_paused",
    /// The password cannot be read.
    Password = "password",
    /// The client was shut down.
    Closed = "closed",
    /// No answer came in time.
    Timeout = "timeout",
    /// The answer is larger than is accepted.
    TooLarge = "too_large",
    /// The connection broke before the answer was complete.
    Interrupted = "interrupted",
    /// An HTTP error, perhaps of a proxy.
    Http = "http",
    /// The answer cannot be read.
    Unreadable = "unreadable",
    /// vCenter lacks a manager or property that is needed.
    Missing = "missing",
    /// vCenter shows more objects than any inventory has.
    TooManyObjects = "too_many_objects",
    /// The inventory could not be read for too long.
    StaleInventory = "stale_inventory",
    /// vCenter has none of the counters.
    NoCounters = "no_counters",
    /// vCenter stores no roll-ups of the wanted length.
    NoSuchInterval = "no_such_interval",
    /// vCenter stores no roll-ups at all.
    NoIntervals = "no_intervals",
    /// `NotAuthenticated`: the session has ended.
    NotAuthenticated = "not_authenticated",
    /// `NoPermission`: the account lacks a privilege.
    NoPermission = "no_permission",
    /// `ManagedObjectNotFound`: the object is gone.
    NotFound = "not_found",
    /// `InvalidArgument`: vCenter accepts the query not as it is.
    InvalidArgument = "invalid_argument",
    /// `RestrictedByAdministrator`: the query is larger than the administrator allows.
    Restricted = "restricted_by_administrator",
    /// `HostCommunication` and its subtypes: vCenter does not reach a host.
    HostCommunication = "host_communication",
    /// A bug in this program ended the work.
    Bug = "bug",
    /// Any other fault.
    OtherFault = "fault",
}
