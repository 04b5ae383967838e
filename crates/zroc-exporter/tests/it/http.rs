//! The exporter's own HTTP server.

use std::io::Read as _;
use std::net::SocketAddr;

use mock_vcenter::{MockVcenter, Options};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use zroc_exporter::healthcheck::{self, Unhealthy};
use zroc_exporter::settings::{HttpSettings, ListenAddress};

use crate::exporter::Exporter;
use crate::staging::settings;

async fn running() -> (MockVcenter, Exporter) {
    let options = Options::with_vms(30).with_oddities();
    let mock = MockVcenter::start(options).await.unwrap();
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
    (mock, exporter)
}

#[tokio::test]
async fn metrics_come_in_the_format_and_encoding_asked_for() {
    let (_mock, exporter) = running().await;
    let plain = exporter.get("/metrics").await;
    assert_eq!(
        plain.headers["content-type"],
        "text/plain; version=0.0.4; charset=utf-8"
    );
    assert_eq!(
        plain.headers["content-length"],
        plain.body.len().to_string().as_str()
    );
    assert!(!plain.text().contains("# EOF"));

    let openmetrics = exporter
        .get_with("/metrics", &[("accept", "application/openmetrics-text")])
        .await;
    let expected = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(openmetrics.headers["content-type"], expected);
    assert!(openmetrics.text().ends_with("# EOF\n"));

    let compressed = exporter
        .get_with("/metrics", &[("accept-encoding", "deflate, gzip")])
        .await;
    assert_eq!(compressed.headers["content-encoding"], "gzip");
    let mut text = String::new();
    flate2::read::GzDecoder::new(compressed.body.as_slice())
        .read_to_string(&mut text)
        .unwrap();
    assert!(text.contains("vcenter_vm_disk_write_iops{") && compressed.body.len() < text.len() / 3);
}

#[tokio::test]
async fn headers_are_read_as_rfc_9110_says() {
    let (_mock, exporter) = running().await;
    for (accepted, encoding) in [
        ("GZIP", Some("gzip")),
        ("deflate , x-gzip;q=0.5", Some("gzip")),
        ("X-Gzip", Some("gzip")),
        ("*", Some("gzip")),
        ("gzip ; Q=0", None),
        ("gzip;q=0, *", None),
        ("gzip; q=0.000", None),
        ("br", None),
        ("identity;q=0", None),
    ] {
        let answer = exporter
            .get_with("/metrics", &[("accept-encoding", accepted)])
            .await;
        let header = answer.headers.get("content-encoding");
        let seen = header.map(|header| header.to_str().unwrap());
        assert_eq!(
            (answer.status.as_u16(), seen),
            (200, encoding),
            "{accepted}"
        );
    }
    for (accepted, is_openmetrics) in [
        ("Application/OpenMetrics-Text", true),
        ("application/openmetrics-text ; VERSION=1.0.0 ; Q=0.5", true),
        ("application/openmetrics-text;version=2.0.0", false),
        (
            "application/openmetrics-text; Q=0.1, Text/Plain; q=0.2",
            false,
        ),
        ("application/openmetrics-text ; Q=0", false),
    ] {
        let answer = exporter.get_with("/metrics", &[("accept", accepted)]).await;
        let format = answer.headers["content-type"].to_str().unwrap();
        let seen = format.starts_with("application/openmetrics-text");
        assert_eq!(seen, is_openmetrics, "{accepted}");
    }
}

#[tokio::test]
async fn health_has_the_fields_of_the_predecessor() {
    let (_mock, exporter) = running().await;
    for path in ["/health", "/healthz", "/ready"] {
        let answer = exporter.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        let health = answer.json();
        let fields: Vec<&str> = health
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let mut expected = vec![
            "status",
            "last_collection_time",
            "last_collection_duration_seconds",
            "last_vm_count",
            "last_error",
            "collection_cycles",
            "stale",
        ];
        expected.sort_unstable();
        assert_eq!(fields, expected);
        assert_eq!(
            (&health["last_error"], &health["stale"]),
            (&Value::Null, &false.into())
        );
        assert!(health["last_collection_time"].as_f64().unwrap() > 1.7e9);
    }
}

#[tokio::test]
async fn a_path_that_is_not_there_is_not_found() {
    let (_mock, exporter) = running().await;
    let nowhere = exporter.get("/nowhere").await;
    assert_eq!(nowhere.status, 404);
    assert_eq!(nowhere.text(), "no such path; / lists those there are\n");
}

fn listening_on(address: SocketAddr) -> HttpSettings {
    HttpSettings {
        listen: vec![ListenAddress {
            host: address.ip().to_string(),
            port: address.port(),
        }],
        web_config_file: None,
        enable_lifecycle: false,
    }
}

#[tokio::test]
async fn the_health_check_distinguishes_healthy_from_degraded() {
    let (mock, exporter) = running().await;
    let address = exporter.address();
    let settings = listening_on(address);
    healthcheck::check(&settings).await.unwrap();
    mock.stop().await;
    exporter
        .health_when(|health| health["status"] == "degraded")
        .await;
    let unhealthy = healthcheck::check(&settings).await.unwrap_err();
    assert!(matches!(unhealthy, Unhealthy::Degraded { .. }));
}

#[tokio::test]
async fn the_health_check_does_not_read_for_ever() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        while stream.write_all(&[b'x'; 8_192]).await.is_ok() {}
    });
    let settings = listening_on(address);
    let unhealthy = healthcheck::check(&settings).await.unwrap_err();
    assert!(unhealthy.to_string().len() < 3_000);
    assert!(
        unhealthy
            .to_string()
            .contains(&format!("http://{address}/health answers xxx"))
    );
}
