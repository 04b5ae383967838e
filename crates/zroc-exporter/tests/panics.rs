//! What becomes of a panic. The hook is one per process, so this is a process of its own.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{self, Write};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use zroc_exporter::self_metrics::ProcessHealth;
use zroc_exporter::settings::{LogFormat, LogSettings};
use zroc_exporter::telemetry::{self, LogQueue};

struct Sink(Sender<Vec<u8>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send(bytes.to_vec()).unwrap();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_panic_is_a_log_line_that_says_it_is_a_bug_and_is_counted() {
    let (sender, written) = mpsc::channel();
    let process = ProcessHealth::default();
    let queue = LogQueue::start(Sink(sender), process.clone()).unwrap();
    let settings = LogSettings {
        level: tracing::Level::ERROR,
        format: LogFormat::Json,
    };
    telemetry::install(settings, queue.clone(), process.clone()).unwrap();
    let panicking = thread::Builder::new()
        .name("a decoder".to_owned())
        .spawn(|| panic!("no {}", "such\nthing"));
    panicking.unwrap().join().unwrap_err();
    queue.flush(Duration::from_secs(60));

    let line: Value = serde_json::from_slice(&written.try_recv().unwrap()).unwrap();
    assert_eq!(line["level"], "ERROR");
    assert_eq!(line["panic"], "no such\nthing");
    assert_eq!(line["thread"], "a decoder");
    assert!(
        line["place"].as_str().unwrap().contains("panics.rs:"),
        "{line}"
    );
    assert!(line["message"].as_str().unwrap().contains("please report"));
    assert!(written.try_recv().is_err(), "it is said once");
    assert_eq!(process.panics(), 1);
}
