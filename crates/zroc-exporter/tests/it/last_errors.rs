//! Every text of `last_error` with its cause and cure: the table in `docs/RELIABILITY.md`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use planner_core::collection::reason::{CallFailure, FailureKind, Reason};
use rustls::{AlertDescription, InvalidMessage};
use vsphere_soap::{
    CertificateFault, Client, ClientConfig, ConnectFailure, Endpoint, Error, Fault, FaultKind,
    MoRef, Operation, Proxy, RefusedCertificate, ServerCertificate, Timestamp, Trust,
};
use zroc_exporter::advice::explain;
use zroc_exporter::task::TaskError;
use zroc_exporter::vcenter::CollectError;

use crate::reliability::hold_table;
use crate::staging::load;

/// A server as errors name it. Only a failed call has one.
async fn endpoint() -> Endpoint {
    let mut config = ClientConfig::new("127.0.0.1", "user", "pass-word-1");
    config.port = 9;
    config.trust = Trust::AcceptAny;
    let client = Client::new(config).unwrap();
    let error = client.current_time().await.unwrap_err();
    error.endpoint().unwrap().clone()
}

fn system(code: i32) -> Arc<io::Error> {
    Arc::new(io::Error::from_raw_os_error(code))
}

fn said(text: &str) -> Arc<io::Error> {
    Arc::new(io::Error::other(text.to_owned()))
}

fn connections() -> Vec<ConnectFailure> {
    let proxy = |name: &str| (name == "HTTPS_PROXY").then(|| "http://proxy.corp:3128".to_owned());
    let proxy = Proxy::on_the_way_to("vc1.corp", 443, proxy);
    let alert = rustls::Error::AlertReceived(AlertDescription::ProtocolVersion);
    let plain = rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType);
    vec![
        ConnectFailure::Resolve {
            name: "vc1.corp".to_owned(),
            source: said("failed to lookup address information: Name or service not known"),
        },
        ConnectFailure::Refused {
            source: system(111),
        },
        ConnectFailure::Unreachable {
            source: system(113),
        },
        ConnectFailure::TimedOut {
            limit: Duration::from_secs(10),
        },
        ConnectFailure::Proxy {
            proxy: proxy.unwrap().unwrap(),
            source: Box::new(ConnectFailure::Refused {
                source: system(111),
            }),
        },
        ConnectFailure::NotTls {
            source: Arc::new(plain),
        },
        ConnectFailure::TlsIncompatible {
            source: Arc::new(alert),
        },
        ConnectFailure::Handshake {
            source: said("tls handshake eof"),
        },
        ConnectFailure::Other { source: system(12) },
        ConnectFailure::Other { source: system(24) },
    ]
}

fn certificates() -> impl Iterator<Item = ConnectFailure> {
    let at = Timestamp::UNIX_EPOCH;
    let issuer = || "CN=CA".to_owned();
    let faults = vec![
        CertificateFault::Thumbprint {
            expected: [0xcd; 32],
        },
        CertificateFault::UnknownIssuer { issuer: issuer() },
        CertificateFault::OtherIssuerKey { issuer: issuer() },
        CertificateFault::SelfSigned,
        CertificateFault::CaCertificate,
        CertificateFault::Version1,
        CertificateFault::Expired { at },
        CertificateFault::NotYetValid { from: at },
        CertificateFault::WrongName {
            expected: "vc1".to_owned(),
            presented: vec!["vc1.corp".to_owned()],
        },
        CertificateFault::WeakKey { bits: 1_024 },
        CertificateFault::UnsupportedKey {
            kind: "P-521".to_owned(),
        },
        CertificateFault::NotProven,
        CertificateFault::Invalid {
            rule: "invalid peer certificate: BadEncoding".to_owned(),
        },
    ];
    faults.into_iter().map(|fault| {
        let certificate = ServerCertificate {
            subject: Some("CN=vc1.corp".to_owned()),
            issuer: Some("CN=vc1.corp".to_owned()),
            expires: Some(Timestamp::UNIX_EPOCH),
            sha256: [0xab; 32],
        };
        ConnectFailure::Certificate(Box::new(RefusedCertificate { fault, certificate }))
    })
}

fn fault(kind: FaultKind) -> Fault {
    let message = String::new();
    Fault { kind, message }
}

fn faults() -> Vec<FaultKind> {
    let vm = || Some(MoRef::new("VirtualMachine", "vm-42"));
    let privilege_id = || Some("System.Read".to_owned());
    vec![
        FaultKind::NotAuthenticated {
            object: vm(),
            privilege_id: privilege_id(),
        },
        FaultKind::NoPermission {
            object: vm(),
            privilege_id: privilege_id(),
        },
        FaultKind::ManagedObjectNotFound { object: vm() },
        FaultKind::InvalidArgument {
            invalid_property: Some("querySpec.interval".to_owned()),
        },
        FaultKind::RestrictedByAdministrator {
            details: "vpxd.stats.maxQueryMetrics".to_owned(),
        },
        FaultKind::HostCommunication {
            type_name: "HostNotReachable".to_owned(),
        },
        FaultKind::SystemError {
            reason: "the database is full".to_owned(),
        },
    ]
}

fn calls(endpoint: &Endpoint) -> Vec<Error> {
    let endpoint = || endpoint.clone();
    let (operation, limit) = (Operation::QUERY_PERF, Duration::from_secs(60));
    let user = || "zroc@vsphere.local".to_owned();
    let mut calls = vec![
        Error::InvalidLogin {
            endpoint: endpoint(),
            user: user(),
            fault: Box::new(fault(FaultKind::InvalidLogin)),
        },
        Error::InvalidLogin {
            endpoint: endpoint(),
            user: user(),
            fault: Box::new(fault(FaultKind::PasswordExpired)),
        },
        Error::LoginPaused {
            endpoint: endpoint(),
            user: user(),
            wait: Duration::from_secs(300),
            fault: Box::new(fault(FaultKind::InvalidLogin)),
        },
        Error::Timeout {
            operation,
            endpoint: endpoint(),
            limit,
        },
        Error::TooLarge {
            operation,
            endpoint: endpoint(),
            limit: 64 << 20,
        },
        Error::Interrupted {
            operation,
            endpoint: endpoint(),
            source: system(104),
        },
        Error::Http {
            operation,
            endpoint: endpoint(),
            status: 503,
            excerpt: "a web page: 503 Service Unavailable".to_owned(),
        },
        Error::NoProgress {
            operation,
            endpoint: endpoint(),
        },
        Error::MissingManager {
            operation,
            endpoint: endpoint(),
            manager: "PerformanceManager",
        },
        Error::SessionLost {
            operation,
            endpoint: endpoint(),
        },
        Error::Closed {
            operation,
            endpoint: endpoint(),
        },
    ];
    calls.extend(
        connections()
            .into_iter()
            .chain(certificates())
            .map(|source| Error::Connect {
                operation: Operation::SERVICE_VERSIONS,
                endpoint: endpoint(),
                source: Box::new(source),
            }),
    );
    calls.extend(faults().into_iter().map(|kind| Error::Fault {
        operation,
        endpoint: endpoint(),
        fault: Box::new(fault(kind)),
    }));
    calls
}

/// Each error that a cycle may end with, at least one of each kind.
fn errors(endpoint: &Endpoint) -> impl Iterator<Item = CollectError> {
    let others = [
        CollectError::Password(io::Error::from_raw_os_error(2)),
        CollectError::TooManyObjects { limit: 250_000 },
        CollectError::NoCounters,
        CollectError::NoSuchInterval {
            wanted_seconds: 600,
            offered_seconds: vec![300, 1_800],
        },
        CollectError::NoSuchInterval {
            wanted_seconds: 600,
            offered_seconds: Vec::new(),
        },
    ];
    let calls = calls(endpoint).into_iter().map(CollectError::from);
    calls.chain(others)
}

/// Each reason that a cycle may fail for, at least one of each kind.
fn reasons(endpoint: &Endpoint) -> impl Iterator<Item = Reason> {
    let bug = TaskError::Panicked("index out of bounds".to_owned());
    let old = "the inventory was last read as a whole 1801 s ago, so new VMs and new names may be missing";
    let found_by_us = [
        (FailureKind::Bug, bug.to_string()),
        (FailureKind::StaleInventory, old.to_owned()),
    ];
    let found_by_us = found_by_us.into_iter().map(|(kind, message)| {
        Reason::Failed(CallFailure {
            kind,
            operation: None,
            message: message.into(),
        })
    });
    errors(endpoint)
        .map(|error| error.reason())
        .chain(found_by_us)
}

#[tokio::test]
async fn every_last_error_is_documented_with_its_cause_and_cure() {
    let settings = load(&[
        ("VCENTER_HOST", "vc1.corp".to_owned()),
        ("VCENTER_USER", "zroc@vsphere.local".to_owned()),
        ("VCENTER_PASSWORD", "secret".to_owned()),
    ])
    .vcenters
    .remove(0);
    let endpoint = endpoint().await;
    let mut kinds = BTreeSet::new();
    let mut rows = BTreeSet::new();
    for reason in reasons(&endpoint) {
        let Reason::Failed(failure) = &reason else {
            panic!("{reason:?}");
        };
        kinds.insert(failure.kind.as_str());
        let explained = explain(&reason, &settings);
        let cure = explained.strip_prefix(&*failure.message).unwrap();
        let cure = cure
            .strip_prefix("; ")
            .unwrap_or("the next cycle tries again");
        let message = failure.message.replace(endpoint.as_str(), "vc1.corp");
        let message = message.replace('|', "\\|");
        let place = FailureKind::ALL
            .iter()
            .position(|kind| *kind == failure.kind);
        rows.insert((
            place,
            format!("| `{message}` | {} | {cure} |", failure.kind.meaning()),
        ));
    }
    let all: BTreeSet<_> = FailureKind::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(kinds, all, "add an error of the new kind above");

    let mut table = String::from("| `last_error` | cause | cure |\n|---|---|---|\n");
    for (_, row) in rows {
        writeln!(table, "{row}").unwrap();
    }
    hold_table("last errors", &table);
}
