//! Container views: live sets of inventory objects, kept by the server for a session.

use crate::error::Error;
use crate::fault::FaultKind;
use crate::moref::MoRef;
use crate::session::owner::Owner;

/// A container view. It belongs to the session and the client that made it: any other client refuses it with
/// [`Error::ForeignHandle`](crate::Error::ForeignHandle).
///
/// Dropping it leaves the view on the server until
/// [`Client::destroy_view`](crate::Client::destroy_view) or the end of the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerView {
    moref: MoRef,
    owner: Owner,
}

impl ContainerView {
    pub(crate) fn new(moref: MoRef, owner: Owner) -> Self {
        Self { moref, owner }
    }

    /// The reference of the view.
    pub fn moref(&self) -> &MoRef {
        &self.moref
    }

    /// The [`Session::id`](crate::Session::id) of the session that owns the view.
    pub fn session_id(&self) -> u64 {
        self.owner.session_id()
    }

    pub(crate) fn owner(&self) -> Owner {
        self.owner
    }

    /// Whether `error` says that the server does not know this view. The collector also answers without a session, so
    /// it may report a view that ended with its session as an unknown object.
    pub(crate) fn is_gone(&self, error: &Error) -> bool {
        matches!(
            error.fault().map(|fault| &fault.kind),
            Some(FaultKind::ManagedObjectNotFound { object: Some(object) })
                if object.value() == self.moref.value()
        )
    }
}
