//! Probes that do not come to their end.

use std::process::Stdio;

use mock_vcenter::{Effect, FaultRule};
use rustix::process::{Pid, Signal, kill_process};

use super::{array, figures, hurry, number, output, probing, said};
use crate::check::stage::Stage;

#[tokio::test]
async fn a_signal_ends_it_with_what_was_seen() {
    let stage = Stage::new(3).await;
    // The first looks do not wait, the next one would for seconds.
    let hurry = FaultRule::on("CurrentTime", Effect::AdvanceClock(2));
    stage.mock.add_fault(hurry.times(12));
    let mut command = probing(&stage, &[], "json");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let pid = Pid::from_raw(child.id().unwrap().cast_signed()).unwrap();
    stage.mock.called("CurrentTime", 12).await;
    kill_process(pid, Signal::INT).unwrap();
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains("a signal ended the checks"),
        "{}",
        said(&output)
    );
    let found = figures(&stage, &output);
    assert_eq!(found["ended"], "interrupted");
    let looks = number(&found, "looks");
    assert!((1..91).contains(&looks), "{looks}");
    assert_eq!(array(&found, "vms").len(), 3);
}

#[tokio::test]
async fn queries_that_fail_end_it_soon() {
    let stage = Stage::new(3).await;
    let once = FaultRule::on("QueryPerf", Effect::fault("SystemError"));
    stage.mock.add_fault(once.clone().skip(3).times(1));
    stage.mock.add_fault(once.skip(9));
    hurry(&stage);
    let output = output(&stage, "json").await;
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("SystemError"), "{}", said(&output));
    let found = figures(&stage, &output);
    assert_eq!(found["ended"], "failed");
    assert_eq!(number(&found, "looks"), 9);
    assert_eq!(found["failed_looks"], serde_json::json!({"fault": 6}));
}

#[tokio::test]
async fn nothing_is_printed_where_nothing_could_be_seen() {
    let stage = Stage::new(3).await;
    let wrong = [("VCENTER_PASSWORD", "wrong-password")];
    for reason in ["refuses user and password", "not tried again"] {
        let output = probing(&stage, &wrong, "json").output().await.unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty());
        assert!(said(&output).contains(reason), "{}", said(&output));
    }
    assert_eq!(stage.mock.failed_logins(), 1);

    let idle = [("INCLUDE_VMS", "nomatch*")];
    let output = probing(&stage, &idle, "text").output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    assert!(
        said(&output).contains("no VM to look at"),
        "{}",
        said(&output)
    );
    assert_eq!(stage.mock.open_sessions(), 0);
}
