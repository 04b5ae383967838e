//! The session cookie: kept as received, newest first, never shown.

use vsphere_soap::Error;
use wiremock::MockServer;

use crate::server::{COOKIE, call, client_of, fixture, scripted_server, server_without_login, xml};

async fn cookies_sent(server: &MockServer) -> Vec<Option<String>> {
    let requests = server.received_requests().await.unwrap();
    let cookie = |request: &wiremock::Request| {
        let cookie = request.headers.get("Cookie")?;
        Some(cookie.to_str().unwrap().to_owned())
    };
    requests.iter().map(cookie).collect()
}

fn time() -> Vec<u8> {
    b"<Envelope><Body><CurrentTimeResponse><returnval>2026-01-02T03:04:05Z</returnval>\
      </CurrentTimeResponse></Body></Envelope>"
        .to_vec()
}

#[tokio::test]
async fn comes_back_quoted_and_without_attributes() {
    let server = scripted_server().await;
    call("CurrentTime")
        .respond_with(xml(200, time()))
        .mount(&server)
        .await;
    let client = client_of(&server);
    client.current_time().await.unwrap();
    assert_eq!(
        cookies_sent(&server).await,
        [None, None, None, Some(COOKIE.to_owned())]
    );
}

#[tokio::test]
async fn any_answer_may_replace_it() {
    let server = scripted_server().await;
    let renewed = xml(200, time())
        .append_header("Set-Cookie", "other=1; Path=/")
        .append_header("Set-Cookie", "vmware_soap_session=\"new\"; Path=/");
    call("CurrentTime")
        .respond_with(renewed)
        .mount(&server)
        .await;
    let client = client_of(&server);
    client.current_time().await.unwrap();
    client.current_time().await.unwrap();
    let sent = cookies_sent(&server).await;
    assert_eq!(
        sent.last().unwrap().as_deref(),
        Some("vmware_soap_session=\"new\"")
    );
}

#[tokio::test]
async fn a_refused_login_leaves_none_behind() {
    let server = server_without_login().await;
    let poisoned = xml(500, fixture("fault_invalid_login.xml"))
        .insert_header("Set-Cookie", "vmware_soap_session=\"poisoned\"; Path=/");
    call("Login").respond_with(poisoned).mount(&server).await;
    let client = client_of(&server);
    for _ in 0..2 {
        let error = client.session().await.unwrap_err();
        assert!(matches!(error, Error::InvalidLogin { .. }), "{error:?}");
        client.set_password("another".into());
    }
    assert_eq!(cookies_sent(&server).await, [const { None }; 6]);
}

#[tokio::test]
async fn a_lost_session_leaves_none_behind() {
    let server = scripted_server().await;
    call("CurrentTime")
        .respond_with(xml(500, fixture("fault_not_authenticated.xml")))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    call("CurrentTime")
        .respond_with(xml(200, time()))
        .mount(&server)
        .await;
    client_of(&server).current_time().await.unwrap();
    let with_cookie = || Some(COOKIE.to_owned());
    // Twice version list, service content, login and the call; the logout of the lost session is in between.
    let expected = [
        [None, None, None, with_cookie()].to_vec(),
        [with_cookie(), None, None, None, with_cookie()].to_vec(),
    ];
    assert_eq!(cookies_sent(&server).await, expected.concat());
}

#[tokio::test]
async fn nothing_shows_password_or_cookie() {
    let server = scripted_server().await;
    let client = client_of(&server);
    let session = client.session().await.unwrap();
    let config = crate::server::config_of(&server);
    let shown = format!("{client:?} {session:?} {config:?}");
    assert!(
        !shown.contains("0123abcd") && !shown.contains("pa<ss>"),
        "{shown}"
    );
}
