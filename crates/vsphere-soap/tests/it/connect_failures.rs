//! Each step on the way to an open connection fails as a kind of its own.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use vsphere_soap::{Client, ClientConfig, ConnectFailure, Error, Trust};

use crate::tls_server::server;

/// The step that failed.
fn step(error: &Error) -> &'static str {
    match error.connect_failure() {
        Some(ConnectFailure::Resolve { .. }) => "resolve",
        Some(ConnectFailure::Refused { .. }) => "refused",
        Some(ConnectFailure::Unreachable { .. }) => "unreachable",
        Some(ConnectFailure::TimedOut { .. }) => "timed out",
        Some(ConnectFailure::Proxy { .. }) => "proxy",
        Some(ConnectFailure::NotTls { .. }) => "not TLS",
        Some(ConnectFailure::TlsIncompatible { .. }) => "incompatible",
        Some(ConnectFailure::Handshake { .. }) => "handshake",
        Some(ConnectFailure::Certificate(_)) => "certificate",
        _ => "other",
    }
}

/// The step that fails, and whether that may pass by itself.
async fn step_to(host: &str, port: u16) -> (&'static str, bool) {
    step_within(Duration::from_secs(60), host, port).await
}

async fn step_within(limit: Duration, host: &str, port: u16) -> (&'static str, bool) {
    let mut config = ClientConfig::new(host, "user", "pass-word-1");
    config.port = port;
    config.trust = Trust::AcceptAny;
    config.connect_timeout = limit;
    let error = Client::new(config).unwrap().session().await.unwrap_err();
    assert!(error.is_connect() && !error.is_certificate(), "{error:?}");
    (step(&error), error.is_transient())
}

#[tokio::test]
async fn a_name_that_dns_does_not_know() {
    // RFC 6761 reserves the domain: no resolver may know a name in it.
    assert_eq!(step_to("vcenter.invalid", 443).await, ("resolve", true));
}

#[tokio::test]
async fn a_port_on_which_nothing_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    assert_eq!(step_to("127.0.0.1", port).await, ("refused", true));
}

#[tokio::test]
async fn an_address_without_a_route() {
    // The system itself refuses TCP to a multicast address.
    assert_eq!(step_to("224.0.0.1", 443).await, ("unreachable", true));
}

#[tokio::test]
async fn a_port_that_stays_silent() {
    let address = server(|tcp| async move {
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        drop(tcp);
    })
    .await;
    let limit = Duration::from_millis(200);
    let found = step_within(limit, "127.0.0.1", address.port()).await;
    assert_eq!(found, ("timed out", true));
}

#[tokio::test]
async fn a_port_that_does_not_speak_tls() {
    for answer in [
        &b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"[..],
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"<html><body>plain</body></html>",
        b"\0\0\0\0\0\0\0\0\0\0",
    ] {
        let address = server(move |mut tcp| async move {
            let _ = tcp.read(&mut [0; 1024]).await;
            let _ = tcp.write_all(answer).await;
            let _ = tcp.shutdown().await;
        })
        .await;
        let found = step_to("127.0.0.1", address.port()).await;
        assert_eq!(found, ("not TLS", false), "{}", answer.escape_ascii());
    }
}

#[tokio::test]
async fn a_server_without_a_common_version_cipher_or_key() {
    // Alerts are records of type 21 with two bytes: fatal, and what it is about.
    for (alert, wanted) in [
        (70, ("incompatible", false)),
        (40, ("incompatible", false)),
        (71, ("incompatible", false)),
        (80, ("handshake", true)),
    ] {
        let address = server(move |mut tcp| async move {
            let _ = tcp.read(&mut [0; 1024]).await;
            let _ = tcp.write_all(&[21, 3, 3, 0, 2, 2, alert]).await;
            let _ = tcp.shutdown().await;
        })
        .await;
        assert_eq!(
            step_to("127.0.0.1", address.port()).await,
            wanted,
            "{alert}"
        );
    }
}

#[tokio::test]
async fn a_server_that_hangs_up_during_the_handshake() {
    let address = server(|mut tcp| async move {
        let _ = tcp.read(&mut [0; 1024]).await;
    })
    .await;
    assert_eq!(
        step_to("127.0.0.1", address.port()).await,
        ("handshake", true)
    );
}
