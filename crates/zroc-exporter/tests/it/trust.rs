//! Which certificates of vCenter are accepted, and what is said of those that are not.

use std::fs;

use mock_vcenter::{MockVcenter, Options};
use tokio::net::TcpListener;

use crate::exporter::{Exporter, ca_file};
use crate::staging::settings;

#[tokio::test]
async fn a_ca_file_that_was_replaced_heals_without_a_restart() {
    let mock = MockVcenter::with_vms(3).await.unwrap();
    let other = MockVcenter::with_vms(3).await.unwrap();
    let file = ca_file(&other);
    let path = file.path().to_str().unwrap().to_owned();
    let exporter = exporter_with(&mock, Some(("VCENTER_CA_FILE", path))).await;
    exporter
        .health_when(|health| health["last_error"].is_string())
        .await;
    fs::write(file.path(), mock.certificate_pem()).unwrap();
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
    exporter
        .logged_when(|line| line.contains("VCENTER_CA_FILE has changed"))
        .await;

    // A file that is spoiled later is complained about once, and changes nothing.
    fs::write(file.path(), "nonsense").unwrap();
    exporter
        .logged_when(|line| line.contains("VCENTER_CA_FILE cannot be used any more"))
        .await;
    exporter.page_after_cycles(2).await;
    let health = exporter.get("/health").await.json();
    assert_eq!(health["status"], "ok", "{health}");
    let complaints = exporter.log().matches("cannot be used any more").count();
    assert_eq!(complaints, 1);
}

#[tokio::test]
async fn a_dead_proxy_is_named_with_its_variable_and_without_its_password() {
    let mock = MockVcenter::with_vms(3).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dead = listener.local_addr().unwrap();
    drop(listener);
    for (variable, exceptions, named) in [
        ("HTTPS_PROXY", "", true),
        ("all_proxy", "10.0.0.0/8,*.corp", true),
        ("HTTPS_PROXY", "*", false),
        ("ALL_PROXY", "localhost,127.0.0.0/8", false),
    ] {
        let more = [
            (variable, format!("http://user:s3cret%40@{dead}")),
            ("NO_PROXY", exceptions.to_owned()),
        ];
        let settings = [settings(&mock, &[]), more.to_vec()].concat();
        let exporter = Exporter::start(&settings).await;
        let health = exporter.first_cycle().await;
        let error = health["last_error"].as_str().unwrap_or_default();
        if named {
            let proxy = format!("the proxy http://***@{dead} of {variable}");
            assert!(error.contains(&proxy), "{error}");
            assert!(error.contains("add 127.0.0.1 to NO_PROXY"), "{error}");
        } else {
            assert_eq!(health["status"], "ok", "{health}");
        }
        assert!(!exporter.log().contains("s3cret"), "{}", exporter.log());
    }
}

async fn exporter_with(mock: &MockVcenter, trust: Option<(&'static str, String)>) -> Exporter {
    let mut settings = settings(mock, &[]);
    settings.retain(|(name, _)| *name != "VCENTER_THUMBPRINT");
    settings.extend(trust);
    Exporter::start(&settings).await
}

#[tokio::test]
async fn a_trusted_certificate_is_a_metric_and_an_unverified_one_a_warning() {
    let mock = MockVcenter::start(Options::default()).await.unwrap();
    let ca_file = ca_file(&mock);
    let ca_path = ca_file.path().to_str().unwrap().to_owned();
    for (trust, verified) in [
        (None, 0.0),
        (Some(("VCENTER_CA_FILE", ca_path)), 1.0),
        (
            Some(("VCENTER_THUMBPRINT", mock.thumbprint().to_owned())),
            1.0,
        ),
    ] {
        let exporter = exporter_with(&mock, trust.clone()).await;
        exporter
            .health_when(|health| health["status"] == "ok")
            .await;
        assert_eq!(
            exporter
                .page()
                .await
                .value("vcenter_collector_tls_verified"),
            Some(verified)
        );
        let log = exporter.log();
        let warning = log
            .lines()
            .find(|line| line.contains("certificate is not verified"));
        assert_eq!(warning.is_some(), verified == 0.0, "{trust:?}");
        if let Some(warning) = warning {
            let pasted = format!("set VCENTER_THUMBPRINT={}", mock.thumbprint());
            assert!(warning.contains(&pasted), "{warning}");
            for field in ["\"subject\":\"CN=", "\"expires\":\""] {
                assert!(warning.contains(field), "{warning}");
            }
        }
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_refused_with_advice() {
    let mock = MockVcenter::start(Options::default()).await.unwrap();
    let other = MockVcenter::start(Options::default()).await.unwrap();
    let ca_file = ca_file(&other);
    let ca_path = ca_file.path().to_str().unwrap().to_owned();
    let thumbprints = format!(
        ": the server's certificate has the SHA-256 thumbprint {}, expected {}; if vCenter has a new certificate",
        mock.thumbprint(),
        other.thumbprint()
    );
    for (trust, explanation) in [
        (
            ("VCENTER_THUMBPRINT", other.thumbprint().to_owned()),
            thumbprints.as_str(),
        ),
        (("VCENTER_CA_FILE", ca_path), "; no CA can vouch for it"),
        (
            ("VCENTER_SSL_VERIFY", "true".to_owned()),
            "; no CA can vouch for it",
        ),
    ] {
        let exporter = exporter_with(&mock, Some(trust.clone())).await;
        let health = exporter
            .health_when(|health| health["last_error"].is_string())
            .await;
        let reason = health["last_error"].as_str().unwrap();
        assert!(reason.contains(explanation), "{trust:?}: {reason}");
        assert!(!reason.contains("Other("), "{trust:?}: {reason}");
    }
    assert_eq!(mock.calls().get("Login"), None);
}
