//! No reader of the log, and no lack of one, stops collection or the end.

use std::fs::File;
use std::io::{ErrorKind, PipeReader, PipeWriter, Write as _};
use std::process::Stdio;

use mock_vcenter::{MockVcenter, Options};
use rustix::fs::{OFlags, fcntl_setfl};
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::timeout;

use crate::exporter::{END_WITHIN, Exporter, LogReader, PATIENCE, command};
use crate::staging::settings;

const DROPPED: &str = "vcenter_collector_log_lines_dropped_total";

/// An exporter that says much, and its vCenter.
async fn talkative() -> (MockVcenter, Exporter) {
    let mock = MockVcenter::start(Options::with_vms(200)).await.unwrap();
    let settings = settings(
        &mock,
        &[
            ("LOG_LEVEL", "TRACE"),
            ("POLL_INTERVAL", "0.1"),
            ("VM_INVENTORY_TTL", "0"),
        ],
    );
    let exporter = Exporter::start(&settings).await;
    (mock, exporter)
}

async fn until_lines_are_dropped(exporter: &Exporter) {
    let dropping =
        async { while exporter.page_after_cycles(1).await.value(DROPPED) == Some(0.0) {} };
    timeout(PATIENCE, dropping).await.unwrap();
}

#[tokio::test]
async fn a_reader_who_sleeps_loses_lines_and_learns_how_many() {
    let (mock, exporter) = talkative().await;
    exporter.log_reader(LogReader::Sleeps);
    until_lines_are_dropped(&exporter).await;
    let page = exporter.page_after_cycles(3).await;
    assert_eq!(page.value("vcenter_up"), Some(1.0));

    exporter.log_reader(LogReader::Reads);
    let is_notice = |line: &str| line.contains("log lines are missing here");
    let notice = exporter.logged_when(is_notice).await;
    let notice: serde_json::Value = serde_json::from_str(&notice).unwrap();
    assert!(notice["lines"].as_u64() > Some(0), "{notice}");
    let (status, _) = exporter.end(Signal::TERM).await;
    assert_eq!((status.code(), mock.open_sessions()), (Some(0), 0));
}

#[tokio::test]
async fn a_reader_who_slept_for_a_while_gets_the_last_words_too() {
    let mock = MockVcenter::start(Options::default()).await.unwrap();
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    exporter.log_reader(LogReader::Sleeps);
    exporter.page_after_cycles(2).await;
    let (status, log) = exporter.end(Signal::TERM).await;
    assert_eq!(status.code(), Some(0));
    let last: serde_json::Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    assert_eq!(last["message"], "logged out");
}

#[tokio::test]
async fn a_reader_who_never_wakes_up_delays_no_end() {
    let (mock, exporter) = talkative().await;
    exporter.log_reader(LogReader::Sleeps);
    until_lines_are_dropped(&exporter).await;
    let (status, _) = exporter.end(Signal::INT).await;
    assert_eq!((status.code(), mock.open_sessions()), (Some(0), 0));
}

#[tokio::test]
async fn a_reader_who_is_gone_costs_lines_and_nothing_else() {
    let (mock, exporter) = talkative().await;
    exporter.log_reader(LogReader::IsGone);
    until_lines_are_dropped(&exporter).await;
    let page = exporter.page_after_cycles(2).await;
    assert_eq!(page.value("vcenter_up"), Some(1.0));
    let (status, _) = exporter.end(Signal::TERM).await;
    assert_eq!((status.code(), mock.open_sessions()), (Some(0), 0));
}

#[tokio::test]
async fn a_log_on_a_full_disk_stops_neither_collection_nor_the_end() {
    let mock = MockVcenter::start(Options::default()).await.unwrap();
    let settings = settings(&mock, &[("POLL_INTERVAL", "0.1")]);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut child = command(&settings)
        .env("HTTP_HOST", "127.0.0.1")
        .env("HTTP_PORT", "0")
        .stderr(full)
        .spawn()
        .unwrap();
    let collects = async {
        while mock.calls().get("QueryPerf") < Some(&3) {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, collects).await.unwrap();
    let pid = Pid::from_raw(child.id().unwrap().cast_signed()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    let status = timeout(END_WITHIN, child.wait()).await.unwrap().unwrap();
    assert_eq!((status.code(), mock.open_sessions()), (Some(0), 0));
}

/// A pipe without room, whose writers wait or are told to come again.
fn full_pipe(writers_wait: bool) -> (PipeReader, PipeWriter) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    fcntl_setfl(&writer, OFlags::NONBLOCK).unwrap();
    let full = loop {
        if let Err(error) = writer.write(&[b'\n'; 512]) {
            break error;
        }
    };
    assert_eq!(full.kind(), ErrorKind::WouldBlock);
    if writers_wait {
        fcntl_setfl(&writer, OFlags::empty()).unwrap();
    }
    (reader, writer)
}

#[tokio::test]
async fn last_words_that_nobody_reads_delay_no_end() {
    for arguments in [&["serve"][..], &["healthcheck"], &["--no-such-argument"]] {
        for writers_wait in [true, false] {
            let (_reader, writer) = full_pipe(writers_wait);
            let mut child = command(&[("HTTP_PORT", "none".to_owned())])
                .args(arguments)
                .stderr(Stdio::from(writer))
                .spawn()
                .unwrap();
            let status = timeout(END_WITHIN, child.wait()).await;
            let status = status.unwrap_or_else(|_| panic!("{arguments:?} does not end"));
            assert_eq!(status.unwrap().code(), Some(2), "{arguments:?}");
        }
    }
}
