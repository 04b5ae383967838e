//! The control endpoint, over plain HTTP.

use std::net::SocketAddr;
use std::sync::Arc;

use mock_vcenter::{MockVcenter, control};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::client::{logged_in, small};

/// Asks a plain HTTP endpoint; returns the status and the body.
pub(crate) async fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    body: &str,
) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: mock\r\nConnection: close\r\nContent-Length: {}\r\n\r\n\
         {body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    (
        head.split(' ').nth(1).unwrap().parse().unwrap(),
        body.to_owned(),
    )
}

#[tokio::test]
async fn it_tells_and_does_what_the_handle_does() {
    let (mock, mut client) = logged_in(small()).await;
    let mock = Arc::new(mock);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(control::serve(listener, Arc::clone(&mock)));

    let (status, calls) = ask(address, "GET", "/calls", "").await;
    assert_eq!((status, calls.as_str()), (200, r#"{"Login":1}"#));
    ask(address, "POST", "/reset", "").await;
    assert_eq!(ask(address, "GET", "/calls", "").await.1, "{}");
    let sessions: Value =
        serde_json::from_str(&ask(address, "GET", "/sessions", "").await.1).unwrap();
    assert_eq!(
        (&sessions["open"], &sessions["most"]),
        (&1.into(), &1.into())
    );
    let truth: Value = serde_json::from_str(&ask(address, "GET", "/truth", "").await.1).unwrap();
    assert_eq!(truth.as_array().unwrap().len(), mock.world().vms().len());
    assert_eq!(truth[0]["moref"], "vm-1001");

    let rule = r#"{"operation": "CurrentTime", "effect": "not_authenticated"}"#;
    assert_eq!(ask(address, "POST", "/faults", rule).await.0, 204);
    let reply = client
        .call("CurrentTime", "ServiceInstance", "ServiceInstance", "")
        .await;
    assert_eq!(reply.fault(), "NotAuthenticated");
    assert_eq!(ask(address, "DELETE", "/faults", "").await.0, 200);
    client.cookie = None;
    client.login("mock-password").await.ok();
    client
        .call("CurrentTime", "ServiceInstance", "ServiceInstance", "")
        .await
        .ok();
    assert_eq!(ask(address, "POST", "/faults", "nonsense").await.0, 400);
    ask(address, "POST", "/drop-sessions", "").await;
    assert_eq!(mock.open_sessions(), 0);
}

#[tokio::test]
async fn it_changes_the_world_the_clock_and_the_settings() {
    let (mock, mut client) = logged_in(small()).await;
    let mock = Arc::new(mock);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(control::serve(listener, Arc::clone(&mock)));

    let changes = r#"[{"rename": {"object": "vm-1001", "name": "a/b"}},
        {"power": {"vm": "vm-1002", "state": "off"}}]"#;
    let (status, morefs) = ask(address, "POST", "/changes", changes).await;
    assert_eq!((status, morefs.as_str()), (200, r#"["vm-1001","vm-1002"]"#));
    let truth: Value = serde_json::from_str(&ask(address, "GET", "/truth", "").await.1).unwrap();
    assert_eq!(truth[0]["name"], "a/b");
    assert_eq!(truth[1]["powered_on"], false);
    let unknown = r#"[{"delete": {"vm": "vm-9"}}]"#;
    let (status, reason) = ask(address, "POST", "/changes", unknown).await;
    assert_eq!(
        (status, reason.as_str()),
        (409, "there is no object vm-9\n")
    );

    let names = |mock: &MockVcenter| {
        let vms = mock.world().vms();
        vms.into_iter()
            .map(|vm| (vm.name, vm.host))
            .collect::<Vec<_>>()
    };
    let before = names(&mock);
    let drawn = r#"{"seed": 7, "count": 30}"#;
    let (status, made) = ask(address, "POST", "/random-changes", drawn).await;
    let made: Value = serde_json::from_str(&made).unwrap();
    assert_eq!((status, made.as_array().unwrap().len()), (200, 30));
    assert_ne!(names(&mock), before);

    let before = mock.now();
    let (status, _) = ask(address, "POST", "/clock", r#"{"advance_seconds": 7200}"#).await;
    assert_eq!(status, 200);
    assert!(mock.now().duration_since(before).as_hours() >= 2);
    // Two hours are more than the session may idle.
    let reply = client
        .call("CurrentTime", "ServiceInstance", "ServiceInstance", "")
        .await;
    assert_eq!(reply.fault(), "NotAuthenticated");

    for (path, rule) in [
        ("/odd-samples", r#"{"vm": "vm-1001", "text": "odd"}"#),
        (
            "/odd-samples",
            r#"{"vm": "vm-1001", "text": "odd", "every": 3}"#,
        ),
    ] {
        assert_eq!(ask(address, "POST", path, rule).await.0, 204, "{rule}");
        assert_eq!(ask(address, "DELETE", path, "").await.0, 200);
        assert_eq!(ask(address, "POST", path, "{}").await.0, 400);
    }
    let clock = format!(
        r#"{{"host": {}, "offset_seconds": -600}}"#,
        truth[0]["host_id"]
    );
    assert_eq!(ask(address, "POST", "/host-clocks", &clock).await.0, 204);
    assert_eq!(ask(address, "DELETE", "/host-clocks", "").await.0, 200);
    let unknown = r#"{"host": "host-9", "offset_seconds": 1}"#;
    assert_eq!(ask(address, "POST", "/host-clocks", unknown).await.0, 409);

    let (status, all) = ask(address, "POST", "/settings", r#"{"statistics_level": 3}"#).await;
    assert_eq!(status, 200);
    let settings = mock.settings();
    assert_eq!(
        (settings.statistics_level, settings.sample_lag_seconds),
        (3, 23)
    );
    assert_eq!(ask(address, "GET", "/settings", "").await.1, all);
    for wrong in [
        r#"{"statistics_levle": 3}"#,
        r#"{"statistics_level": "x"}"#,
        "[]",
    ] {
        assert_eq!(
            ask(address, "POST", "/settings", wrong).await.0,
            400,
            "{wrong}"
        );
    }

    let until = mock.now();
    let after = until - jiff::SignedDuration::from_secs(600);
    let query = format!("/truth/bytes?vm=vm-1003&after={after}&until={until}");
    let (status, bytes) = ask(address, "GET", &query, "").await;
    assert_eq!(status, 200, "{bytes}");
    let truth = mock.world().bytes_written("vm-1003", after, until);
    assert_eq!(bytes.parse().ok(), truth);
    let query = query.replace("vm-1003", "vm-9");
    assert_eq!(ask(address, "GET", &query, "").await.0, 404);
}
