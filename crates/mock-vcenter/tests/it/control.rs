//! The control endpoint, over plain HTTP.

use std::net::SocketAddr;
use std::sync::Arc;

use mock_vcenter::control;
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
    assert_eq!(sessions["open"], 1);
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
