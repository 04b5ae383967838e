//! A wrong password must not lock the account, however long it is held.

use std::fs;
use std::time::Duration;

use mock_vcenter::{Effect, FaultRule, MockVcenter};
use tempfile::NamedTempFile;
use tokio::time::Instant;
use zroc_exporter::advice::explain;
use zroc_exporter::vcenter::Moment;

use crate::staging::{load, settings, vcenter};

const INTERVAL: Duration = Duration::from_secs(30);

/// vSphere's default policy counts the failures of this time.
const FAILURE_WINDOW: Duration = Duration::from_secs(180);

/// Lets time pass for both sides, while no call is under way.
async fn let_pass(mock: &MockVcenter, time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
    mock.advance_clock(time.as_secs().try_into().unwrap());
}

/// What is said of a login in the first cycle and in the next one, during the pause.
async fn said_of_logins(mock: &MockVcenter, password: &str) -> [String; 2] {
    let variables = settings(mock, &[("VCENTER_PASSWORD", password)]);
    let settings = load(&variables).vcenters.remove(0);
    let mut vcenter = vcenter(mock, &[("VCENTER_PASSWORD", password)]);
    let mut said = [String::new(), String::new()];
    for said in &mut said {
        let refused = vcenter.refresh(Moment::now()).await.unwrap_err();
        assert!(refused.ends_the_cycle());
        *said = explain(&refused.reason(), &settings);
    }
    said
}

#[tokio::test]
async fn the_reason_of_a_refusal_outlives_the_cycle() {
    let mock = MockVcenter::with_vms(5).await.unwrap();
    mock.add_fault(FaultRule::on("Login", Effect::fault("PasswordExpired")));
    for said in said_of_logins(&mock, "mock-password").await {
        assert!(said.contains("PasswordExpired"), "{said}");
        assert!(said.contains("a new password in vCenter"), "{said}");
    }
    mock.clear_faults();
    for said in said_of_logins(&mock, "wrong").await {
        assert!(said.contains("InvalidLogin"), "{said}");
        assert!(said.contains("check VCENTER_USER"), "{said}");
    }
}

#[tokio::test]
async fn a_refused_password_that_looks_like_a_mistake_is_hinted_at() {
    let mock = MockVcenter::with_vms(5).await.unwrap();
    for (password, hint) in [
        ("\"mock-password\"", "begins and ends with a quotation mark"),
        ("'mock-password'", "begins and ends with a quotation mark"),
        (" mock-password", "begins or ends with a blank"),
    ] {
        for said in said_of_logins(&mock, password).await {
            assert!(said.contains(hint), "{said}");
            assert!(said.contains("check VCENTER_USER"), "{said}");
            assert!(!said.contains("mock-password"), "{said}");
        }
    }
}

#[tokio::test]
async fn an_account_without_a_role_is_told_which_one_it_needs() {
    let mock = MockVcenter::with_vms(5).await.unwrap();
    mock.add_fault(FaultRule::on("Login", Effect::fault("NoPermission")));
    let variables = settings(&mock, &[]);
    let mut vcenter = vcenter(&mock, &[]);
    let refused = vcenter.refresh(Moment::now()).await.unwrap_err();
    let said = explain(&refused.reason(), &load(&variables).vcenters[0]);
    assert!(
        said.contains("Read-only role (System.View, System.Read)"),
        "{said}"
    );
}

#[tokio::test]
async fn a_wrong_password_held_for_an_hour_never_locks_the_account() {
    let mock = MockVcenter::with_vms(5).await.unwrap();
    let file = NamedTempFile::new().unwrap();
    fs::write(file.path(), "wrong").unwrap();
    let path = file.path().to_str().unwrap();
    let mut vcenter = vcenter(&mock, &[("VCENTER_PASSWORD_FILE", path)]);

    let mut tries = Vec::new();
    for _ in 0..120 {
        let (before, now) = (mock.failed_logins(), Instant::now());
        let refused = vcenter.refresh(Moment::now()).await;
        assert!(refused.is_err());
        if mock.failed_logins() > before {
            tries.push(now);
        }
        let_pass(&mock, INTERVAL).await;
    }
    let attempts = mock.failed_logins();
    assert!((2..=8).contains(&attempts), "{attempts} attempts");
    // Where no two are in one window, there never are five.
    assert!(
        tries
            .windows(2)
            .all(|pair| pair[1] - pair[0] > FAILURE_WINDOW),
        "{tries:?}"
    );

    // A locked account would refuse the right password too.
    fs::write(file.path(), "mock-password").unwrap();
    vcenter.refresh(Moment::now()).await.unwrap();
    assert_eq!(mock.failed_logins(), attempts);
    vcenter.logout().await.unwrap();
}
