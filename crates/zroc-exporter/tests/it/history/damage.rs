//! Files that are not as they were written.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::{
    WINDOW, assert_true, assert_whole, files, hours, keeping, kept, of_vcenter, run_once, saved,
    vcenter,
};
use crate::exporter::Exporter;

/// Spoils a file whose bytes are these.
type Spoil = fn(&Path, Vec<u8>);

/// What makes a file another one, what is said of it, and whether some of it is still used.
const SPOILS: [(Spoil, &str, bool); 7] = [
    (
        |path, mut bytes| {
            bytes.truncate(bytes.len() - 3);
            fs::write(path, bytes).unwrap();
        },
        "it ends in the middle",
        true,
    ),
    (
        |path, bytes| fs::write(path, [bytes, vec![0; 4_096]].concat()).unwrap(),
        "its checksum is another",
        true,
    ),
    (
        |path, _| fs::write(path, "").unwrap(),
        "it ends in the middle",
        true,
    ),
    (
        |path, _| fs::write(path, "root:x:0:0:root:/root:/bin/sh\n").unwrap(),
        "it is no history",
        false,
    ),
    (
        |path, mut bytes| {
            // Behind the magic.
            bytes[8] += 1;
            fs::write(path, bytes).unwrap();
        },
        "it has version 2 of the format",
        false,
    ),
    (
        |path, _| {
            fs::remove_file(path).unwrap();
            fs::create_dir(path).unwrap();
        },
        "it is no regular file",
        false,
    ),
    (
        |path, _| {
            fs::remove_file(path).unwrap();
            assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
        },
        "it is no regular file",
        false,
    ),
];

#[tokio::test]
async fn files_that_are_not_as_they_were_written_are_set_aside_and_cost_no_other() {
    let mock = vcenter(5).await;
    for (spoil, reason, is_used) in SPOILS {
        let folder = TempDir::new().unwrap();
        let settings = keeping(&mock, folder.path());
        run_once(&settings).await;
        mock.advance_clock(7_200);
        let second = run_once(&settings).await;
        let folder = of_vcenter(folder.path());
        let spoilt = hours(&folder).remove(0);
        let before = kept(&folder);
        let whole = fs::read(&spoilt).unwrap();
        spoil(&spoilt, whole);
        let content = spoilt.is_file().then(|| fs::read(&spoilt).unwrap());

        let exporter = Exporter::start(&settings).await;
        let said = exporter
            .logged_when(|line| line.contains("they were set aside"))
            .await;
        assert!(
            said.contains(reason) && said.contains("\"files\":1"),
            "{said}"
        );
        let page = saved(&exporter).await;
        assert_eq!(page.value("vcenter_up"), Some(1.0));
        drop(exporter);

        let name = spoilt.file_name().unwrap().to_str().unwrap();
        let aside = format!("{name}.set-aside-");
        let mut files = files(&folder).into_iter();
        let (_, aside) = files.find(|(name, _)| name.starts_with(&aside)).unwrap();
        if let Some(content) = content {
            assert_eq!(fs::read(aside).unwrap(), content);
        }
        let kept = kept(&folder);
        assert_true(&mock, &kept);
        assert_whole(&mock, &kept, second - WINDOW, second);
        let of_spoilt = |(_, stamp): &&(String, i64)| *stamp < second - 3_600;
        let left = kept.keys().filter(of_spoilt).count();
        let were = before.keys().filter(of_spoilt).count();
        assert!(left <= were && were > 0);
        if !is_used {
            assert_eq!(left, 0, "{reason}");
        }
        if reason == "its checksum is another" {
            assert_eq!(left, were, "what is whole is used");
        }
    }
}

/// A copy under the name of another hour would count twice.
#[tokio::test]
async fn a_file_with_the_name_of_another_hour_is_set_aside() {
    let mock = vcenter(5).await;
    let root = TempDir::new().unwrap();
    let settings = keeping(&mock, root.path());
    run_once(&settings).await;
    mock.advance_clock(7_200);
    run_once(&settings).await;
    let folder = of_vcenter(root.path());
    let before = kept(&folder);
    let first = hours(&folder).remove(0);
    fs::copy(first, folder.join("20200101T00")).unwrap();
    let exporter = Exporter::start(&settings).await;
    exporter
        .logged_when(|line| line.contains("it is about another hour"))
        .await;
    saved(&exporter).await;
    let kept = kept(&folder);
    assert_true(&mock, &kept);
    assert!(before.keys().all(|sample| kept.contains_key(sample)));
}

/// What an earlier process had not finished, and files that nobody knows.
#[tokio::test]
async fn unfinished_files_are_removed_and_unknown_ones_left_alone() {
    let mock = vcenter(5).await;
    let root = TempDir::new().unwrap();
    let settings = keeping(&mock, root.path());
    run_once(&settings).await;
    let folder = of_vcenter(root.path());
    fs::write(folder.join("20200101T00.new"), "half").unwrap();
    for stranger in ["notes.txt", "notes.new", "20200101T00.old"] {
        fs::write(folder.join(stranger), "precious").unwrap();
    }
    run_once(&settings).await;
    let files = files(&folder);
    assert!(!files.contains_key("20200101T00.new"), "{files:?}");
    for stranger in ["notes.txt", "notes.new", "20200101T00.old"] {
        assert_eq!(fs::read_to_string(&files[stranger]).unwrap(), "precious");
    }
}
