//! Container views: live sets of inventory objects, kept by the server for a session.

use crate::fault::{Fault, FaultKind};
use crate::moref::MoRef;

/// A container view and the session that it lives in.
///
/// Dropping it leaves the view on the server until
/// [`Client::destroy_view`](crate::Client::destroy_view) or the end of the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerView {
    moref: MoRef,
    session_id: u64,
}

impl ContainerView {
    pub(crate) fn new(moref: MoRef, session_id: u64) -> Self {
        Self { moref, session_id }
    }

    /// The reference of the view.
    pub fn moref(&self) -> &MoRef {
        &self.moref
    }

    /// The [`Session::id`](crate::Session::id) of the session that owns the view.
    pub fn session_id(&self) -> u64 {
        self.session_id
    }

    /// Whether `fault` says that the server does not know this view. The collector answers without a
    /// session, so a view that died with its session may show up as an unknown object.
    pub(crate) fn is_gone(&self, fault: &Fault) -> bool {
        matches!(
            &fault.kind,
            FaultKind::ManagedObjectNotFound { object: Some(object) }
                if object.value() == self.moref.value()
        )
    }
}
