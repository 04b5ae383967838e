//! Faults: vCenter understood a call and refused it, or could not read one property.

use std::fmt;

use crate::moref::MoRef;

/// A fault as vCenter states it.
///
/// Decide by [`Fault::kind`]: the message is localised and may be empty. Texts are cut to 300 characters
/// and hold no control characters. Those of a refused login are left out, because a server or a proxy
/// might quote the password in them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fault {
    /// The type of the fault with the fields that matter.
    pub kind: FaultKind,
    /// The server's text, in the session's language.
    pub message: String,
}

impl Fault {
    /// Whether the session is unknown to the server, or has no right to this operation at all.
    pub fn is_not_authenticated(&self) -> bool {
        matches!(self.kind, FaultKind::NotAuthenticated { .. })
    }

    /// Whether user name or password was refused.
    pub fn is_invalid_login(&self) -> bool {
        matches!(
            self.kind,
            FaultKind::InvalidLogin | FaultKind::PasswordExpired
        )
    }
}

/// `NoPermission on VirtualMachine:vm-42 (System.Read): Permission to perform this operation was
/// denied.`
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        if self.message.is_empty() {
            Ok(())
        } else {
            write!(f, ": {}", self.message)
        }
    }
}

/// The fault types that callers react to, with their fields.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// Wrong user or password, a locked account, or a login on top of a live session.
    InvalidLogin,
    /// The password was right once but has expired; in the vSphere API a kind of `InvalidLogin`.
    PasswordExpired,
    /// The session is unknown to the server.
    NotAuthenticated {
        /// What was asked for.
        object: Option<MoRef>,
        /// The privilege that a session would have needed.
        privilege_id: Option<String>,
    },
    /// The user lacks a privilege.
    NoPermission {
        /// The object on which it is lacking.
        object: Option<MoRef>,
        /// The lacking privilege, such as `System.Read`.
        privilege_id: Option<String>,
    },
    /// An argument is wrong.
    InvalidArgument {
        /// Which one, such as `querySpec.interval`.
        invalid_property: Option<String>,
    },
    /// The object does not exist, or no longer does.
    ManagedObjectNotFound {
        /// The object asked for.
        object: Option<MoRef>,
    },
    /// The property path is unknown at this API version.
    InvalidProperty {
        /// The path.
        name: String,
    },
    /// No option of this name is set.
    InvalidName {
        /// The name.
        name: String,
    },
    /// A limit set by the administrator, such as `vpxd.stats.maxQueryMetrics`.
    RestrictedByAdministrator {
        /// Which limit.
        details: String,
    },
    /// The version passed to `WaitForUpdatesEx` is unknown; start over with an empty one.
    InvalidCollectorVersion,
    /// The server ended the call, for instance on request of another client.
    RequestCanceled,
    /// A general error within the server.
    SystemError {
        /// The server's reason.
        reason: String,
    },
    /// vCenter cannot reach the host of the object: `HostCommunication`, `HostNotConnected` or
    /// `HostNotReachable`.
    HostCommunication {
        /// Which of them.
        type_name: String,
    },
    /// The server knows no such operation.
    MethodNotFound {
        /// The object called.
        receiver: Option<MoRef>,
        /// The operation.
        method: String,
    },
    /// Any other type; `RuntimeFault` when the answer named none.
    Other {
        /// The type's name in the vSphere API.
        type_name: String,
    },
}

impl FaultKind {
    /// The name of the type in the vSphere API.
    pub fn type_name(&self) -> &str {
        match self {
            Self::InvalidLogin => "InvalidLogin",
            Self::PasswordExpired => "PasswordExpired",
            Self::NotAuthenticated { .. } => "NotAuthenticated",
            Self::NoPermission { .. } => "NoPermission",
            Self::InvalidArgument { .. } => "InvalidArgument",
            Self::ManagedObjectNotFound { .. } => "ManagedObjectNotFound",
            Self::InvalidProperty { .. } => "InvalidProperty",
            Self::InvalidName { .. } => "InvalidName",
            Self::RestrictedByAdministrator { .. } => "RestrictedByAdministrator",
            Self::InvalidCollectorVersion => "InvalidCollectorVersion",
            Self::RequestCanceled => "RequestCanceled",
            Self::SystemError { .. } => "SystemError",
            Self::HostCommunication { type_name } | Self::Other { type_name } => type_name,
            Self::MethodNotFound { .. } => "MethodNotFound",
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.type_name())?;
        match self {
            Self::NotAuthenticated {
                object,
                privilege_id,
            }
            | Self::NoPermission {
                object,
                privilege_id,
            } => {
                if let Some(object) = object {
                    write!(f, " on {object}")?;
                }
                match privilege_id {
                    Some(privilege) => write!(f, " ({privilege})"),
                    None => Ok(()),
                }
            }
            Self::ManagedObjectNotFound {
                object: Some(object),
            } => write!(f, " {object}"),
            Self::InvalidArgument {
                invalid_property: Some(name),
            }
            | Self::InvalidProperty { name }
            | Self::InvalidName { name }
            | Self::RestrictedByAdministrator { details: name }
            | Self::MethodNotFound { method: name, .. } => write!(f, " {name}"),
            Self::SystemError { reason } if !reason.is_empty() => write!(f, " ({reason})"),
            _ => Ok(()),
        }
    }
}
