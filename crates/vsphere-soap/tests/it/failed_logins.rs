//! Logins that come to nothing: they leave no session on the server, and no secret in what is shown.

use std::error::Error as _;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mock_vcenter::{Effect, FaultRule};
use vsphere_soap::{Client, Error, Observer, Operation};
use wiremock::{MockServer, ResponseTemplate};

use crate::lockout::let_pass;
use crate::server::{
    COOKIE, call, calls, client_of, config_for, config_of, fixture, scripted_server,
    server_without_login, small_vcenter, xml,
};

/// How the first login of a client fails when the server does this to it. The second one succeeds, and
/// after the logout there must be no session left.
async fn failure_of_first_login(effect: Effect, request_timeout: Duration) -> Error {
    let mock = small_vcenter().await;
    mock.add_fault(FaultRule::on("Login", effect).times(1));
    let mut config = config_for(&mock);
    config.request_timeout = request_timeout;
    let client = Client::new(config).unwrap();
    let error = client.session().await.unwrap_err();
    client.session().await.unwrap();
    client.logout().await.unwrap();
    assert_eq!(
        (calls(&mock, "Login"), mock.open_sessions()),
        (2, 0),
        "after {error}"
    );
    error
}

/// A bug between the answer to a login and the note of its session: the answer is reported just then.
#[tokio::test]
async fn a_login_that_a_panic_cuts_short_leaves_no_session() {
    for next in [true, false] {
        let mock = small_vcenter().await;
        let mut config = config_for(&mock);
        let panics = AtomicBool::new(true);
        config.observer = Some(Observer::new(move |report| {
            let is_login = report.operation == Operation::LOGIN;
            assert!(!(is_login && panics.swap(false, Ordering::SeqCst)), "a bug");
        }));
        let client = Client::new(config).unwrap();
        let first = tokio::spawn({
            let client = client.clone();
            async move { client.session().await }
        });
        assert!(first.await.unwrap_err().is_panic());
        assert_eq!(mock.open_sessions(), 1);
        if next {
            client.session().await.unwrap();
            assert_eq!(mock.open_sessions(), 1);
        }
        client.logout().await.unwrap();
        assert_eq!(mock.open_sessions(), 0);
    }
}

const PLENTY: Duration = Duration::from_secs(60);
const BRIEF: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_login_whose_answer_is_cut_off_leaves_no_session() {
    let error = failure_of_first_login(Effect::TruncateBody(40), PLENTY).await;
    assert!(matches!(error, Error::Interrupted { .. }), "{error:?}");
}

#[tokio::test]
async fn a_login_whose_answer_stalls_leaves_no_session() {
    let slow = Effect::Drip(NonZeroU32::MIN);
    let error = failure_of_first_login(slow, BRIEF).await;
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
}

/// A server that answers logins with this and a cookie.
async fn server_with_login(answer: ResponseTemplate) -> MockServer {
    let server = server_without_login().await;
    call("Login")
        .respond_with(answer.insert_header("Set-Cookie", format!("{COOKIE}; Path=/")))
        .mount(&server)
        .await;
    server
}

async fn logouts(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.unwrap();
    let is_logout =
        |request: &&wiremock::Request| request.body.windows(8).any(|it| it == b"<Logout ");
    let cookie =
        |request: &wiremock::Request| request.headers["Cookie"].to_str().unwrap().to_owned();
    requests.iter().filter(is_logout).map(cookie).collect()
}

#[tokio::test]
async fn a_login_with_an_unusable_answer_leaves_no_session() {
    for answer in [
        xml(
            200,
            b"<Envelope><Body><LoginResponse/></Body></Envelope>".into(),
        ),
        xml(200, b"<Envelope><Body><LoginResponse><returnval>".into()),
        xml(500, fixture("fault_without_detail.xml")),
        ResponseTemplate::new(503),
    ] {
        let server = server_with_login(answer).await;
        let client = client_of(&server);
        let error = client.session().await.unwrap_err();
        client.logout().await.unwrap();
        assert_eq!(logouts(&server).await, [COOKIE], "after {error}");
    }
}

#[tokio::test]
async fn a_login_that_is_answered_too_late_leaves_no_session() {
    let late = xml(200, fixture("login.xml")).set_delay(2 * BRIEF);
    let server = server_with_login(late).await;
    let mut config = config_of(&server);
    config.request_timeout = BRIEF;
    let client = Client::new(config).unwrap();
    let error = client.session().await.unwrap_err();
    let Error::Timeout { limit, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!(limit, BRIEF);
    client.logout().await.unwrap();
    assert_eq!(logouts(&server).await, [COOKIE]);
}

#[tokio::test]
async fn a_login_that_is_not_answered_ends_with_the_time_for_a_call() {
    let mock = small_vcenter().await;
    let never = Effect::Delay(100 * PLENTY);
    mock.add_fault(FaultRule::on("Login", never).times(1));
    let mut config = config_for(&mock);
    config.request_timeout = BRIEF;
    let client = Client::new(config).unwrap();
    // The session that may still come of it is the logout's business.
    let waiting = tokio::time::timeout(8 * BRIEF, client.session());
    let error = waiting.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
}

#[tokio::test]
async fn a_refused_login_has_no_session_to_end() {
    let server = server_with_login(xml(500, fixture("fault_invalid_login.xml"))).await;
    let client = client_of(&server);
    client.session().await.unwrap_err();
    client.logout().await.unwrap();
    assert_eq!(logouts(&server).await, [""; 0]);
}

#[tokio::test]
async fn what_a_server_says_of_a_session_is_not_needed_to_use_it() {
    for said in [
        "",
        "<loginTime>yesterday</loginTime>",
        "<userName><a/></userName>",
    ] {
        let body = format!(
            "<Envelope><Body><LoginResponse><returnval>{said}</returnval></LoginResponse></Body></Envelope>"
        );
        let server = server_with_login(xml(200, body.into())).await;
        client_of(&server).session().await.unwrap();
    }
}

/// Everything that an error can show.
fn shown(error: &Error) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    let causes: Vec<_> = causes.map(ToString::to_string).collect();
    format!("{error:?} {error} {}", causes.join(" "))
}

fn fault(of_type: &str, message: &str, fields: &str) -> ResponseTemplate {
    let body = format!(
        "<Envelope><Body><Fault><faultstring>{message}</faultstring><detail><{of_type}Fault>{fields}\
         </{of_type}Fault></detail></Fault></Body></Envelope>"
    );
    xml(500, body.into())
}

#[tokio::test]
async fn an_answer_that_quotes_the_login_is_not_shown() {
    let sent = "<password>pa&lt;ss&gt;&amp;word</password>";
    let mut known_types = Vec::new();
    for answer in [
        ResponseTemplate::new(503).set_body_string(format!("upstream error: {sent}")),
        ResponseTemplate::new(503).set_body_string("upstream error: pa%3Css%3E%26word"),
        fault("InvalidRequest", sent, ""),
        fault("SystemError", "", "<reason>pa&lt;ss&gt;&amp;word</reason>"),
        fault("InvalidLogin", "not pa&lt;ss&gt;&amp;word", ""),
        xml(200, format!("<a>{sent}</a>").into()),
        xml(200, "<Envelope><Body><LoginResponse>&pa%3Css;".into()),
    ] {
        let server = server_with_login(answer).await;
        let error = client_of(&server).session().await.unwrap_err();
        let shown = shown(&error);
        for secret in ["pa<ss", "pa&lt;ss", "pa%3Css", "0123abcd"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
        known_types.extend(error.fault().map(|fault| fault.kind.type_name().to_owned()));
    }
    assert_eq!(
        known_types,
        ["InvalidRequest", "SystemError", "InvalidLogin"]
    );
}

#[tokio::test]
async fn an_answer_that_quotes_the_cookie_is_not_shown() {
    for answer in [
        ResponseTemplate::new(502).set_body_string(format!("cookie was {COOKIE}")),
        fault("SystemError", "for 0123abcd", "<reason>0123abcd</reason>"),
        xml(200, "<Envelope><Body><CurrentTimeResponse><returnval>0123abcd".into()),
        xml(200, "<Envelope><Body><CurrentTimeResponse><returnval>0123abcd</returnval></CurrentTimeResponse></Body></Envelope>".into()),
    ] {
        let server = scripted_server().await;
        call("CurrentTime").respond_with(answer).mount(&server).await;
        let error = client_of(&server).current_time().await.unwrap_err();
        let shown = shown(&error);
        assert!(!shown.contains("0123abcd"), "{shown}");
    }
}

#[tokio::test]
async fn a_refused_password_is_not_sent_again() {
    let server = server_without_login().await;
    call("Login")
        .respond_with(xml(200, fixture("login.xml")))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    call("Login")
        .respond_with(fault("PasswordExpired", "", ""))
        .mount(&server)
        .await;
    call("CurrentTime")
        .respond_with(xml(500, fixture("fault_not_authenticated.xml")))
        .mount(&server)
        .await;
    let client = Client::new(config_of(&server)).unwrap();
    client.session().await.unwrap();
    // The session is lost within a call, and its password has expired.
    for _ in 0..3 {
        let error = client.current_time().await.unwrap_err();
        assert!(error.is_invalid_login(), "{error:?}");
        assert!(client.current_session().await.is_none());
        client.set_password("pa<ss>&word".into());
    }
    assert_eq!(logins(&server).await, 2);

    let_pass(Duration::from_secs(5 * 60)).await;
    client.session().await.unwrap_err();
    assert_eq!(logins(&server).await, 3);
    client.set_password("another".into());
    client.session().await.unwrap_err();
    assert_eq!(logins(&server).await, 4);
}

async fn logins(server: &MockServer) -> usize {
    let requests = server.received_requests().await.unwrap();
    let is_login =
        |request: &&wiremock::Request| request.body.windows(7).any(|it| it == b"<Login ");
    requests.iter().filter(is_login).count()
}
