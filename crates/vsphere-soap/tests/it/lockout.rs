//! A wrong password must not lock the account, however often calls need a session.

use std::time::Duration;

use mock_vcenter::{MockVcenter, Options};
use vsphere_soap::{Client, Error, FaultKind};

use crate::server::{calls, config_for, small_vcenter};

/// Lets time pass for the client, while no call is under way.
pub(crate) async fn let_pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

fn client_with(mock: &MockVcenter, password: &str) -> Client {
    let mut config = config_for(mock);
    config.password = password.into();
    Client::new(config).unwrap()
}

/// How long the client says that the next try is away; `None` after a login that the server refused.
async fn pause_of(client: &Client) -> Option<Duration> {
    let error = client.current_time().await.unwrap_err();
    assert!(
        error.is_invalid_login() && !error.is_transient(),
        "{error:?}"
    );
    assert_eq!(error.fault().unwrap().kind, FaultKind::InvalidLogin);
    match error {
        Error::LoginPaused { wait, .. } => Some(wait),
        Error::InvalidLogin { .. } => None,
        _ => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn a_wrong_password_held_for_an_hour_is_tried_four_times() {
    let mock = small_vcenter().await;
    let client = client_with(&mock, "wrong");
    let mut tries = Vec::new();
    for minute in 0..60 {
        let before = mock.failed_logins();
        let pause = pause_of(&client).await;
        if mock.failed_logins() > before {
            tries.push(minute);
        }
        assert_eq!(pause.is_none(), mock.failed_logins() > before);
        let_pass(Duration::from_secs(60)).await;
    }
    assert_eq!(tries, [0, 5, 15, 35]);
}

#[tokio::test]
async fn a_pause_says_how_long_it_lasts() {
    let mock = small_vcenter().await;
    let client = client_with(&mock, "wrong");
    assert_eq!(pause_of(&client).await, None);
    let first = pause_of(&client).await.unwrap();
    assert!(first <= Duration::from_secs(300), "{first:?}");
    let_pass(Duration::from_secs(100)).await;
    let second = pause_of(&client).await.unwrap();
    assert!(second <= Duration::from_secs(200), "{second:?}");
    assert_eq!(calls(&mock, "Login"), 1);
}

#[tokio::test]
async fn another_password_is_tried_at_once() {
    let mock = small_vcenter().await;
    let client = client_with(&mock, "wrong");
    assert_eq!(pause_of(&client).await, None);
    client.set_password("wrong".into());
    assert!(pause_of(&client).await.is_some());
    client.set_password("also wrong".into());
    assert_eq!(pause_of(&client).await, None);
    assert_eq!(mock.failed_logins(), 2);

    client.set_password(Options::default().password.into());
    client.current_time().await.unwrap();
    assert_eq!(calls(&mock, "Login"), 3);
    client.logout().await.unwrap();
}

#[tokio::test]
async fn a_successful_login_ends_all_pauses() {
    let mock = small_vcenter().await;
    let client = client_with(&mock, "wrong");
    assert_eq!(pause_of(&client).await, None);
    client.set_password(Options::default().password.into());
    client.current_time().await.unwrap();
    mock.drop_sessions();
    client.set_password("wrong".into());
    assert_eq!(pause_of(&client).await, None);
    assert_eq!(mock.failed_logins(), 2);
}
