//! From the version list to the login.

use vsphere_soap::{ApiVersion, MoRef, decode};

use crate::server::fixture;

#[test]
fn version_list_skips_other_namespaces_and_private_names() {
    let versions = decode::service_versions(&fixture("service_versions.xml")).unwrap();
    let texts: Vec<_> = versions.iter().map(ApiVersion::as_str).collect();
    assert_eq!(
        texts,
        [
            "8.0.10.0", "8.0.2.0", "8.0.1.0", "7.0.3.2", "6.7", "6.5", "5.5"
        ]
    );
    assert_eq!(ApiVersion::choose(&versions).unwrap().as_str(), "8.0.2.0");
}

#[test]
fn versions_compare_as_numbers() {
    let parse = |text: &str| text.parse::<ApiVersion>().unwrap();
    assert!(parse("8.0.10.0") > parse("8.0.9.0"));
    assert!(parse("6.10") > parse("6.9.1"));
    assert_eq!(parse("7.0"), parse("7.0.0.0"));
    assert!(ApiVersion::choose(&[parse("6.0"), parse("9.0.0.0")]).is_none());
    for bad in ["", "u1", "7.", "7.0.0.0.0", "+7", "99999999999.0"] {
        assert!(bad.parse::<ApiVersion>().is_err(), "{bad:?}");
    }
}

#[test]
fn service_content() {
    let content = decode::service_content(&fixture("service_content.xml")).unwrap();
    assert_eq!(content.root_folder, MoRef::new("Folder", "group-d1"));
    assert_eq!(
        content.property_collector,
        MoRef::new("PropertyCollector", "pc-1")
    );
    assert_eq!(content.perf_manager.unwrap().value(), "PerfMgr");
    assert_eq!(
        (&*content.about.version, &*content.about.api_version),
        ("8.0.2", "8.0.2.0")
    );
}

#[test]
fn login() {
    let session = decode::login(&fixture("login.xml")).unwrap();
    assert_eq!(&*session.user_name, r"TEST.LOCAL\reader");
    assert_eq!(&*session.full_name, "Reader & Co");
    assert_eq!(
        session.login_time.to_string(),
        "2026-01-02T03:04:05.678901Z"
    );
}

#[test]
fn what_a_server_says_of_itself_stays_on_its_line() {
    let body = String::from_utf8(fixture("service_content.xml")).unwrap();
    let (before, name) = body.split_once("<fullName>").unwrap();
    let (_, after) = name.split_once("</fullName>").unwrap();
    let forged = format!(
        "{before}<fullName>evil\n2026-01-01 ERROR&#27;[31m{}</fullName>{after}",
        "x".repeat(1_000)
    );
    let about = decode::service_content(forged.as_bytes()).unwrap().about;
    assert!(
        about
            .full_name
            .starts_with("evil 2026-01-01 ERROR\u{FFFD}[31mxx")
    );
    assert!(about.full_name.chars().count() < 210);
    let nameless = decode::service_content(format!("{before}{after}").as_bytes());
    assert_eq!(&*nameless.unwrap().about.full_name, "");
}
