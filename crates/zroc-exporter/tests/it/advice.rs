//! What an operator is told to do.

use std::time::Duration;

use mock_vcenter::{Effect, FaultRule, MockVcenter, Options};
use rustix::process::{Resource, Rlimit, prlimit};

use crate::exporter::Exporter;
use crate::staging::settings;

#[tokio::test]
async fn a_smaller_batch_is_advised_for_queries_alone() {
    let mock = MockVcenter::with_vms(1).await.unwrap();
    let settings = settings(&mock, &[("VCENTER_REQUEST_TIMEOUT", "2")]);
    let exporter = Exporter::start(&settings).await;
    for (operation, names_batch_size) in [("CurrentTime", false), ("QueryPerf", true)] {
        mock.clear_faults();
        exporter
            .health_when(|health| health["last_error"].is_null() && health["status"] == "ok")
            .await;
        mock.add_fault(FaultRule::on(
            operation,
            Effect::Delay(Duration::from_secs(600)),
        ));
        let health = exporter
            .health_when(|health| health["last_error"].is_string())
            .await;
        let reason = health["last_error"].as_str().unwrap();
        assert!(reason.contains("raise VCENTER_REQUEST_TIMEOUT"), "{reason}");
        assert_eq!(reason.contains("BATCH_SIZE"), names_batch_size, "{reason}");
    }
}

#[tokio::test]
async fn a_lack_of_open_files_is_not_blamed_on_the_network() {
    let mock = MockVcenter::start(Options::default()).await.unwrap();
    mock.add_fault(FaultRule::on("CurrentTime", Effect::CloseConnection));
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    exporter
        .health_when(|health| health["last_error"].is_string())
        .await;
    let no_more = Rlimit {
        current: Some(3),
        maximum: Some(3),
    };
    prlimit(Some(exporter.pid()), Resource::Nofile, no_more).unwrap();
    let line = exporter
        .logged_when(|line| line.contains("cycle finished") && line.contains("Too many open files"))
        .await;
    assert!(
        line.contains("LimitNOFILE") && !line.contains("firewalls"),
        "{line}"
    );
}
