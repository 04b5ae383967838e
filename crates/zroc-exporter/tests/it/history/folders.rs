//! Processes and vCenters that have the same folder.

use std::fs;
use std::num::NonZeroU32;
use std::path::Path;

use mock_vcenter::{MockVcenter, Options};
use planner_core::history::{History, Limits};
use rustix::process::{Signal, kill_process};
use tempfile::TempDir;
use zroc_exporter::history_folder::{FolderError, HistoryFolder};

use super::{WINDOW, assert_true, assert_whole, keeping, kept, newest, of_vcenter, saved, vcenter};
use crate::exporter::Exporter;
use crate::several_vcenters::{File, all_are_ok, right};

const HAS_ANOTHER: &str = "another process, or another `[[vcenter]]` of this one, keeps a history";

#[tokio::test]
async fn a_second_process_is_refused_and_takes_over_when_the_first_has_ended() {
    let mock = vcenter(20).await;
    let root = TempDir::new().unwrap();
    let settings = keeping(&mock, root.path());
    let first = Exporter::start(&settings).await;
    let first_newest = newest(&saved(&first).await);
    let before = kept(&of_vcenter(root.path()));

    let second = Exporter::start(&settings).await;
    second.logged_when(|line| line.contains(HAS_ANOTHER)).await;
    let page = second.page_after_cycles(3).await;
    assert_eq!(page.value("vcenter_up"), Some(1.0));
    assert_eq!(page.value(super::SAVED), Some(0.0));
    let log = second.log();
    let times = log.lines().filter(|line| line.contains(HAS_ANOTHER));
    assert_eq!(times.count(), 1, "{log}");
    saved(&first).await;

    // No lock is left behind.
    first.end(Signal::KILL).await;
    second
        .logged_when(|line| line.contains("the history is kept in files again"))
        .await;
    let until = newest(&saved(&second).await);
    second.end(Signal::TERM).await;
    let kept = kept(&of_vcenter(root.path()));
    assert_true(&mock, &kept);
    assert_whole(&mock, &kept, first_newest - WINDOW, until);
    assert!(before.keys().all(|sample| kept.contains_key(sample)));
}

fn file_keeping(root: &Path, vcenters: &[String]) -> File {
    let root = root.to_str().unwrap();
    let with_history = |vcenter: &String| format!("{vcenter}history_dir = {root:?}\n");
    let vcenters: Vec<String> = vcenters.iter().map(with_history).collect();
    File::new(&vcenters)
}

async fn start(file: &File) -> Exporter {
    Exporter::start(&[("ZROC_CONFIG", file.path().display().to_string())]).await
}

#[tokio::test]
async fn each_vcenter_has_a_folder_of_its_own() {
    let mut mocks = Vec::new();
    for seed in [1, 2] {
        let mut options = Options::with_vms(6);
        options.world.seed = seed;
        mocks.push(MockVcenter::start(options).await.unwrap());
    }
    let root = TempDir::new().unwrap();
    let vcenters = [right("one", &mocks[0]), right("other", &mocks[1])];
    let file = file_keeping(root.path(), &vcenters);
    let exporter = start(&file).await;
    exporter.health_when(all_are_ok).await;
    exporter.end(Signal::TERM).await;
    let folders = fs::read_dir(root.path()).unwrap();
    let mut folders: Vec<_> = folders.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert_eq!(folders.len(), 2, "{folders:?}");
    for (mock, folder) in mocks.iter().zip(folders) {
        assert_true(mock, &kept(&folder));
    }
}

/// References of one vCenter mean nothing to another.
#[tokio::test]
async fn another_vcenter_at_the_same_address_has_a_history_of_its_own() {
    let first = vcenter(6).await;
    let root = TempDir::new().unwrap();
    let mut settings = keeping(&first, root.path());
    settings.retain(|(name, _)| *name != "VCENTER_THUMBPRINT");
    let exporter = Exporter::start(&settings).await;
    saved(&exporter).await;
    let of_first = kept(&of_vcenter(root.path()));
    assert_true(&first, &of_first);

    let mut options = Options::with_vms(6);
    (options.listen, options.world.seed) = (first.address(), 2);
    first.stop().await;
    let second = MockVcenter::start(options).await.unwrap();
    exporter
        .logged_when(|line| line.contains("this is another vCenter than before"))
        .await;
    saved(&exporter).await;
    exporter.end(Signal::TERM).await;
    let folders = fs::read_dir(root.path()).unwrap();
    let mut folders: Vec<_> = folders.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let left = kept(&folders[0]);
    assert!(
        of_first
            .keys()
            .all(|sample| left.get(sample) == of_first.get(sample))
    );
    assert_true(&second, &kept(&folders[1]));
}

#[test]
fn only_what_looks_like_a_uuid_names_a_folder() {
    let root = TempDir::new().unwrap();
    let open = |name: &str| {
        let history = History::new(Limits {
            hours: NonZeroU32::MIN,
            roll_up_days: 0,
            bytes: 1 << 20,
        });
        HistoryFolder::open(root.path(), name, history)
    };
    for name in [
        "",
        ".",
        "..",
        "a/b",
        "../a",
        "a b",
        "é",
        "a.b",
        &"a".repeat(65),
    ] {
        let refused = open(name);
        assert!(matches!(refused, Err(FolderError::NoName)), "{name:?}");
    }
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    assert!(open("0b8a6a52-9f3e-4d57-8f0c-6d6f636b7663").is_ok());
}

/// Their samples would be mixed.
#[tokio::test]
async fn two_collectors_of_one_vcenter_need_two_folders() {
    let mock = vcenter(6).await;
    let root = TempDir::new().unwrap();
    let vcenters = [right("one", &mock), right("other", &mock)];
    let file = file_keeping(root.path(), &vcenters);
    let exporter = start(&file).await;
    exporter.health_when(all_are_ok).await;
    let said = exporter.logged_when(|line| line.contains(HAS_ANOTHER));
    said.await;
    exporter.end(Signal::TERM).await;
    assert_true(&mock, &kept(&of_vcenter(root.path())));
}

/// Settings of a history are settings of a vCenter: its collector starts again, and continues with the files.
#[tokio::test]
async fn a_reload_begins_and_continues_a_history() {
    let mock = vcenter(6).await;
    let root = TempDir::new().unwrap();
    let file = File::new(&[right("one", &mock)]);
    let exporter = start(&file).await;
    exporter.health_when(all_are_ok).await;
    let folder = format!("history_dir = {:?}\n", root.path().to_str().unwrap());
    for hours in [12, 24] {
        let history = format!("{folder}history_hours = {hours}\n");
        file.write(&[format!("{}{history}", right("one", &mock))]);
        kill_process(exporter.pid(), Signal::HUP).unwrap();
        let lines = move |log: &str| log.matches("the history is kept in this folder").count();
        exporter
            .health_when(|_| lines(&exporter.log()) == hours / 12)
            .await;
    }
    let until = newest(&saved(&exporter).await);
    exporter.end(Signal::TERM).await;
    let kept = kept(&of_vcenter(root.path()));
    assert_true(&mock, &kept);
    assert_whole(&mock, &kept, until - WINDOW, until);
}
