//! Login, logout, and everything that ends a session.

use mock_vcenter::Options;

use crate::client::{Client, logged_in, object_spec, small, started};

const CLOCK: (&str, &str, &str) = ("CurrentTime", "ServiceInstance", "ServiceInstance");

async fn current_time(client: &mut Client) -> crate::client::Reply {
    client.call(CLOCK.0, CLOCK.1, CLOCK.2, "").await
}

#[tokio::test]
async fn login_hands_out_a_quoted_cookie_that_is_not_the_key() {
    let mock = started(small()).await;
    let mut client = Client::connect(&mock).await;
    let reply = client.login("mock-password").await.ok();
    let cookie = reply.header("set-cookie").unwrap();
    assert!(cookie.starts_with("vmware_soap_session=\""), "{cookie}");
    assert!(
        cookie.ends_with("\"; path=/; httponly; secure;"),
        "{cookie}"
    );
    let value = cookie.split('"').nth(1).unwrap();
    assert_eq!(value.len(), 40);
    assert_ne!(reply.one("key"), value);
    assert_eq!(reply.one("userName"), "VSPHERE.LOCAL\\administrator");
    assert_eq!(mock.open_sessions(), 1);

    // All forms in which clients send it back.
    current_time(&mut client).await.ok();
    client.cookie = Some(format!("vmware_soap_session={value}"));
    current_time(&mut client).await.ok();
    client.cookie = Some(format!("other=1; vmware_soap_session=\"{value}\""));
    current_time(&mut client).await.ok();

    client
        .call("Logout", "SessionManager", "SessionManager", "")
        .await
        .ok();
    assert_eq!(mock.open_sessions(), 0);
    assert_eq!(current_time(&mut client).await.fault(), "NotAuthenticated");
}

#[tokio::test]
async fn a_second_login_with_a_live_cookie_is_refused() {
    let (mock, mut client) = logged_in(small()).await;
    assert_eq!(client.login("mock-password").await.fault(), "InvalidLogin");
    assert_eq!(mock.open_sessions(), 1);
    // The refusal brought a cookie too, which is worth nothing.
    assert_eq!(current_time(&mut client).await.fault(), "NotAuthenticated");
}

#[tokio::test]
async fn five_wrong_passwords_lock_the_account() {
    let mock = started(small()).await;
    let mut client = Client::connect(&mock).await;
    for _ in 0..5 {
        let refused = client.login("guess").await;
        assert_eq!(refused.fault(), "InvalidLogin");
        assert!(refused.header("set-cookie").is_some());
        client.cookie = None;
    }
    assert_eq!(client.login("mock-password").await.fault(), "InvalidLogin");
    assert_eq!(mock.failed_logins(), 6);
    assert_eq!(mock.open_sessions(), 0);
}

#[tokio::test]
async fn four_wrong_passwords_do_not() {
    let mock = started(small()).await;
    let mut client = Client::connect(&mock).await;
    for _ in 0..4 {
        assert_eq!(client.login("guess").await.fault(), "InvalidLogin");
        client.cookie = None;
    }
    let accepted = client.login("mock-password").await;
    assert_eq!((accepted.status, mock.failed_logins()), (200, 4));
    assert_eq!(mock.open_sessions(), 1);
    assert_eq!(current_time(&mut client).await.status, 200);
}

#[tokio::test]
async fn an_idle_session_is_gone() {
    let (mock, mut client) = logged_in(Options {
        session_idle_seconds: 0,
        ..small()
    })
    .await;
    assert_eq!(mock.open_sessions(), 0);
    assert_eq!(current_time(&mut client).await.fault(), "NotAuthenticated");
}

#[tokio::test]
async fn killed_sessions_take_their_views_along() {
    let (mock, mut client) = logged_in(small()).await;
    let view = client.view("VirtualMachine").await;
    assert!(view.starts_with("session["), "{view}");
    mock.drop_sessions();
    assert_eq!(current_time(&mut client).await.fault(), "NotAuthenticated");
    client.cookie = None;
    client.login("mock-password").await.ok();
    let gone = client.call("DestroyView", "ContainerView", &view, "").await;
    assert_eq!(gone.fault(), "ManagedObjectNotFound");
}

#[tokio::test]
async fn the_property_collector_answers_strangers_with_missing_properties() {
    let mock = started(small()).await;
    let mut client = Client::connect(&mock).await;
    let reply = client
        .retrieve(&object_spec("Folder", "group-d1", &["name", "parent"]), "")
        .await;
    let reply = reply.ok();
    assert_eq!(reply.all("path"), ["name", "parent"]);
    assert!(
        reply
            .text()
            .contains("<fault xsi:type=\"NotAuthenticated\">")
    );
    assert!(reply.all("propSet").is_empty());
}

#[tokio::test]
async fn the_current_session_is_unset_before_login() {
    let mock = started(small()).await;
    let mut client = Client::connect(&mock).await;
    let probe = (
        "Fetch",
        "SessionManager",
        "SessionManager",
        "<prop>currentSession</prop>",
    );
    let reply = client.call(probe.0, probe.1, probe.2, probe.3).await.ok();
    assert!(reply.all("returnval").is_empty());
    client.login("mock-password").await.ok();
    let reply = client.call(probe.0, probe.1, probe.2, probe.3).await.ok();
    let active = client
        .call(
            "SessionIsActive",
            "SessionManager",
            "SessionManager",
            &format!(
                "<sessionID>{}</sessionID><userName>x</userName>",
                reply.one("key")
            ),
        )
        .await;
    assert_eq!(active.ok().one("returnval"), "true");
}

#[tokio::test]
async fn the_clock_can_be_off() {
    let (mock, mut client) = logged_in(Options {
        clock_offset_seconds: -7200,
        ..small()
    })
    .await;
    let before = mock.now();
    let reply = current_time(&mut client).await.ok();
    let told: jiff::Timestamp = reply.one("returnval").parse().unwrap();
    assert!(before <= told && told <= mock.now());
    assert!(told.as_second() <= jiff::Timestamp::now().as_second() - 7200);
}
