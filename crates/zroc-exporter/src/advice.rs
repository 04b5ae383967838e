//! One line of help for an error: which setting to look at.

use std::error::Error as _;
use std::{io, iter};

use rustix::io::Errno;
use vsphere_soap::{Operation, Trust};

use crate::settings::VcenterSettings;
use crate::vcenter::CollectError;

/// What the operator can do about an error, when there is something.
pub fn advice(error: &CollectError, settings: &VcenterSettings) -> Option<String> {
    if lacks_files(error) {
        let advice = "raise the limit of open files (`ulimit -n`, LimitNOFILE= of systemd)";
        return Some(advice.to_owned());
    }
    match error {
        CollectError::Vsphere(error) if error.is_certificate() => {
            Some(about_certificate(&settings.trust).to_owned())
        }
        CollectError::Vsphere(error) if error.is_invalid_login() => Some(format!(
            "check VCENTER_USER ({}) and the password; a locked account answers the same",
            settings.user
        )),
        CollectError::Vsphere(error) if error.is_connect() => Some(format!(
            "check VCENTER_HOST ({}), VCENTER_PORT ({}) and the firewalls between",
            settings.host, settings.port
        )),
        CollectError::Vsphere(error) if error.is_timeout() => {
            let advice = match error.operation() {
                Some(Operation::QUERY_PERF) => {
                    "vCenter is slow: raise VCENTER_REQUEST_TIMEOUT or lower BATCH_SIZE"
                }
                _ => "vCenter is slow: raise VCENTER_REQUEST_TIMEOUT",
            };
            Some(advice.to_owned())
        }
        CollectError::Vsphere(_) => None,
        CollectError::Password(_) => Some("check VCENTER_PASSWORD_FILE".to_owned()),
        CollectError::LoginPaused { .. } => Some(format!(
            "check VCENTER_USER ({}) and the password; a changed VCENTER_PASSWORD_FILE is tried at once",
            settings.user
        )),
        CollectError::TooManyObjects { .. } | CollectError::NoCounters => {
            Some("VCENTER_HOST must name a vCenter".to_owned())
        }
        CollectError::NoSuchInterval { .. } => {
            Some("set PERF_INTERVAL_ID to one of them, or PERF_SOURCE to realtime".to_owned())
        }
    }
}

/// Whether the system refused to open one more file or socket.
fn lacks_files(error: &CollectError) -> bool {
    iter::successors(error.source(), |&cause| cause.source())
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .filter_map(Errno::from_io_error)
        .any(|errno| matches!(errno, Errno::MFILE | Errno::NFILE))
}

fn about_certificate(trust: &Trust) -> &'static str {
    match trust {
        Trust::Sha256Thumbprint(_) => {
            "if vCenter has a new certificate, compare its thumbprint on vCenter itself and set VCENTER_THUMBPRINT to it"
        }
        Trust::CaFile(_) => {
            "VCENTER_CA_FILE must hold the CA of vCenter's certificate, and VCENTER_HOST be a name in the certificate"
        }
        _ => {
            "set VCENTER_CA_FILE to the CA of vCenter's certificate, or VCENTER_THUMBPRINT to the certificate's SHA-256 \
             thumbprint"
        }
    }
}

/// An error with all its causes and the advice, in one line.
pub fn explain(error: &CollectError, settings: &VcenterSettings) -> String {
    match advice(error, settings) {
        Some(advice) => format!("{}; {advice}", with_causes(error)),
        None => with_causes(error),
    }
}

/// An error with all its causes. A cause that the text before already tells is left out.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let message = cause.to_string();
        if !text.ends_with(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        next = cause.source();
    }
    text
}
