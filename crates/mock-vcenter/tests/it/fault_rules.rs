//! Calls that are made to fail.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use mock_vcenter::{Effect, FaultRule};

use crate::client::{Client, logged_in, object_spec, small};

async fn current_time(client: &mut Client) -> crate::client::Reply {
    client
        .call("CurrentTime", "ServiceInstance", "ServiceInstance", "")
        .await
}

#[tokio::test]
async fn a_rule_skips_spoils_and_ends() {
    let (mock, mut client) = logged_in(small()).await;
    let tired = Effect::fault_with(
        "SystemError",
        "A general system error occurred",
        "<reason>tired</reason>",
    );
    mock.add_fault(FaultRule::on("CurrentTime", tired).skip(1).times(2));
    current_time(&mut client).await.ok();
    for _ in 0..2 {
        let reply = current_time(&mut client).await;
        assert_eq!(reply.fault(), "SystemError");
        assert_eq!(reply.one("reason"), "tired");
    }
    assert_eq!(current_time(&mut client).await.status, 200);
    assert_eq!(mock.calls_of("CurrentTime"), 4, "spoiled calls count");
}

#[tokio::test]
async fn a_rule_can_wait_for_an_object() {
    let (mock, mut client) = logged_in(small()).await;
    let gone = Effect::status(503, "text/html", "<html>gone");
    mock.add_fault(FaultRule::on("*", gone).object("vm-100"));
    // The id must be the whole text of an element, not a part of it.
    client
        .retrieve(&object_spec("VirtualMachine", "vm-1001", &["name"]), "")
        .await
        .ok();
    let reply = client
        .retrieve(&object_spec("VirtualMachine", "vm-100", &["name"]), "")
        .await;
    assert_eq!(reply.status, 503);
    assert_eq!(reply.header("content-type").as_deref(), Some("text/html"));
    assert_eq!(reply.bytes, b"<html>gone");
    mock.clear_faults();
    let reply = client
        .retrieve(&object_spec("VirtualMachine", "vm-100", &["name"]), "")
        .await;
    assert_eq!(reply.fault(), "ManagedObjectNotFound");
}

#[tokio::test]
async fn a_session_can_be_lost_by_a_call() {
    let (mock, mut client) = logged_in(small()).await;
    mock.add_fault(FaultRule::on("RetrievePropertiesEx", Effect::NotAuthenticated).times(1));
    let reply = client
        .retrieve(&object_spec("Folder", "group-d1", &["name"]), "")
        .await
        .ok();
    assert!(
        reply
            .text()
            .contains("<fault xsi:type=\"NotAuthenticated\">")
    );
    assert_eq!(mock.open_sessions(), 0);
    assert_eq!(current_time(&mut client).await.fault(), "NotAuthenticated");
}

#[tokio::test]
async fn connections_break_where_told() {
    let (mock, mut client) = logged_in(small()).await;
    let cookie = client.cookie.clone();
    let body = crate::client::envelope("CurrentTime", "ServiceInstance", "ServiceInstance", "");
    for (effect, expected) in [
        (Effect::CloseConnection, None),
        (Effect::TruncateBody(100), Some(100)),
        (Effect::TruncateBody(0), Some(0)),
    ] {
        mock.add_fault(FaultRule::on("CurrentTime", effect.clone()).times(1));
        let mut client = Client::connect(&mock).await;
        client.cookie.clone_from(&cookie);
        client
            .announce("POST", "/sdk", "", body.len())
            .await
            .unwrap();
        client.write(&body).await.unwrap();
        let answered = client.broken_body().await;
        assert_eq!(answered.map(|bytes| bytes.len()), expected, "{effect:?}");
    }
    assert_eq!(mock.calls_of("CurrentTime"), 3);
    let whole = current_time(&mut client).await;
    assert_eq!(whole.status, 200, "the other connection is not touched");
    assert!(whole.one("returnval").ends_with('Z'));
}

#[tokio::test]
async fn a_delay_leaves_the_call_to_later_rules() {
    let (mock, mut client) = logged_in(small()).await;
    let delay = Duration::from_millis(50);
    mock.add_fault(FaultRule::on("CurrentTime", Effect::Delay(delay)).times(2));
    mock.add_fault(FaultRule::on("CurrentTime", Effect::NotAuthenticated).skip(1));
    let start = Instant::now();
    let answered = current_time(&mut client).await;
    // At least as long; how much longer is up to the machine.
    assert!(start.elapsed() >= delay, "{:?}", start.elapsed());
    assert_eq!(answered.status, 200);
    assert_eq!(current_time(&mut client).await.fault(), "NotAuthenticated");
    assert_eq!((mock.calls_of("CurrentTime"), mock.open_sessions()), (2, 0));
}

#[test]
fn rules_can_be_written_as_json() {
    for (json, effect) in [
        (
            r#"{"delay": 250}"#,
            Effect::Delay(Duration::from_millis(250)),
        ),
        (r#""close_connection""#, Effect::CloseConnection),
        (r#"{"truncate_body": 7}"#, Effect::TruncateBody(7)),
        (r#""not_authenticated""#, Effect::NotAuthenticated),
    ] {
        let text = format!(r#"{{"operation": "QueryPerf", "effect": {json}}}"#);
        let read: FaultRule = serde_json::from_str(&text).unwrap();
        assert_eq!(read, FaultRule::on("QueryPerf", effect));
        let again = serde_json::to_string(&read).unwrap();
        assert_eq!(serde_json::from_str::<FaultRule>(&again).unwrap(), read);
    }
}

#[tokio::test]
async fn garbage_is_no_answer() {
    let (mock, mut client) = logged_in(small()).await;
    mock.add_fault(FaultRule::on("CurrentTime", Effect::Garbage(700)).times(1));
    let reply = current_time(&mut client).await;
    assert_eq!((reply.status, reply.bytes.len()), (200, 700));
    assert!(
        reply
            .header("content-type")
            .unwrap()
            .starts_with("text/xml")
    );
    assert_eq!(reply.header("content-encoding"), None);
    assert!(std::str::from_utf8(&reply.bytes).is_err());
    mock.add_fault(FaultRule::on("CurrentTime", Effect::GzipGarbage(50)).times(1));
    let reply = current_time(&mut client).await;
    assert_eq!(reply.header("content-encoding").as_deref(), Some("gzip"));
    assert_eq!(reply.bytes.len(), 50);
    current_time(&mut client).await.ok();
}

#[tokio::test]
async fn an_answer_can_drip() {
    let (mock, mut client) = logged_in(small()).await;
    // Slow enough to come in many pieces, fast enough for a test.
    let rate = NonZeroU32::new(4000).unwrap();
    mock.add_fault(FaultRule::on("CurrentTime", Effect::Drip(rate)).times(1));
    let whole = current_time(&mut client).await.ok();
    assert!(whole.one("returnval").ends_with('Z'));
    assert!(whole.bytes.ends_with(b"</soapenv:Envelope>"));
}

#[tokio::test]
async fn some_calls_fail_by_chance_and_always_the_same() {
    let outcomes = async |seed| {
        let (mock, mut client) = logged_in(small()).await;
        let effect = Effect::fault("SystemError").sometimes(0.3, seed);
        mock.add_fault(FaultRule::on("CurrentTime", effect));
        let mut failed = Vec::new();
        for _ in 0..100 {
            failed.push(current_time(&mut client).await.status == 500);
        }
        failed
    };
    let first = outcomes(1).await;
    let share = first.iter().filter(|failed| **failed).count();
    assert!((15..=45).contains(&share), "{share}");
    assert_eq!(first, outcomes(1).await);
    assert_ne!(first, outcomes(2).await);
    let written = r#"{"operation": "*", "effect":
        {"sometimes": {"probability": 0.1, "seed": 7, "effect": {"drip": 100}}}}"#;
    let parsed: FaultRule = serde_json::from_str(written).unwrap();
    assert!(matches!(parsed.effect, Effect::Sometimes { .. }));
}
