//! Processes that are killed at any moment.

use std::time::Duration;

use mock_vcenter::MockVcenter;
use rustix::process::Signal;
use tempfile::TempDir;

use super::{WINDOW, assert_true, assert_whole, keeping, kept, newest, of_vcenter, saved};
use crate::exporter::Exporter;

const KILLS: u64 = 30;

#[tokio::test]
async fn after_thirty_kills_no_sample_is_there_twice_and_none_is_lost_that_was_saved() {
    let mock = MockVcenter::with_vms(200).await.unwrap();
    let folder = TempDir::new().unwrap();
    let settings = keeping(&mock, folder.path());
    let mut saved_until = Vec::new();
    for kill in 0..KILLS {
        let exporter = Exporter::start(&settings).await;
        if kill % 3 == 0 {
            saved_until.push(newest(&saved(&exporter).await));
        } else {
            // Any moment will do: before the files are read, while they are written, after that.
            tokio::time::sleep(Duration::from_millis(kill * 53 % 600)).await;
        }
        exporter.end(Signal::KILL).await;
        // Less and more than what the next process reads.
        mock.advance_clock(i64::try_from(kill * 97 % 500).unwrap());
    }
    // What the last ones left is read, and hours that are over are closed.
    mock.advance_clock(7_200);
    let exporter = Exporter::start(&settings).await;
    saved_until.push(newest(&saved(&exporter).await));
    exporter.end(Signal::KILL).await;

    let kept = kept(&of_vcenter(folder.path()));
    assert_true(&mock, &kept);
    for until in saved_until {
        assert_whole(&mock, &kept, until - WINDOW, until);
    }
}
