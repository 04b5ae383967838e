//! The kind of failure behind a connection that could not be opened.

use planner_core::collection::reason::FailureKind;
use vsphere_soap::{CertificateFault, ConnectFailure};

pub(super) fn kind_of_connection(failure: &ConnectFailure) -> FailureKind {
    match failure {
        ConnectFailure::Resolve { .. } => FailureKind::NameUnresolved,
        ConnectFailure::Refused { .. } => FailureKind::ConnectionRefused,
        ConnectFailure::Unreachable { .. } => FailureKind::Unreachable,
        ConnectFailure::TimedOut { .. } => FailureKind::ConnectTimeout,
        ConnectFailure::Proxy { .. } => FailureKind::Proxy,
        ConnectFailure::NotTls { .. } => FailureKind::NotTls,
        ConnectFailure::TlsIncompatible { .. } => FailureKind::TlsIncompatible,
        ConnectFailure::Handshake { .. } => FailureKind::TlsHandshake,
        ConnectFailure::Certificate(refused) => kind_of_certificate(&refused.fault),
        _ => FailureKind::ConnectionFailed,
    }
}

fn kind_of_certificate(fault: &CertificateFault) -> FailureKind {
    match fault {
        CertificateFault::Thumbprint { .. } => FailureKind::CertificateThumbprint,
        CertificateFault::UnknownIssuer { .. } | CertificateFault::OtherIssuerKey { .. } => {
            FailureKind::CertificateIssuer
        }
        CertificateFault::SelfSigned | CertificateFault::CaCertificate => {
            FailureKind::CertificateSelfSigned
        }
        CertificateFault::Expired { .. } | CertificateFault::NotYetValid { .. } => {
            FailureKind::CertificateValidity
        }
        CertificateFault::WrongName { .. } => FailureKind::CertificateName,
        CertificateFault::WeakKey { .. } | CertificateFault::UnsupportedKey { .. } => {
            FailureKind::CertificateKey
        }
        CertificateFault::NotProven => FailureKind::CertificateNotProven,
        _ => FailureKind::CertificateForm,
    }
}
