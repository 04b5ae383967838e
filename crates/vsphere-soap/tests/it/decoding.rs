//! The decoders on one fixture per shape of answer; here, what all of them have in common.

mod details;
mod performance;
mod properties;
mod session;
mod text;

use vsphere_soap::decode::{self, Refusal};

use crate::server::fixture;

#[test]
fn errors_name_place_and_cause() {
    let body = fixture("query_perf_csv.xml");
    let body = String::from_utf8(body)
        .unwrap()
        .replace("300,2026", "12x,2026");
    let Err(Refusal::Malformed(error)) = decode::query_perf(body.as_bytes()) else {
        panic!("accepted");
    };
    let offset = body.find("12x").unwrap();
    assert_eq!(error.offset(), offset);
    assert_eq!(
        error.to_string(),
        format!(
            "QueryPerfResponse > returnval > sampleInfoCSV at byte {offset}: \
             expected an interval in seconds, found \"12x\""
        )
    );
}

#[test]
fn an_answer_to_another_call_is_refused() {
    let error = decode::query_perf(&fixture("login.xml"))
        .unwrap_err()
        .to_string();
    assert!(
        error.ends_with(r#"expected the response to the call, found "LoginResponse""#),
        "{error}"
    );
}

/// A comment after every tag leaves no element in its plainest form, so nothing can be skipped or taken at a glance.
fn with_comments(body: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(body).unwrap();
    let (declaration, rest) = text.split_once("?>").unwrap();
    format!("{declaration}?>{}", rest.replace('>', "><!-- > -->")).into_bytes()
}

#[test]
fn comments_change_nothing() {
    for name in ["query_perf_csv.xml", "query_perf_normal.xml"] {
        let body = fixture(name);
        let plain = decode::query_perf(&body).unwrap();
        assert!(!plain.is_empty());
        assert_eq!(
            decode::query_perf(&with_comments(&body)).unwrap(),
            plain,
            "{name}"
        );
    }
    for name in ["page.xml", "devices.xml", "perf_manager.xml"] {
        let body = fixture(name);
        let plain = decode::retrieve_properties(&body).unwrap();
        assert!(!plain.objects.is_empty());
        assert_eq!(
            decode::retrieve_properties(&with_comments(&body)).unwrap(),
            plain,
            "{name}"
        );
    }
}
