//! Faults in their various dresses.

use vsphere_soap::decode::{self, Refusal};
use vsphere_soap::{FaultKind, MoRef};

use crate::server::fixture;

#[track_caller]
fn check(name: &str, kind: &FaultKind, message: &str) {
    let fault = decode::fault(&fixture(name)).unwrap();
    assert_eq!(&fault.kind, kind);
    assert_eq!(fault.message, message);
    // The same body refuses every call.
    assert_eq!(
        decode::current_time(&fixture(name)),
        Err(Refusal::Fault(Box::new(fault)))
    );
}

#[test]
fn not_authenticated() {
    let kind = FaultKind::NotAuthenticated {
        object: Some(MoRef::new("Folder", "group-d1")),
        privilege_id: Some("System.View".to_owned()),
    };
    check(
        "fault_not_authenticated.xml",
        &kind,
        "The session is not authenticated.",
    );
}

#[test]
fn invalid_login() {
    check(
        "fault_invalid_login.xml",
        &FaultKind::InvalidLogin,
        "Cannot log in.",
    );
}

#[test]
fn without_detail() {
    let kind = FaultKind::Other {
        type_name: "RuntimeFault".to_owned(),
    };
    check("fault_without_detail.xml", &kind, "Something happened");
}

#[test]
fn type_from_the_element_name() {
    let details = "vpxd.stats.maxQueryMetrics".to_owned();
    let kind = FaultKind::RestrictedByAdministrator { details };
    check("fault_declared_type.xml", &kind, "restricted");
}
