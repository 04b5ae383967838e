//! How the program ends without a signal.

use mock_vcenter::{MockVcenter, Options};
use tokio::net::TcpListener;

use crate::exporter::{Exporter, command};
use crate::staging::settings;

/// The exit code and what was said on standard error.
async fn ended(settings: &[(&'static str, String)], arguments: &[&str]) -> (Option<i32>, String) {
    let output = command(settings).args(arguments).output().await.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), said)
}

#[tokio::test]
async fn a_taken_port_is_a_failure_that_names_the_settings() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = [
        ("VCENTER_PASSWORD", "secret".to_owned()),
        ("HTTP_HOST", "127.0.0.1".to_owned()),
        ("HTTP_PORT", taken.local_addr().unwrap().port().to_string()),
    ];
    let (code, said) = ended(&settings, &[]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("set HTTP_HOST and HTTP_PORT"), "{said}");
}

/// Names in Punycode are looked into only when the client is made.
#[tokio::test]
async fn a_host_name_that_is_none_has_to_be_corrected() {
    let settings = [
        ("VCENTER_PASSWORD", "secret".to_owned()),
        ("VCENTER_HOST", "xn--a".to_owned()),
    ];
    let (code, said) = ended(&settings, &[]).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("xn--a"), "{said}");
}

#[tokio::test]
async fn unknown_arguments_are_refused() {
    assert_eq!(ended(&[], &["serve", "--port=1"]).await.0, Some(2));
    assert_eq!(ended(&[], &["collect-all"]).await.0, Some(2));
}

#[tokio::test]
async fn the_health_check_ends_with_what_it_found() {
    let mock = MockVcenter::start(Options::default()).await.unwrap();
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
    let listening = [
        ("HTTP_HOST", "127.0.0.1".to_owned()),
        ("HTTP_PORT", exporter.address().port().to_string()),
    ];
    assert_eq!(ended(&listening, &["healthcheck"]).await.0, Some(0));
    drop(mock);
    exporter
        .health_when(|health| health["status"] == "degraded")
        .await;
    let (code, said) = ended(&listening, &["healthcheck"]).await;
    assert_eq!(code, Some(1), "{said}");
    let asked = format!("http://127.0.0.1:{}/health", exporter.address().port());
    for part in [asked.as_str(), "503", "\"last_error\":\""] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let (code, said) = ended(&[("HTTP_PORT", "abc".to_owned())], &["healthcheck"]).await;
    assert_eq!(code, Some(2), "{said}");
}
