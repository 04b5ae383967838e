//! What an operator can do about a failure.

use std::time::Duration;

use mock_vcenter::{Effect, FaultRule, MockVcenter};
use planner_core::collection::reason::{CallFailure, FailureKind, Reason};
use rustix::process::{Resource, Rlimit, prlimit};
use tempfile::NamedTempFile;
use zroc_exporter::advice::explain;

use crate::exporter::Exporter;
use crate::staging::{load, settings};

fn said(
    kind: FailureKind,
    operation: Option<&'static str>,
    variables: &[(&'static str, &str)],
) -> String {
    let mut all = vec![
        ("VCENTER_HOST", "vc1.example".to_owned()),
        ("VCENTER_USER", "zroc@vsphere.local".to_owned()),
        ("VCENTER_PASSWORD", "secret".to_owned()),
    ];
    all.extend(
        variables
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned())),
    );
    let failure = CallFailure {
        kind,
        operation,
        message: "it failed".into(),
    };
    explain(&Reason::Failed(failure), &load(&all).vcenters[0])
}

#[test]
fn advice_names_the_settings_to_look_at() {
    for (kind, named) in [
        (FailureKind::OpenFiles, "LimitNOFILE"),
        (
            FailureKind::InvalidLogin,
            "VCENTER_USER (zroc@vsphere.local)",
        ),
        (
            FailureKind::LoginPaused,
            "VCENTER_PASSWORD_FILE is tried at once",
        ),
        (FailureKind::PasswordExpired, "a new password"),
        (FailureKind::Password, "VCENTER_PASSWORD_FILE"),
        (FailureKind::NoPermission, "Read-only role"),
        (FailureKind::NameUnresolved, "VCENTER_HOST (vc1.example)"),
        (
            FailureKind::ConnectionRefused,
            "VCENTER_HOST (vc1.example) and VCENTER_PORT (443)",
        ),
        (
            FailureKind::Unreachable,
            "VCENTER_HOST (vc1.example), VCENTER_PORT (443)",
        ),
        (FailureKind::ConnectTimeout, "firewalls"),
        (FailureKind::Proxy, "add vc1.example to NO_PROXY"),
        (FailureKind::NotTls, "VCENTER_PORT (443)"),
        (FailureKind::TlsIncompatible, "TLS 1.2 or 1.3"),
        (FailureKind::TlsHandshake, "VCENTER_PORT (443)"),
        (
            FailureKind::CertificateThumbprint,
            "set VCENTER_THUMBPRINT to it",
        ),
        (
            FailureKind::CertificateSelfSigned,
            "set VCENTER_THUMBPRINT to it",
        ),
        (FailureKind::CertificateValidity, "renew"),
        (FailureKind::CertificateName, "set VCENTER_HOST to a name"),
        (FailureKind::CertificateKey, "2,048 bits"),
        (FailureKind::CertificateForm, "VCENTER_THUMBPRINT"),
        (FailureKind::CertificateNotProven, "posing as vCenter"),
        (FailureKind::Timeout, "raise VCENTER_REQUEST_TIMEOUT"),
        (
            FailureKind::TooManyObjects,
            "VCENTER_HOST must name a vCenter",
        ),
        (FailureKind::NoCounters, "VCENTER_HOST must name a vCenter"),
        (FailureKind::NoSuchInterval, "PERF_INTERVAL_ID"),
        (FailureKind::NoIntervals, "PERF_SOURCE to realtime"),
    ] {
        let said = said(kind, None, &[]);
        assert!(
            said.starts_with("it failed; ") && said.contains(named),
            "{said}"
        );
    }
    for kind in [FailureKind::Http, FailureKind::Closed] {
        assert_eq!(said(kind, None, &[]), "it failed");
    }
}

#[test]
fn advice_about_a_certificate_depends_on_the_trust() {
    let issuer =
        |variables: &[(&'static str, &str)]| said(FailureKind::CertificateIssuer, None, variables);
    let file = NamedTempFile::new().unwrap();
    let authority = rcgen::generate_simple_self_signed(["vc".to_owned()]).unwrap();
    std::fs::write(file.path(), authority.cert.pem()).unwrap();
    let path = file.path().to_str().unwrap();
    assert!(issuer(&[("VCENTER_CA_FILE", path)]).contains("into VCENTER_CA_FILE"));
    assert!(issuer(&[]).contains("set VCENTER_CA_FILE to the CA"));
}

#[test]
fn a_smaller_batch_is_advised_for_queries_alone() {
    for (operation, names_batch_size) in [("CurrentTime", false), ("QueryPerf", true)] {
        let said = said(FailureKind::Timeout, Some(operation), &[]);
        assert!(said.contains("raise VCENTER_REQUEST_TIMEOUT"), "{said}");
        assert_eq!(said.contains("BATCH_SIZE"), names_batch_size, "{said}");
    }
}

#[test]
fn the_setting_that_bounds_a_call_is_named() {
    let short_cycle = [("CYCLE_TIMEOUT", "60")];
    for (request_timeout, named) in [("30", "VCENTER_REQUEST_TIMEOUT"), ("31", "CYCLE_TIMEOUT")] {
        let more = [short_cycle[0], ("VCENTER_REQUEST_TIMEOUT", request_timeout)];
        for operation in ["Login", "QueryPerf"] {
            let said = said(FailureKind::Timeout, Some(operation), &more);
            assert!(said.contains(&format!("raise {named}")), "{said}");
        }
    }
}

#[test]
fn what_is_not_a_failed_call_is_explained_without_advice() {
    let settings = load(&[("VCENTER_PASSWORD", "secret".to_owned())])
        .vcenters
        .remove(0);
    let limit = Duration::from_millis(2_500);
    assert_eq!(
        explain(&Reason::Deadline { limit }, &settings),
        "the cycle did not end within CYCLE_TIMEOUT (2.5 s)"
    );
    assert_eq!(
        explain(&Reason::NotAsked, &settings),
        "the cycle ended before the VM was asked for"
    );
}

#[tokio::test]
async fn a_lack_of_open_files_is_not_blamed_on_the_network() {
    let mock = MockVcenter::with_vms(1).await.unwrap();
    mock.add_fault(FaultRule::on("CurrentTime", Effect::CloseConnection));
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    exporter
        .health_when(|health| health["last_error"].is_string())
        .await;
    let no_more = Rlimit {
        current: Some(3),
        maximum: Some(3),
    };
    prlimit(Some(exporter.pid()), Resource::Nofile, no_more).unwrap();
    let line = exporter
        .logged_when(|line| line.contains("cycle finished") && line.contains("Too many open files"))
        .await;
    assert!(
        line.contains("LimitNOFILE") && !line.contains("firewalls"),
        "{line}"
    );
}
