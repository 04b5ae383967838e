//! What an operator reads about a failure, and which setting to look at.

use planner_core::collection::reason::{CallFailure, FailureKind, Reason};
use vsphere_soap::{Operation, Trust};

use crate::settings::VcenterSettings;

/// A failure with the advice, in one line.
pub fn explain(reason: &Reason, settings: &VcenterSettings) -> String {
    match reason {
        Reason::Deadline { limit } => {
            let limit = limit.as_secs_f64();
            format!("the cycle did not end within CYCLE_TIMEOUT ({limit} s)")
        }
        Reason::NotAsked => "the cycle ended before the VM was asked for".to_owned(),
        Reason::Failed(failure) => match advice(failure, settings) {
            Some(advice) => format!("{}; {advice}", failure.message),
            None => failure.message.clone().into(),
        },
    }
}

/// What the operator can do about a failure, if anything.
fn advice(failure: &CallFailure, settings: &VcenterSettings) -> Option<String> {
    let VcenterSettings {
        host, port, user, ..
    } = settings;
    let advice = match failure.kind {
        FailureKind::OpenFiles => {
            "raise the limit of open files (`ulimit -n`, LimitNOFILE= of systemd)".to_owned()
        }
        FailureKind::Certificate => about_certificate(&settings.trust).to_owned(),
        FailureKind::InvalidLogin => {
            format!(
                "check VCENTER_USER ({user}) and the password; a locked account answers the same"
            )
        }
        FailureKind::LoginPaused => format!(
            "check VCENTER_USER ({user}) and the password; a changed VCENTER_PASSWORD_FILE is tried at once"
        ),
        FailureKind::Password => "check VCENTER_PASSWORD_FILE".to_owned(),
        FailureKind::Unreachable => {
            format!("check VCENTER_HOST ({host}), VCENTER_PORT ({port}) and the firewalls between")
        }
        FailureKind::Timeout if failure.operation == Some(Operation::QUERY_PERF.name()) => {
            "vCenter is slow: raise VCENTER_REQUEST_TIMEOUT or lower BATCH_SIZE".to_owned()
        }
        FailureKind::Timeout => "vCenter is slow: raise VCENTER_REQUEST_TIMEOUT".to_owned(),
        FailureKind::TooManyObjects | FailureKind::NoCounters => {
            "VCENTER_HOST must name a vCenter".to_owned()
        }
        FailureKind::NoSuchInterval => {
            "set PERF_INTERVAL_ID to one of them, or PERF_SOURCE to realtime".to_owned()
        }
        _ => return None,
    };
    Some(advice)
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
