//! Which certificates of vCenter are accepted, and what is said of those that are not.

use mock_vcenter::{MockVcenter, Options};

use crate::exporter::{Exporter, ca_file};
use crate::staging::settings;

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
        let warned = exporter.log().contains("certificate is not verified");
        assert_eq!(warned, verified == 0.0, "{trust:?}");
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
        (
            ("VCENTER_CA_FILE", ca_path),
            "; VCENTER_CA_FILE must hold the CA",
        ),
        (
            ("VCENTER_SSL_VERIFY", "true".to_owned()),
            "; set VCENTER_CA_FILE to the CA",
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
