//! One row per thing that cannot be written.

use std::fs;
use std::path::Path;

use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};
use serde_json::Value;
use tempfile::TempDir;

use super::stage::{Row, collects, ends, row, vcenter};
use crate::exporter::{Exporter, LogReader};
use crate::staging::settings;

pub(super) fn rows() -> Vec<Row> {
    vec![
        row(
            "`STATE_FILE` would exceed the limit of file sizes",
            unwritable(|_, exporter| {
                let none = Rlimit {
                    current: Some(0),
                    maximum: None,
                };
                prlimit(Some(exporter), Resource::Fsize, none).unwrap();
            }),
        ),
        row(
            "The folder of `STATE_FILE` is removed",
            // The exporter may write at the same moment.
            unwritable(|state, _| while fs::remove_dir_all(state.parent().unwrap()).is_err() {}),
        ),
        row(
            "The folder of `STATE_FILE` becomes a file",
            unwritable(|state, _| {
                let folder = state.parent().unwrap();
                while fs::remove_dir_all(folder).is_err() {}
                fs::write(folder, "").unwrap();
            }),
        ),
        row(
            "`STATE_FILE` becomes a folder",
            unwritable(|state, _| becomes_a_folder(state)),
        ),
        row(
            "A folder is in the way of the file that is to replace `STATE_FILE`",
            unwritable(|state, _| becomes_a_folder(&state.with_extension("new"))),
        ),
        row("Nobody reads standard error", log(LogReader::Sleeps)),
        row("Standard error is closed", log(LogReader::IsGone)),
    ]
}

/// The exporter may write or rename the file at the same moment.
fn becomes_a_folder(path: &Path) {
    while fs::create_dir(path).is_err() {
        let _ = fs::remove_file(path);
    }
}

async fn unwritable(spoil: fn(&Path, Pid)) -> String {
    let mock = vcenter().await;
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("folder")).unwrap();
    let state = folder.path().join("folder/state");
    let path = state.display().to_string();
    let settings = settings(&mock, &[("STATE_FILE", &path), ("POLL_INTERVAL", "0.1")]);
    let exporter = Exporter::start(&settings).await;
    collects(&exporter).await;
    spoil(&state, exporter.pid());
    let is_said = |line: &str| line.contains("the totals are not kept");
    exporter.logged_when(is_said).await;
    let collects = collects(&exporter).await;
    let (status, log) = exporter.end(Signal::TERM).await;
    assert_eq!(status.code(), Some(0));
    let reason = |line: &str| {
        let said: Value = serde_json::from_str(line).unwrap();
        said["reason"].as_str().unwrap().replace(&path, "FILE")
    };
    // A write that was under way may have met something else.
    let reasons: Vec<String> = log
        .lines()
        .filter(|line| is_said(line))
        .map(reason)
        .collect();
    let last = reasons.last().unwrap();
    let times = reasons.iter().filter(|reason| *reason == last).count();
    assert_eq!(times, 1, "{log}");
    format!("{collects}, and says once: {last}")
}

async fn log(reader: LogReader) -> String {
    let mock = vcenter().await;
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    collects(&exporter).await;
    exporter.log_reader(reader);
    let collects = collects(&exporter).await;
    format!("{collects}; {}", ends(exporter, Signal::TERM, &mock).await)
}
