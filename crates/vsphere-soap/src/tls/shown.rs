//! The certificate that the server showed last, whatever became of it.

use std::sync::{Arc, Mutex, PoisonError};

use crate::server_certificate::ServerCertificate;

/// The certificate that the server showed last.
#[derive(Debug, Clone, Default)]
pub(crate) struct ShownCertificate(Arc<Mutex<Option<ServerCertificate>>>);

impl ShownCertificate {
    pub(crate) fn get(&self) -> Option<ServerCertificate> {
        let shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shown.clone()
    }

    pub(super) fn set(&self, certificate: ServerCertificate) {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *shown = Some(certificate);
    }
}
