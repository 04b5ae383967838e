//! The gateway against a mock vCenter.

use std::fs;
use std::time::Duration;

use mock_vcenter::{Effect, FaultRule, MockVcenter, Options};
use tempfile::NamedTempFile;

use super::*;
use crate::settings::{Given, Settings};

/// A vCenter whose password comes from a file, and that file.
fn vcenter(mock: &MockVcenter) -> (Vcenter, NamedTempFile) {
    let file = NamedTempFile::new().unwrap();
    fs::write(file.path(), Options::default().password).unwrap();
    let address = mock.address();
    let given = Given::from_iter([
        ("VCENTER_HOST", address.ip().to_string()),
        ("VCENTER_PORT", address.port().to_string()),
        ("VCENTER_PASSWORD_FILE", file.path().display().to_string()),
    ]);
    let settings = Settings::load(given).unwrap().vcenters.remove(0);
    let vcenter = Vcenter::new(settings, CollectionMetrics::default()).unwrap();
    (vcenter, file)
}

async fn plan(vcenter: &mut Vcenter, inventory: &Inventory) -> Result<QueryPlan, CollectError> {
    let client = &vcenter.client;
    vcenter.performance.plan(client, inventory).await
}

#[tokio::test]
async fn a_password_refused_during_a_cycle_is_not_sent_in_the_next() {
    let mock = MockVcenter::with_vms(5).await.unwrap();
    let (mut vcenter, file) = vcenter(&mock);
    let inventory = vcenter.refresh(Moment::now()).await.unwrap();
    mock.add_fault(FaultRule::on("Login", Effect::fault("InvalidLogin")));
    mock.drop_sessions();
    let error = plan(&mut vcenter, &inventory).await.unwrap_err();
    assert!(matches!(error, CollectError::Vsphere(error) if error.is_invalid_login()));
    for _ in 0..3 {
        let error = vcenter.refresh(Moment::now()).await.unwrap_err();
        assert!(
            matches!(error, CollectError::LoginPaused { .. }),
            "{error:?}"
        );
    }
    assert_eq!(mock.calls_of("Login"), 2);

    fs::write(file.path(), "another").unwrap();
    let error = vcenter.refresh(Moment::now()).await.unwrap_err();
    assert!(matches!(error, CollectError::Vsphere(error) if error.is_invalid_login()));
    assert_eq!(mock.calls_of("Login"), 3);
}

#[tokio::test]
async fn a_session_outlives_its_password_file() {
    let mock = MockVcenter::with_vms(5).await.unwrap();
    let (mut vcenter, file) = vcenter(&mock);
    vcenter.refresh(Moment::now()).await.unwrap();
    file.close().unwrap();
    vcenter.refresh(Moment::now()).await.unwrap();
    assert!(!vcenter.login.is_password_readable);
    assert_eq!(mock.calls_of("Login"), 1);
}

#[tokio::test]
async fn without_a_password_file_no_session_begins() {
    let mock = MockVcenter::with_vms(5).await.unwrap();
    let (mut vcenter, file) = vcenter(&mock);
    file.close().unwrap();
    let error = vcenter.refresh(Moment::now()).await.unwrap_err();
    assert!(matches!(error, CollectError::Password(_)), "{error:?}");
    assert_eq!(mock.calls_of("Login"), 0);
}

#[tokio::test]
async fn missing_optional_facts_do_not_stop_collection() {
    let page = Effect::status(404, "text/html", "");
    for effect in [page, Effect::Garbage(100), Effect::fault("SystemError")] {
        let mock = MockVcenter::with_vms(5).await.unwrap();
        mock.add_fault(FaultRule::on("QueryOptions", effect));
        // The counters are read first, then the intervals.
        let denied = FaultRule::on("RetrievePropertiesEx", Effect::fault("NoPermission"));
        mock.add_fault(denied.object("PerfMgr").skip(1));
        let (mut vcenter, _file) = vcenter(&mock);
        let inventory = vcenter.refresh(Moment::now()).await.unwrap();
        plan(&mut vcenter, &inventory).await.unwrap();
    }
}

#[tokio::test]
async fn optional_facts_are_asked_for_again_if_only_the_connection_broke() {
    let mock = MockVcenter::with_vms(5).await.unwrap();
    let broken = FaultRule::on("QueryOptions", Effect::CloseConnection);
    mock.add_fault(broken.times(2));
    let (mut vcenter, _file) = vcenter(&mock);
    vcenter.refresh(Moment::now()).await.unwrap_err();
    vcenter.refresh(Moment::now()).await.unwrap();
    assert_eq!(mock.calls_of("Login"), 1);
}

#[tokio::test(start_paused = true)]
async fn our_own_time_passes_on_when_everything_is_read_again() {
    let given = Given::from_iter([("VCENTER_PASSWORD", "secret")]);
    let settings = Settings::load(given).unwrap().vcenters.remove(0);
    let mut vcenter = Vcenter::new(settings, CollectionMetrics::default()).unwrap();
    tokio::time::advance(Duration::from_secs(3_600)).await;
    vcenter.start_over();
    assert_eq!(vcenter.uptime(), Uptime::new(Duration::from_secs(3_600)));
}
