//! Sessions of vCenter: one at a time, and none after the end, whenever that comes.

use std::process::Stdio;
use std::time::Duration;

use futures_util::future::join_all;
use mock_vcenter::{Effect, FaultRule, MockVcenter, Options};
use rustix::process::{Signal, kill_process};
use tokio::net::TcpListener;

use crate::exporter::{Exporter, command};
use crate::staging::settings;

/// Long enough for a signal to arrive in it, and shorter than an end may take.
const A_MOMENT: Duration = Duration::from_secs(1);

/// A vCenter whose inventory takes several pages.
async fn paged_mock(vms: usize) -> MockVcenter {
    let options = Options {
        page_limit: 20,
        update_limit: 20,
        ..Options::with_vms(vms)
    };
    MockVcenter::start(options).await.unwrap()
}

/// Sends a signal while the exporter waits for the answer to this operation.
async fn end_during(operation: &str, skip: u32, signal: Signal) {
    let mock = paged_mock(100).await;
    mock.add_fault(FaultRule::on(operation, Effect::Delay(A_MOMENT)).skip(skip));
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    mock.called(operation, u64::from(skip) + 1).await;
    let (status, log) = exporter.end(signal).await;
    assert_eq!(
        (
            status.code(),
            mock.open_sessions(),
            mock.most_open_sessions()
        ),
        (Some(0), 0, 1),
        "{signal:?} in {operation}:\n{log}"
    );
    assert!(log.contains("\"logged out\""), "{operation}:\n{log}");
}

#[tokio::test]
async fn a_signal_at_any_time_leaves_no_session() {
    let moments = [
        ("Login", 0),
        ("CreateContainerView", 0),
        ("WaitForUpdatesEx", 2),
        ("CurrentTime", 0),
        ("QueryPerf", 0),
    ];
    for signal in [Signal::TERM, Signal::INT] {
        let ends = moments.map(|(operation, skip)| end_during(operation, skip, signal));
        join_all(ends).await;
    }
}

#[tokio::test]
async fn a_further_signal_during_the_logout_cuts_nothing_short() {
    let mock = paged_mock(20).await;
    mock.add_fault(FaultRule::on("Logout", Effect::Delay(A_MOMENT)));
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
    kill_process(exporter.pid(), Signal::TERM).unwrap();
    mock.called("Logout", 1).await;
    kill_process(exporter.pid(), Signal::INT).unwrap();
    let (status, log) = exporter.end(Signal::TERM).await;
    assert_eq!((status.code(), mock.open_sessions()), (Some(0), 0), "{log}");
}

#[tokio::test]
async fn the_login_waits_for_the_port() {
    let mock = paged_mock(20).await;
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let output = command(&settings(&mock, &[]))
        .env("HTTP_HOST", "127.0.0.1")
        .env("HTTP_PORT", taken.local_addr().unwrap().port().to_string())
        .stderr(Stdio::piped())
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(mock.calls().is_empty(), "{:?}", mock.calls());
}

/// Eight queries wait for their answers when their session is lost: the server ends it, or only says so.
async fn queries_lose_their_session(said: Option<Effect>) {
    let mock = paged_mock(400).await;
    let eight = [("BATCH_SIZE", "10"), ("COLLECT_CONCURRENCY", "8")];
    let exporter = Exporter::start(&settings(&mock, &eight)).await;
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
    mock.reset_calls();
    mock.add_fault(FaultRule::on("QueryPerf", Effect::Delay(A_MOMENT)).times(8));
    if let Some(said) = said {
        mock.add_fault(FaultRule::on("QueryPerf", said).times(8));
    } else {
        mock.called("QueryPerf", 8).await;
        mock.drop_sessions();
    }
    let page = exporter.page_after_cycles(2).await;
    assert_eq!(page.value("vcenter_up"), Some(1.0));
    assert_eq!(
        (
            mock.calls()["Login"],
            mock.open_sessions(),
            mock.most_open_sessions()
        ),
        (1, 1, 1),
        "{:?}",
        mock.calls()
    );
    let (_, log) = exporter.end(Signal::TERM).await;
    assert_eq!(mock.open_sessions(), 0, "{log}");
}

#[tokio::test]
async fn queries_that_lose_their_session_together_share_the_next_one() {
    queries_lose_their_session(None).await;
}

#[tokio::test]
async fn a_session_reported_as_lost_is_ended_before_the_next_one_begins() {
    queries_lose_their_session(Some(Effect::fault("NotAuthenticated"))).await;
}

#[tokio::test]
async fn collection_continues_as_soon_as_vcenter_keeps_a_session() {
    let mock = paged_mock(20).await;
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
    mock.add_fault(FaultRule::on("*", Effect::NotAuthenticated));
    exporter.page_after_cycles(4).await;
    mock.clear_faults();
    mock.reset_calls();
    exporter.page_after_cycles(2).await;
    let health = exporter.get("/health").await.json();
    assert_eq!(health["status"], "ok", "{health}\n{:?}", mock.calls());
}
