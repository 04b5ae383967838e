//! The exporter ends even while the system blocks one of its threads.

use std::path::Path;
use std::process::Command;

use mock_vcenter::{MockVcenter, Options};
use rustix::process::Signal;

use crate::exporter::Exporter;
use crate::staging::settings;

/// Makes a file that waits for a writer.
fn make_fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// With what `make` creates in place of the totals, the exporter logs the problem, collects and ends.
async fn collects_without_totals(make: impl Fn(&Path), problem: &str) {
    let mock = MockVcenter::start(Options::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let totals = folder.path().join("totals");
    make(&totals);
    let totals = totals.display().to_string();
    let settings = settings(&mock, &[("STATE_FILE", &totals)]);
    let exporter = Exporter::start(&settings).await;
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
    exporter.logged_when(|line| line.contains(problem)).await;
    let page = exporter.page_after_cycles(2).await;
    assert_eq!(page.value("vcenter_up"), Some(1.0));
    let (status, log) = exporter.end(Signal::TERM).await;
    assert_eq!((status.code(), mock.open_sessions()), (Some(0), 0), "{log}");
}

#[tokio::test]
async fn totals_without_a_line_feed_stop_neither_collection_nor_the_end() {
    let make_garbage = |path: &Path| std::fs::write(path, vec![b'x'; 1 << 20]).unwrap();
    collects_without_totals(make_garbage, "it has a line longer than 256 KiB").await;
}

#[tokio::test]
async fn totals_of_three_gigabytes_stop_neither_collection_nor_the_end() {
    let make_sparse = |path: &Path| {
        let file = std::fs::File::create(path).unwrap();
        file.set_len(3 << 30).unwrap();
    };
    collects_without_totals(make_sparse, "it is longer than 262144 KiB").await;
}

#[tokio::test]
async fn a_password_file_that_became_a_pipe_stops_neither_collection_nor_the_end() {
    let mock = MockVcenter::start(Options::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, "mock-password").unwrap();
    let path = password.to_str().unwrap();
    let settings = settings(&mock, &[("VCENTER_PASSWORD_FILE", path)]);
    let exporter = Exporter::start(&settings).await;
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
    std::fs::remove_file(&password).unwrap();
    make_fifo(&password);
    let page = exporter.page_after_cycles(2).await;
    assert_eq!(page.value("vcenter_up"), Some(1.0));
    let (status, log) = exporter.end(Signal::TERM).await;
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("logged out"), "{log}");
    assert_eq!(mock.open_sessions(), 0);
}
