//! A wrong password must not lock the account, however long it is held.

use std::fs;
use std::time::Duration;

use mock_vcenter::MockVcenter;
use tempfile::NamedTempFile;
use tokio::time::Instant;
use zroc_exporter::vcenter::Moment;

use crate::staging::vcenter;

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
