//! Why a cycle, or a part of it, could not be collected.

use planner_core::counters::DiskCounter;
use planner_core::governor::Failure;
use planner_core::inventory::VmId;
use vsphere_soap::{Error, Fault, FaultKind, MoRef};

/// What keeps us from collecting.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollectError {
    /// The call to vCenter failed.
    #[error(transparent)]
    Vsphere(Error),
    /// The password file cannot be read any more.
    #[error("the vCenter password cannot be read")]
    Password(#[source] std::io::Error),
    /// vCenter refused the password a short while ago, and it is still the same.
    #[error(
        "vCenter refused the user name and password; the next try is in {seconds} s, so that the account is not locked"
    )]
    LoginPaused {
        /// Time until the next try.
        seconds: u64,
    },
    /// vCenter goes on to tell of objects beyond every inventory there can be.
    #[error("vCenter shows more than {limit} objects, or as many changes at once")]
    TooManyObjects {
        /// As many are read.
        limit: usize,
    },
    /// vCenter's catalogue has none of the counters.
    #[error(
        "this vCenter has none of the counters {}",
        DiskCounter::WRITES.map(DiskCounter::full_name).join(", ")
    )]
    NoCounters,
    /// vCenter stores no roll-ups of this length.
    #[error("vCenter stores no roll-up of {wanted_seconds} s; it has those of {offered} s")]
    NoSuchInterval {
        /// What `PERF_INTERVAL_ID` asks for.
        wanted_seconds: u32,
        /// The roll-ups there are, in seconds.
        offered: String,
    },
}

impl From<Error> for CollectError {
    fn from(error: Error) -> Self {
        match error {
            Error::LoginPaused { wait, .. } => Self::LoginPaused {
                seconds: wait.as_secs().max(1),
            },
            error => Self::Vsphere(error),
        }
    }
}

impl CollectError {
    /// Whether no further call may be made in the same cycle: vCenter does not let us in, and each further try could
    /// lock the account, or it lacks what we need.
    pub fn ends_the_cycle(&self) -> bool {
        match self {
            Self::Vsphere(error) => error.is_invalid_login() || error.is_closed(),
            Self::Password(_)
            | Self::LoginPaused { .. }
            | Self::TooManyObjects { .. }
            | Self::NoCounters
            | Self::NoSuchInterval { .. } => true,
        }
    }

    /// Whether the session is gone: a new one is needed, and so is all that the server kept for us in it.
    pub fn is_session_lost(&self) -> bool {
        matches!(self, Self::Vsphere(error) if error.is_session_lost())
    }

    /// The refusal of vCenter, if that is what failed.
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Vsphere(error) => error.fault(),
            _ => None,
        }
    }

    /// Whether the call never reached vCenter.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Vsphere(error) if error.is_connect())
    }

    /// What the failure of a query says about its VMs.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Vsphere(error) if error.is_timeout() || error.is_too_large() => Failure::TooMuch,
            Self::Vsphere(error) if error.is_unreadable() => Failure::Broken,
            Self::Vsphere(error) => error.fault().map_or(Failure::WholeQuery, failure_of),
            _ => Failure::WholeQuery,
        }
    }
}

fn failure_of(fault: &Fault) -> Failure {
    match &fault.kind {
        FaultKind::RestrictedByAdministrator { .. } => Failure::Restricted,
        FaultKind::InvalidArgument {
            invalid_property: Some(property),
        } if property.starts_with("querySpec.size") => Failure::TooMuch,
        FaultKind::InvalidArgument {
            invalid_property: Some(property),
        } if is_about_time(property) => Failure::WholeQuery,
        FaultKind::ManagedObjectNotFound {
            object: Some(object),
        } => about(object, Failure::Gone),
        FaultKind::NoPermission {
            object: Some(object),
            ..
        } => about(object, Failure::Denied),
        FaultKind::ManagedObjectNotFound { object: None }
        | FaultKind::NoPermission { object: None, .. }
        | FaultKind::InvalidArgument { .. } => Failure::SomeVm,
        FaultKind::HostCommunication { .. } => Failure::SomeHost,
        _ => Failure::Broken,
    }
}

/// Every VM of a query is asked for by the same interval and up to the same time, so no VM is to blame for them.
fn is_about_time(invalid_property: &str) -> bool {
    let fields = invalid_property.split(", ");
    let mut names = fields.map(|field| field.rsplit('.').next().unwrap_or(field));
    names.any(|name| matches!(name, "interval" | "intervalId" | "startTime" | "endTime"))
}

/// Only VMs are asked for: a fault about any other object would meet every query.
fn about(object: &MoRef, failure: fn(VmId) -> Failure) -> Failure {
    match object.kind() {
        "VirtualMachine" => failure(VmId::new(object.value())),
        _ => Failure::WholeQuery,
    }
}
