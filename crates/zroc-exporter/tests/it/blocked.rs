//! The end of the exporter while the system keeps one of its threads waiting.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use mock_vcenter::{MockVcenter, Options};
use rustix::fs::OFlags;
use rustix::process::Signal;

use crate::exporter::{Exporter, PATIENCE, settings_for};

/// A file that nobody can read or write to the end.
fn make_fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[tokio::test]
async fn a_disk_that_hangs_does_not_keep_it() {
    let mock = MockVcenter::start(Options::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    make_fifo(&folder.path().join("totals.new"));
    let totals = folder.path().join("totals").display().to_string();
    let settings = [settings_for(&mock), vec![("STATE_FILE", totals)]].concat();
    let exporter = Exporter::start(&settings).await;
    exporter
        .health_when(|health| health["collection_cycles"] == 1)
        .await;
    let (status, log) = exporter.end(Signal::TERM).await;
    assert_eq!((status.code(), mock.open_sessions()), (Some(0), 0), "{log}");
}

#[tokio::test]
async fn a_collector_that_blocks_its_thread_does_not_keep_it() {
    let mock = MockVcenter::start(Options::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, "mock-password").unwrap();
    let mut settings = settings_for(&mock);
    settings.retain(|(name, _)| *name != "VCENTER_PASSWORD");
    settings.push(("VCENTER_PASSWORD_FILE", password.display().to_string()));
    let exporter = Exporter::start(&settings).await;
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
    std::fs::remove_file(&password).unwrap();
    make_fifo(&password);
    // This succeeds once the exporter has opened it to read.
    let non_blocking = OFlags::NONBLOCK.bits().cast_signed();
    let mut options = OpenOptions::new();
    options.write(true).custom_flags(non_blocking);
    let opened = async {
        loop {
            match options.open(&password) {
                Ok(file) => return file,
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    };
    let _silent = tokio::time::timeout(PATIENCE, opened).await.unwrap();
    assert_eq!(exporter.get("/-/healthy").await.status, 200);
    let (status, log) = exporter.end(Signal::TERM).await;
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("collection did not end in time"), "{log}");
}
