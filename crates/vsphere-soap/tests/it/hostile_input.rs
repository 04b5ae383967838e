//! Whatever a server sends, the decoders answer with a value or an error.

#[path = "../../../../fuzz/invariants/decoders.rs"]
mod invariants;

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use vsphere_soap::decode;

use crate::server::{FIXTURES, fixture};

/// All that the fuzz targets check.
fn check_everything(body: &[u8]) {
    invariants::envelope(body);
    invariants::property_collector(body);
    invariants::query_perf(body);
    invariants::service_versions(body);
}

/// Inputs on which the decoders once failed, and others that lead them into rare corners.
fn corpora() -> Vec<Vec<u8>> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let of_target = |target: &str| {
        let folder = fs::read_dir(corpus.join(target)).unwrap();
        folder.map(|entry| fs::read(entry.unwrap().path()).unwrap())
    };
    [
        "envelope",
        "property_collector",
        "query_perf_csv",
        "query_perf_normal",
        "service_versions",
    ]
    .into_iter()
    .flat_map(of_target)
    .collect()
}

#[test]
fn the_corpora_are_read_alike_with_and_without_shortcuts() {
    let corpora = corpora();
    assert!(!corpora.is_empty());
    for body in corpora.iter().chain(
        &FIXTURES
            .iter()
            .map(|name| fixture(name))
            .collect::<Vec<_>>(),
    ) {
        check_everything(body);
    }
}

/// Runs every decoder; the results do not matter, that they come back does.
fn decode_everything(body: &[u8]) {
    let _ = decode::service_versions(body);
    let _ = decode::service_content(body);
    let _ = decode::login(body);
    let _ = decode::void(body, "Logout");
    let _ = decode::current_time(body);
    let _ = decode::create_container_view(body);
    let _ = decode::retrieve_properties(body);
    let _ = decode::fetch(body);
    let _ = decode::perf_counters(body);
    let _ = decode::provider_summary(body);
    let _ = decode::available_metrics(body);
    let _ = decode::query_perf(body);
    let _ = decode::query_options(body);
    let _ = decode::create_filter(body);
    let _ = decode::create_property_collector(body);
    let _ = decode::update_set(body);
    let _ = decode::fault(body);
}

#[test]
fn every_truncation_of_every_fixture() {
    for name in FIXTURES {
        let body = fixture(name);
        for end in 0..body.len() {
            decode_everything(&body[..end]);
        }
    }
}

#[test]
fn an_answer_cut_anywhere_inside_is_an_error() {
    let check = |name: &str, read: fn(&[u8]) -> bool| {
        let body = fixture(name);
        assert!(read(&body), "{name}");
        let text = String::from_utf8(body.clone()).unwrap();
        let response_end = text
            .find("Response></soapenv:Body>")
            .or(text.find("Response>\n"));
        for end in 0..=response_end.unwrap() {
            assert!(!read(&body[..end]), "{name} cut at {end}");
        }
    };
    check("page.xml", |body| decode::retrieve_properties(body).is_ok());
    check("query_perf_csv.xml", |body| {
        decode::query_perf(body).is_ok()
    });
    check("query_perf_normal.xml", |body| {
        decode::query_perf(body).is_ok()
    });
    check("updates_truncated.xml", |body| {
        decode::update_set(body).is_ok()
    });
    check("query_options.xml", |body| {
        decode::query_options(body).is_ok()
    });
}

#[test]
fn document_types_are_refused() {
    let body = br#"<!DOCTYPE x [<!ENTITY a "aaaa">]><namespaces/>"#;
    let error = decode::service_versions(body).unwrap_err().to_string();
    assert!(
        error.ends_with("a document type declaration is not accepted"),
        "{error}"
    );
}

#[test]
fn nesting_has_a_bound() {
    let body = format!("<namespaces>{}", "<a>".repeat(100_000));
    let error = decode::service_versions(body.as_bytes())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("nest deeper than"),
        "{}",
        &error[error.len() - 60..]
    );
}

proptest! {
    #[test]
    fn arbitrary_bytes(body in proptest::collection::vec(any::<u8>(), 0..512)) {
        check_everything(&body);
    }

    #[test]
    fn damaged_fixtures(
        index in any::<prop::sample::Index>(),
        position in any::<prop::sample::Index>(),
        patch in prop_oneof![
            "[<>/&;#=\"'a-z0-9,! -]{0,8}|\\PC{0,3}".prop_map(String::into_bytes),
            proptest::collection::vec(any::<u8>(), 0..4),
        ],
        removed in 0_usize..12,
    ) {
        let name: &&str = index.get(FIXTURES);
        let mut body = fixture(name);
        let start = position.index(body.len());
        let end = (start + removed).min(body.len());
        body.splice(start..end, patch);
        check_everything(&body);
    }

    #[test]
    fn numbers_survive(values in proptest::collection::vec(0..i64::MAX, 0..20)) {
        let list = values.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
        let body = format!(
            "<Envelope><Body><QueryPerfResponse><returnval><entity type=\"V\">v</entity>\
             <value><id><counterId>1</counterId></id><value>{list}</value></value>\
             </returnval></QueryPerfResponse></Body></Envelope>"
        );
        let entities = decode::query_perf(body.as_bytes()).unwrap();
        let read: Vec<_> = entities[0].series().next().unwrap().values().map(Option::unwrap).collect();
        prop_assert_eq!(read, values);
    }
}
