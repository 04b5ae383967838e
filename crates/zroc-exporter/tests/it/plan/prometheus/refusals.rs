//! Servers that don't answer as they should, and files that can't be used.

use axum::http::StatusCode;

use super::fake::Fake;
use super::{arguments, three};
use crate::plan::Stage;

const INFO: &str = r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"vm_moref":"vm-1","vm_name":"a"},"value":[1,"1"]}]}}"#;
const NOTHING: &str = r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;

fn always(status: u16, body: &'static str) -> Fake {
    let status = StatusCode::from_u16(status).unwrap();
    Fake::answering(move |_, _| (status, body.to_owned()))
}

#[test]
fn what_a_server_says_instead_of_an_answer_is_shown() {
    let stage = Stage::new();
    for (fake, words) in [
        (
            always(502, "<h1>Bad\n\u{1b}[31m gateway</h1>"),
            "502: <h1>Bad ?[31m gateway</h1>",
        ),
        (always(200, ""), "answers 200"),
        (
            always(
                422,
                r#"{"status":"error","errorType":"execution","error":"too many samples"}"#,
            ),
            "refuses a query: execution: too many samples",
        ),
        (
            always(
                200,
                r#"{"status":"success","data":{"result":[{"metric":{},"value":[1,2]}]}}"#,
            ),
            "cannot be read",
        ),
        (always(200, "{\"status\":"), "cannot be read"),
        (always(200, NOTHING), "no vcenter_vm_info"),
        (
            Fake::answering(|query, _| {
                let is_known = query.contains("vcenter_vm_info");
                (
                    StatusCode::OK,
                    if is_known { INFO } else { NOTHING }.to_owned(),
                )
            }),
            "--bucket",
        ),
        (
            Fake::answering(|_, _| (StatusCode::OK, format!("{{{}", " ".repeat(65 << 20)))),
            "longer than 64 MiB",
        ),
    ] {
        for more in [&["--read-series"][..], &[]] {
            let said = stage.refused(1, &arguments(&fake.source(), more));
            assert!(said.contains(words) && said.contains(&fake.url()), "{said}");
        }
    }
    let said = stage.refused(1, &arguments("prometheus:http://127.0.0.1:1", &[]));
    assert!(said.contains("does not answer"), "{said}");
}

#[test]
fn totals_that_never_grow_are_not_a_plan() {
    let mut vms = three();
    vms.truncate(1);
    let moref = vms[0].moref;
    let idle = super::Written::new(moref, "idle", std::iter::repeat_n(0.0, super::POLLS));
    let fake = Fake::start(vec![idle]);
    let stage = Stage::new();
    for more in [&["--read-series"][..], &[]] {
        let said = stage.refused(1, &arguments(&fake.source(), more));
        assert!(said.contains("of 1 VMs does not grow"), "{said}");
    }
}

#[test]
fn urls_and_files_that_cannot_be_used_end_with_2_and_show_no_secret() {
    let stage = Stage::new();
    for (url, word) in [
        ("prometheus:", "URL"),
        ("prometheus:ftp://x/", "http://"),
        ("prometheus:http://user:geheim@x/", "--http-config"),
        ("prometheus:http://x/?a=1", "without ?"),
    ] {
        let said = stage.refused(2, &arguments(url, &[]));
        assert!(said.contains(word) && !said.contains("geheim"), "{said}");
    }
    for (file, word) in [
        (
            "basic_auth: {username: a, password: geheim, pasword: x}",
            "pasword",
        ),
        (
            "basic_auth: {password: geheim, password_file: p}",
            "only one of",
        ),
        ("authorization: {type: Bearer}", "lacks credentials"),
        (
            "basic_auth: {}\nauthorization: {credentials: geheim}",
            "only one of",
        ),
        ("authorization: {credentials: \"geheim\\n\"}", "line feed"),
        ("http_headers: {\"a b\": {values: [x]}}", "not a name"),
        ("tls_config: {ca_file: missing.pem}", "missing.pem"),
        ("tls_config: {ca: no certificate}", "PEM"),
        ("tls_config: {cert: a}", "come together"),
        ("[geheim", "http.yaml"),
    ] {
        stage.write("http.yaml", file);
        let more = ["--http-config", "http.yaml"];
        let said = stage.refused(2, &arguments("prometheus:http://127.0.0.1:1", &more));
        assert!(
            said.contains(word) && !said.contains("geheim"),
            "{file}: {said}"
        );
    }
    let said = stage.refused(2, &["--from", "w.csv", "--http-config", "http.yaml"]);
    assert!(said.contains("--from prometheus:URL"), "{said}");
}

#[test]
fn credentials_and_headers_are_sent() {
    let stage = Stage::new();
    let fake = Fake::start(three());
    stage.write("password", "p\u{e4}ss\n");
    stage.write(
        "http.yaml",
        "basic_auth: {username: dr, password_file: password}\nhttp_headers: {X-Scope-OrgID: {values: [east]}}",
    );
    stage.plan(&arguments(&fake.source(), &["--http-config", "http.yaml"]));
    let headers = fake.first_headers();
    assert_eq!(headers["authorization"], "Basic ZHI6cMOkc3M=");
    assert_eq!(headers["x-scope-orgid"], "east");

    let other = Fake::start(three());
    stage.write("http.yaml", "authorization: {credentials: token}");
    stage.plan(&arguments(&other.source(), &["--http-config", "http.yaml"]));
    assert_eq!(other.first_headers()["authorization"], "Bearer token");
}
