//! The gateway against a mock vCenter.

use std::fs;

use mock_vcenter::{Effect, FaultRule, MockVcenter, Options};
use tempfile::NamedTempFile;

use super::*;
use crate::settings::Settings;

/// A vCenter whose password comes from a file, and that file.
fn vcenter(mock: &MockVcenter) -> (Vcenter, NamedTempFile) {
    let file = NamedTempFile::new().unwrap();
    fs::write(file.path(), Options::default().password).unwrap();
    let variable = |name: &str| match name {
        "VCENTER_HOST" => Some(mock.address().ip().to_string().into()),
        "VCENTER_PORT" => Some(mock.address().port().to_string().into()),
        "VCENTER_PASSWORD_FILE" => Some(file.path().into()),
        _ => None,
    };
    let Settings {
        vcenter,
        collection,
        ..
    } = Settings::load(variable).unwrap();
    let vcenter = Vcenter::new(vcenter, &collection, SelfMetrics::default()).unwrap();
    (vcenter, file)
}

async fn plan(vcenter: &mut Vcenter, inventory: &Inventory) -> Result<QueryPlan, CollectError> {
    let client = &vcenter.client;
    vcenter.performance.plan(client, inventory).await
}

async fn mock() -> MockVcenter {
    let mut options = Options::default();
    options.world.vms = 5;
    MockVcenter::start(options).await.unwrap()
}

fn rule(operation: &str, skip: u32, effect: Effect) -> FaultRule {
    FaultRule {
        operation: operation.to_owned(),
        object: None,
        skip,
        times: None,
        effect,
    }
}

fn fault(fault_type: &str) -> Effect {
    Effect::Fault {
        fault_type: fault_type.to_owned(),
        message: String::new(),
        fields_xml: String::new(),
    }
}

fn calls(mock: &MockVcenter, operation: &str) -> u64 {
    mock.calls().get(operation).copied().unwrap_or(0)
}

#[tokio::test]
async fn a_password_refused_in_the_midst_of_a_cycle_is_not_sent_in_the_next() {
    let mock = mock().await;
    let (mut vcenter, file) = vcenter(&mock);
    let inventory = vcenter.refresh(Moment::now()).await.unwrap();
    mock.add_fault(rule("Login", 0, fault("InvalidLogin")));
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
    assert_eq!(calls(&mock, "Login"), 2);

    fs::write(file.path(), "another").unwrap();
    let error = vcenter.refresh(Moment::now()).await.unwrap_err();
    assert!(matches!(error, CollectError::Vsphere(error) if error.is_invalid_login()));
    assert_eq!(calls(&mock, "Login"), 3);
}

#[tokio::test]
async fn a_session_goes_on_without_its_password_file() {
    let mock = mock().await;
    let (mut vcenter, file) = vcenter(&mock);
    vcenter.refresh(Moment::now()).await.unwrap();
    file.close().unwrap();
    vcenter.refresh(Moment::now()).await.unwrap();
    assert!(!vcenter.login.is_password_readable);
    assert_eq!(calls(&mock, "Login"), 1);
}

#[tokio::test]
async fn there_is_no_session_without_a_password_file() {
    let mock = mock().await;
    let (mut vcenter, file) = vcenter(&mock);
    file.close().unwrap();
    let error = vcenter.refresh(Moment::now()).await.unwrap_err();
    assert!(matches!(error, CollectError::Password(_)), "{error:?}");
    assert_eq!(calls(&mock, "Login"), 0);
}

#[tokio::test]
async fn what_is_optional_keeps_nothing_from_being_collected() {
    let page = Effect::Status {
        code: 404,
        content_type: "text/html".to_owned(),
        body: String::new(),
    };
    for effect in [page, Effect::Garbage(100), fault("SystemError")] {
        let mock = mock().await;
        mock.add_fault(rule("QueryOptions", 0, effect));
        // The counters are read first, then the intervals.
        let mut intervals = rule("RetrievePropertiesEx", 1, fault("NoPermission"));
        intervals.object = Some("PerfMgr".to_owned());
        mock.add_fault(intervals);
        let (mut vcenter, _file) = vcenter(&mock);
        let inventory = vcenter.refresh(Moment::now()).await.unwrap();
        plan(&mut vcenter, &inventory).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_optional_is_asked_for_again_where_only_the_connection_broke() {
    let mock = mock().await;
    let mut broken = rule("QueryOptions", 0, Effect::CloseConnection);
    broken.times = Some(2);
    mock.add_fault(broken);
    let (mut vcenter, _file) = vcenter(&mock);
    vcenter.refresh(Moment::now()).await.unwrap_err();
    vcenter.refresh(Moment::now()).await.unwrap();
    assert_eq!(calls(&mock, "Login"), 1);
}
