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

/// A fault with this message, of this type, with these fields.
fn fault(message: &str, of_type: &str, fields: &str) -> vsphere_soap::Fault {
    let body = format!(
        "<Envelope><Body><Fault><faultstring>{message}</faultstring><detail><{of_type}>{fields}\
         </{of_type}></detail></Fault></Body></Envelope>"
    );
    decode::fault(body.as_bytes()).unwrap()
}

#[test]
fn texts_are_short_and_stay_on_their_line() {
    let long = "A".repeat(1_000_000);
    for fault in [
        fault(
            &long,
            "SystemErrorFault",
            &format!("<reason>{long}</reason>"),
        ),
        fault("", &long, ""),
        fault(
            "",
            "NoPermissionFault",
            &format!("<object type=\"{long}\">{long}</object><privilegeId>{long}</privilegeId>"),
        ),
    ] {
        assert!(fault.to_string().len() < 1_000);
    }
    let forged = "a\n2026-01-01 ERROR&#27;[31m";
    let reason = format!("<reason>{forged}</reason>");
    assert_eq!(
        fault(forged, "SystemErrorFault", &reason).to_string(),
        "SystemError (a 2026-01-01 ERROR\u{FFFD}[31m): a 2026-01-01 ERROR\u{FFFD}[31m"
    );
}

#[test]
fn odd_fields_leave_the_type() {
    let fields = "<obj>vm-1</obj><name><b/></name>";
    let kind = FaultKind::ManagedObjectNotFound { object: None };
    assert_eq!(
        fault("<b/>", "ManagedObjectNotFoundFault", fields).kind,
        kind
    );
}

#[test]
fn an_expired_password_is_an_invalid_login() {
    let expired = fault("", "PasswordExpiredFault", "");
    assert!(expired.is_invalid_login());
    assert_eq!(expired.to_string(), "PasswordExpired");
    assert!(fault("", "InvalidLoginFault", "").is_invalid_login());
    assert!(!fault("", "InvalidLocaleFault", "").is_invalid_login());
}
