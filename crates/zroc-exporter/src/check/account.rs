//! What the account may do.

use std::io;

use planner_core::collection::CycleReport;
use planner_core::collection::reason::{CallFailure, FailureKind, Reason};
use planner_core::inventory::Inventory;
use planner_core::vm_state::VmState;

use super::code::Code;
use super::finding::Finding;
use super::text::{counted, grouped};
use crate::advice::explain;
use crate::settings::VcenterSettings;
use crate::vcenter::Census;

/// What gives an account the right to see all.
const READ_ONLY: &str = "give the account the Read-only role (System.View, System.Read) at the vCenter root, with \"Propagate to \
                         children\"";

/// The login succeeded.
pub(super) fn login(settings: &VcenterSettings) -> Finding {
    Finding::passed(Code::Login, format!("{} can log in", settings.user))
}

/// The password cannot be read.
pub(super) fn without_password(error: &io::Error) -> Finding {
    Finding::failed(Code::Login, "the password cannot be read")
        .detail(error.to_string())
        .setting("VCENTER_PASSWORD_FILE")
}

/// The same login was refused so long ago.
pub(super) fn held_back(seconds: i64) -> Finding {
    let message =
        format!("vCenter refused this user and password {seconds} s ago: not tried again");
    Finding::failed(Code::LoginHeldBack, message)
        .hint("correct the password, wait until 5 minutes have passed, or give --force; five refusals lock an account")
        .setting("VCENTER_PASSWORD")
}

/// The refusal cannot be remembered.
pub(super) fn not_kept(error: &io::Error) -> Finding {
    Finding::failed(Code::RefusalNotKept, "the refusal cannot be remembered")
        .detail(error.to_string())
        .hint("do not repeat the check with the same password: five refusals lock an account")
}

/// Whether vCenter refused user and password.
pub(super) fn is_refused(reason: &Reason) -> bool {
    kind_of(reason) == Some(FailureKind::InvalidLogin)
}

fn kind_of(reason: &Reason) -> Option<FailureKind> {
    match reason {
        Reason::Failed(CallFailure { kind, .. }) => Some(*kind),
        _ => None,
    }
}

/// Why no cycle could begin.
pub(super) fn failure(reason: &Reason, has_session: bool, settings: &VcenterSettings) -> Finding {
    use FailureKind as Kind;
    let (code, message) = match kind_of(reason) {
        Some(
            Kind::NameUnresolved
            | Kind::ConnectionRefused
            | Kind::Unreachable
            | Kind::ConnectTimeout
            | Kind::Proxy
            | Kind::NotTls
            | Kind::TlsIncompatible
            | Kind::TlsHandshake
            | Kind::ConnectionFailed
            | Kind::OpenFiles,
        ) => (Code::Address, "vCenter cannot be reached"),
        Some(kind) if is_about_certificates(kind) => {
            (Code::CertificateRefused, "certificate is refused")
        }
        Some(Kind::NoCounters | Kind::NoSuchInterval | Kind::NoIntervals) => {
            (Code::Counters, "vCenter has none of the samples asked for")
        }
        _ if has_session => (Code::Values, "the inventory or the counters cannot be read"),
        Some(Kind::InvalidLogin) => (Code::Login, "vCenter refuses user and password"),
        _ => (Code::Login, "no login"),
    };
    Finding::failed(code, message).detail(explain(reason, settings))
}

/// Whether a call failed because the certificate is not trusted.
pub(super) const fn is_about_certificates(kind: FailureKind) -> bool {
    use FailureKind as Kind;
    matches!(
        kind,
        Kind::CertificateThumbprint
            | Kind::CertificateIssuer
            | Kind::CertificateSelfSigned
            | Kind::CertificateValidity
            | Kind::CertificateName
            | Kind::CertificateKey
            | Kind::CertificateForm
            | Kind::CertificateNotProven
    )
}

/// Whether the session is closed.
pub(super) fn logout(is_out: bool) -> Finding {
    if is_out {
        Finding::passed(Code::Logout, "logged out; no session is left")
    } else {
        Finding::failed(Code::Logout, "vCenter did not confirm the logout")
            .hint("it ends the session when it has been idle")
    }
}

/// The VMs that hosts list against those that the account sees.
pub(super) fn hidden(census: &Census, inventory: &Inventory) -> Vec<Finding> {
    let seen = inventory.vms().len();
    if seen == 0 {
        return vec![
            Finding::failed(Code::HiddenVms, "the account sees no VM at all")
                .hint(READ_ONLY)
                .fact("vms_seen", 0),
        ];
    }
    let (hidden, hosts) = census.hidden_from(inventory);
    let mut findings = Vec::new();
    if hidden > 0 {
        let message = format!(
            "hidden from the account: {} on {}",
            counted(hidden, "VM"),
            counted(hosts, "host")
        );
        let found = Finding::failed(Code::HiddenVms, message).hint(READ_ONLY);
        findings.push(
            found
                .fact("hidden_vms", hidden)
                .fact("hosts_with_hidden_vms", hosts)
                .fact("vms_seen", seen),
        );
    } else if census.hosts() > 0 {
        let message = format!(
            "no VM is hidden: {} of {} seen",
            counted(census.vms(), "VM"),
            counted(census.hosts(), "host")
        );
        findings.push(Finding::passed(Code::HiddenVms, message).fact("vms_seen", seen));
    }
    if census.hosts() == 0 {
        findings.push(census_failed("the account sees no host's list of VMs"));
    } else if census.unreadable_hosts > 0 {
        let hosts = counted(census.unreadable_hosts, "host");
        findings.push(census_failed(&format!(
            "the VMs of {hosts} cannot be listed"
        )));
    }
    findings
}

/// Hosts could not be asked.
pub(super) fn no_census(why: &str) -> Vec<Finding> {
    vec![census_failed("hosts could not be asked for their VMs").detail(why)]
}

fn census_failed(message: &str) -> Finding {
    let found = Finding::failed(Code::Census, message);
    found.hint("so the check cannot say whether VMs are hidden from the account")
}

/// VMs whose state the account may not read.
pub(super) fn withheld(report: &CycleReport) -> Option<Finding> {
    let snapshot = report.snapshot.as_deref()?;
    let count = snapshot.count(VmState::NoPermission);
    (count > 0).then(|| {
        let message = format!(
            "the account may not read {} of the VMs that it sees",
            grouped(count)
        );
        Finding::failed(Code::WithheldProperties, message)
            .hint(READ_ONLY)
            .fact("vms", count)
    })
}
