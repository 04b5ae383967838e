//! Why a cycle, or a part of it, could not be collected.

use std::io;

use planner_core::collection::counters::DiskCounter;
use planner_core::collection::governor::Attribution;
use planner_core::collection::reason::{CallFailure, FailureKind, Reason};
use planner_core::inventory::VmId;
use rustix::io::Errno;
use vsphere_soap::{Cause, Error, Fault, FaultKind, MoRef, Operation};

use super::connection_kind::kind_of_connection;
use crate::error_chain::{causes, with_causes};
use crate::settings::Oddity;

/// What keeps us from collecting.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollectError {
    /// The call to vCenter failed.
    #[error(transparent)]
    Vsphere(Error),
    /// The password file cannot be read any more.
    #[error("the vCenter password cannot be read")]
    Password(#[source] io::Error),
    /// vCenter refused the password a short while ago, and it is still the same.
    #[error(
        "vCenter refused the user name and password ({fault}); the next try is in {seconds} s, so that the account is not \
         locked"
    )]
    LoginPaused {
        /// How vCenter refused them.
        fault: Box<Fault>,
        /// Time until the next try.
        seconds: u64,
    },
    /// vCenter refused a password that looks like a mistake.
    #[error("the password {oddity}, which may not belong to it")]
    OddPassword {
        /// What is odd about it.
        oddity: Oddity,
        /// The refusal.
        #[source]
        refused: Box<CollectError>,
    },
    /// vCenter reports more objects than any real inventory has.
    #[error("vCenter shows more than {limit} objects, or as many changes at once")]
    TooManyObjects {
        /// The most objects that are accepted.
        limit: usize,
    },
    /// vCenter's names and references fill more memory than those of any real inventory.
    #[error("vCenter shows more than {} MiB of names and references", limit_bytes >> 20)]
    TooMuchText {
        /// The most bytes that are accepted.
        limit_bytes: usize,
    },
    /// The session ended while queries were asked. In the one after it counters may have other ids.
    #[error("the session has ended, and the ids of counters with it")]
    SessionReplaced,
    /// vCenter's catalogue has none of the counters.
    #[error(
        "this vCenter has none of the counters {}",
        DiskCounter::WRITES.map(DiskCounter::full_name).join(", ")
    )]
    NoCounters,
    /// vCenter stores no roll-ups of this length.
    #[error(
        "vCenter stores no roll-up of {wanted_seconds} s; {}",
        stored(offered_seconds)
    )]
    NoSuchInterval {
        /// What `PERF_INTERVAL_ID` asks for.
        wanted_seconds: u32,
        /// The roll-ups there are, in seconds.
        offered_seconds: Vec<i32>,
    },
}

impl From<Error> for CollectError {
    fn from(error: Error) -> Self {
        match error {
            Error::LoginPaused { wait, fault, .. } => Self::LoginPaused {
                fault,
                seconds: wait.as_secs().max(1),
            },
            error => Self::Vsphere(error),
        }
    }
}

impl CollectError {
    /// The same with what is odd about the password, if it was refused.
    pub(super) fn with_oddity(self, oddity: Option<Oddity>) -> Self {
        let is_refused = matches!(&self, Self::LoginPaused { .. })
            || matches!(&self, Self::Vsphere(error) if error.is_invalid_login());
        match oddity {
            Some(oddity) if is_refused => Self::OddPassword {
                oddity,
                refused: Box::new(self),
            },
            _ => self,
        }
    }

    /// Whether the cycle must make no further call: vCenter refuses the login, so that another try could lock the
    /// account, or it lacks what we need.
    pub fn ends_the_cycle(&self) -> bool {
        match self {
            Self::Vsphere(error) => error.is_invalid_login() || error.is_closed(),
            Self::SessionReplaced => false,
            Self::Password(_)
            | Self::LoginPaused { .. }
            | Self::OddPassword { .. }
            | Self::TooManyObjects { .. }
            | Self::TooMuchText { .. }
            | Self::NoCounters
            | Self::NoSuchInterval { .. } => true,
        }
    }

    /// Whether vCenter cannot be asked for anything now: it is unreachable, or it must not get another login.
    pub fn leaves_nothing_to_ask(&self) -> bool {
        match self {
            Self::Vsphere(error) => {
                error.is_invalid_login() || error.is_closed() || error.is_connect()
            }
            Self::Password(_) | Self::LoginPaused { .. } => true,
            _ => false,
        }
    }

    /// Whether queries can be asked again with the ids that counters have now.
    pub fn needs_new_ids(&self) -> bool {
        matches!(self, Self::SessionReplaced)
    }

    /// Whether the call never reached vCenter.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Vsphere(error) if error.is_connect())
    }

    /// What the failure of a query says about its VMs.
    pub fn attribution(&self) -> Attribution {
        match self {
            Self::Vsphere(error) if error.is_timeout() => Attribution::TooSlow,
            Self::Vsphere(error) if error.is_too_large() => Attribution::TooLarge,
            Self::Vsphere(error) if error.is_unreadable() => Attribution::Unclear,
            Self::Vsphere(error) => error
                .fault()
                .map_or(Attribution::WholeQuery, attribution_of),
            _ => Attribution::WholeQuery,
        }
    }

    /// The error as a value that outlives it.
    pub fn reason(&self) -> Reason {
        let operation = match self {
            Self::Vsphere(error) => error.operation().map(Operation::name),
            _ => None,
        };
        Reason::Failed(CallFailure {
            kind: self.kind(),
            operation,
            message: with_causes(self).into(),
        })
    }

    fn kind(&self) -> FailureKind {
        match self {
            _ if lacks_files(self) => FailureKind::OpenFiles,
            Self::Vsphere(error) => kind_of(error),
            Self::Password(_) => FailureKind::Password,
            Self::OddPassword { refused, .. } => refused.kind(),
            Self::LoginPaused { fault, .. } if is_expired(fault) => FailureKind::PasswordExpired,
            Self::LoginPaused { .. } => FailureKind::LoginPaused,
            Self::NoSuchInterval {
                offered_seconds, ..
            } if offered_seconds.is_empty() => FailureKind::NoIntervals,
            Self::TooManyObjects { .. } | Self::TooMuchText { .. } => FailureKind::TooManyObjects,
            Self::SessionReplaced => FailureKind::NotAuthenticated,
            Self::NoCounters => FailureKind::NoCounters,
            Self::NoSuchInterval { .. } => FailureKind::NoSuchInterval,
        }
    }
}

fn stored(offered_seconds: &[i32]) -> String {
    if offered_seconds.is_empty() {
        return "it stores none at all".to_owned();
    }
    let lengths: Vec<String> = offered_seconds.iter().map(i32::to_string).collect();
    format!("it has those of {} s", lengths.join(", "))
}

fn is_expired(fault: &Fault) -> bool {
    fault.kind == FaultKind::PasswordExpired
}

/// Whether the system refused to open one more file or socket.
fn lacks_files(error: &CollectError) -> bool {
    causes(error)
        .filter_map(system_error)
        .filter_map(Errno::from_io_error)
        .any(|errno| matches!(errno, Errno::MFILE | Errno::NFILE))
}

fn system_error<'e>(cause: &'e (dyn std::error::Error + 'static)) -> Option<&'e io::Error> {
    let shared = || cause.downcast_ref::<Cause>()?.downcast_ref();
    cause.downcast_ref().or_else(shared)
}

fn kind_of(error: &Error) -> FailureKind {
    match error {
        Error::Connect { source, .. } => kind_of_connection(source),
        _ if error.is_invalid_login() => match error.fault() {
            Some(fault) if is_expired(fault) => FailureKind::PasswordExpired,
            _ => FailureKind::InvalidLogin,
        },
        _ if error.is_timeout() => FailureKind::Timeout,
        _ if error.is_too_large() => FailureKind::TooLarge,
        _ if error.is_closed() => FailureKind::Closed,
        _ if error.is_unreadable() => FailureKind::Unreadable,
        Error::Interrupted { .. } => FailureKind::Interrupted,
        Error::Http { .. } => FailureKind::Http,
        Error::SessionLost { .. } => FailureKind::NotAuthenticated,
        Error::NoProgress { .. } => FailureKind::Unreadable,
        Error::Fault { fault, .. } => kind_of_fault(fault),
        _ => FailureKind::Missing,
    }
}

fn kind_of_fault(fault: &Fault) -> FailureKind {
    match &fault.kind {
        FaultKind::RestrictedByAdministrator { .. } => FailureKind::Restricted,
        FaultKind::InvalidArgument { .. } => FailureKind::InvalidArgument,
        FaultKind::ManagedObjectNotFound { .. } => FailureKind::NotFound,
        FaultKind::NoPermission { .. } => FailureKind::NoPermission,
        FaultKind::HostCommunication { .. } => FailureKind::HostCommunication,
        _ if fault.is_not_authenticated() => FailureKind::NotAuthenticated,
        _ => FailureKind::OtherFault,
    }
}

fn attribution_of(fault: &Fault) -> Attribution {
    match &fault.kind {
        FaultKind::RestrictedByAdministrator { .. } => Attribution::AdministratorLimit,
        FaultKind::InvalidArgument {
            invalid_property: Some(property),
        } if property.starts_with("querySpec.size") => Attribution::TooLarge,
        FaultKind::InvalidArgument {
            invalid_property: Some(property),
        } if is_about_time(property) => Attribution::WholeQuery,
        FaultKind::ManagedObjectNotFound {
            object: Some(object),
        } => about(object, Attribution::MissingVm),
        FaultKind::NoPermission {
            object: Some(object),
            ..
        } => about(object, Attribution::DeniedVm),
        FaultKind::ManagedObjectNotFound { object: None }
        | FaultKind::NoPermission { object: None, .. }
        | FaultKind::InvalidArgument { .. } => Attribution::UnnamedVm,
        FaultKind::HostCommunication { .. } => Attribution::UnnamedHost,
        _ => Attribution::Unclear,
    }
}

/// All VMs of a query share the interval and the end time, so a fault about these concerns the whole query.
fn is_about_time(invalid_property: &str) -> bool {
    let fields = invalid_property.split(", ");
    let mut names = fields.map(|field| field.rsplit('.').next().unwrap_or(field));
    names.any(|name| matches!(name, "interval" | "intervalId" | "startTime" | "endTime"))
}

/// Only VMs are asked for: a fault about any other object would affect every query.
fn about(object: &MoRef, attribution: fn(VmId) -> Attribution) -> Attribution {
    match object.kind() {
        "VirtualMachine" => attribution(VmId::new(object.value())),
        _ => Attribution::WholeQuery,
    }
}
