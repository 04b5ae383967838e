//! What a failed call says about the server and what it keeps for us.

use crate::error::Error;
use crate::fault::FaultKind;

/// The server has dropped what it kept, or no longer knows the version of the last report.
pub(super) fn is_lost(error: &Error) -> bool {
    error.is_session_lost() || is_fault(error, |kind| *kind == FaultKind::InvalidCollectorVersion)
}

/// The server has no reports of changes, or refuses them to every session of this user.
pub(super) fn is_unsupported(error: &Error) -> bool {
    is_fault(error, |kind| {
        matches!(
            kind,
            FaultKind::MethodNotFound { .. } | FaultKind::NotAuthenticated { .. }
        )
    })
}

/// An object was deleted while it was read, so the server refused the whole page.
pub(super) fn is_of_gone_object(error: &Error) -> bool {
    is_fault(error, |kind| {
        matches!(kind, FaultKind::ManagedObjectNotFound { .. })
    })
}

fn is_fault(error: &Error, is: impl FnOnce(&FaultKind) -> bool) -> bool {
    error.fault().is_some_and(|fault| is(&fault.kind))
}
