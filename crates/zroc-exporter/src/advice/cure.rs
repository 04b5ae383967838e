//! What an operator can do about each kind of failure.

use planner_core::collection::reason::{CallFailure, FailureKind};
use vsphere_soap::{Operation, Trust};

use crate::settings::VcenterSettings;

/// What the operator can do about a failure. `None` where the next cycle is the only remedy.
pub(super) fn cure(failure: &CallFailure, settings: &VcenterSettings) -> Option<String> {
    of_connection(failure.kind, settings)
        .or_else(|| of_certificate(failure.kind, &settings.trust).map(str::to_owned))
        .or_else(|| of_login(failure.kind, settings))
        .or_else(|| of_answer(failure, settings))
}

fn of_connection(kind: FailureKind, settings: &VcenterSettings) -> Option<String> {
    let VcenterSettings { host, port, .. } = settings;
    let cure = match kind {
        FailureKind::NameUnresolved => format!(
            "check the spelling of VCENTER_HOST ({host}), and the DNS servers of this machine or container"
        ),
        FailureKind::ConnectionRefused => format!(
            "check VCENTER_HOST ({host}) and VCENTER_PORT ({port}), and whether vCenter's services run"
        ),
        FailureKind::Unreachable | FailureKind::ConnectTimeout => format!(
            "check VCENTER_HOST ({host}), VCENTER_PORT ({port}) and the firewalls between; behind a proxy, set HTTPS_PROXY"
        ),
        FailureKind::Proxy => format!(
            "correct the proxy in that variable, or add {host} to NO_PROXY to connect without it"
        ),
        FailureKind::NotTls => format!(
            "VCENTER_PORT ({port}) must be vCenter's HTTPS port, usually 443"
        ),
        FailureKind::TlsIncompatible => {
            "vCenter must accept TLS 1.2 or 1.3 with a current cipher, and have an RSA, P-256 or P-384 key".to_owned()
        }
        FailureKind::TlsHandshake => format!(
            "vCenter may be starting; otherwise check VCENTER_PORT ({port}) and what inspects TLS between"
        ),
        FailureKind::OpenFiles => {
            "raise the limit of open files (`ulimit -n`, LimitNOFILE= of systemd)".to_owned()
        }
        _ => return None,
    };
    Some(cure)
}

fn of_certificate(kind: FailureKind, trust: &Trust) -> Option<&'static str> {
    let has_ca_file = matches!(trust, Trust::CaFile(_));
    let cure = match kind {
        FailureKind::CertificateThumbprint => {
            "if vCenter has a new certificate, compare its thumbprint on vCenter itself and set VCENTER_THUMBPRINT to it"
        }
        FailureKind::CertificateIssuer if has_ca_file => {
            "put the CA of vCenter's certificate into VCENTER_CA_FILE; the file is read again in the next cycle"
        }
        FailureKind::CertificateIssuer => {
            "set VCENTER_CA_FILE to the CA of vCenter's certificate, or VCENTER_THUMBPRINT to the certificate's SHA-256 \
             thumbprint"
        }
        FailureKind::CertificateSelfSigned => {
            "no CA can vouch for it: compare its SHA-256 thumbprint on vCenter itself, then set VCENTER_THUMBPRINT to it \
             instead of VCENTER_CA_FILE or VCENTER_SSL_VERIFY"
        }
        FailureKind::CertificateValidity => {
            "renew vCenter's certificate, and check this machine's clock; VCENTER_THUMBPRINT accepts a certificate whatever \
             its dates"
        }
        FailureKind::CertificateName => {
            "set VCENTER_HOST to a name in the certificate; VCENTER_THUMBPRINT accepts a certificate whatever its names"
        }
        FailureKind::CertificateKey => {
            "replace vCenter's certificate by one with an RSA key of at least 2,048 bits, or a P-256 or P-384 key"
        }
        FailureKind::CertificateForm => {
            "replace vCenter's certificate, or compare its SHA-256 thumbprint on vCenter itself and set VCENTER_THUMBPRINT to it"
        }
        FailureKind::CertificateNotProven => {
            "somebody between may be posing as vCenter with a copy of its certificate"
        }
        _ => return None,
    };
    Some(cure)
}

fn of_login(kind: FailureKind, settings: &VcenterSettings) -> Option<String> {
    let user = &settings.user;
    let cure = match kind {
        FailureKind::InvalidLogin => format!(
            "check VCENTER_USER ({user}) and the password; a locked account answers the same"
        ),
        FailureKind::LoginPaused => format!(
            "check VCENTER_USER ({user}) and the password; a changed VCENTER_PASSWORD_FILE is tried at once"
        ),
        FailureKind::PasswordExpired => format!(
            "give VCENTER_USER ({user}) a new password in vCenter, and the exporter the same; a changed VCENTER_PASSWORD_FILE \
             is tried at once"
        ),
        FailureKind::Password => "check VCENTER_PASSWORD_FILE".to_owned(),
        FailureKind::NoPermission => format!(
            "give VCENTER_USER ({user}) the Read-only role (System.View, System.Read) at the vCenter root, propagated to \
             children"
        ),
        _ => return None,
    };
    Some(cure)
}

fn of_answer(failure: &CallFailure, settings: &VcenterSettings) -> Option<String> {
    // A call may take half of a cycle at most.
    let limit = if settings.request_timeout <= settings.collection.cycle_timeout / 2 {
        "VCENTER_REQUEST_TIMEOUT"
    } else {
        "CYCLE_TIMEOUT"
    };
    let cure = match failure.kind {
        FailureKind::Timeout if failure.operation == Some(Operation::QUERY_PERF.name()) => {
            return Some(format!(
                "vCenter is slow: raise {limit} or lower BATCH_SIZE"
            ));
        }
        FailureKind::Timeout => return Some(format!("vCenter is slow: raise {limit}")),
        FailureKind::Bug => "please report it with the lines of the log around it",
        FailureKind::TooManyObjects | FailureKind::NoCounters => "VCENTER_HOST must name a vCenter",
        FailureKind::NoSuchInterval => {
            "set PERF_INTERVAL_ID to one of them, or PERF_SOURCE to realtime"
        }
        FailureKind::NoIntervals => {
            "set PERF_SOURCE to realtime, and PERF_INTERVAL_ID to at most 3600"
        }
        _ => return None,
    };
    Some(cure.to_owned())
}
