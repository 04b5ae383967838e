//! What the predicates of an error say about it.

use std::time::Duration;

use vsphere_soap::{Client, ClientConfig, Error, Operation, Trust};
use wiremock::{MockServer, ResponseTemplate};

use crate::server::{
    call, client_of, config_for, config_of, fixture, scripted_server, server_without_login,
    small_vcenter, xml,
};

/// The predicates that hold.
fn holding(error: &Error) -> Vec<&'static str> {
    let all = [
        ("connect", error.is_connect()),
        ("certificate", error.is_certificate()),
        ("timeout", error.is_timeout()),
        ("answered", error.is_answered()),
        ("unreadable", error.is_unreadable()),
        ("too large", error.is_too_large()),
        ("session lost", error.is_session_lost()),
        ("invalid login", error.is_invalid_login()),
        ("closed", error.is_closed()),
        ("transient", error.is_transient()),
    ];
    let holding = all.into_iter().filter(|(_, holds)| *holds);
    holding.map(|(name, _)| name).collect()
}

async fn server_answering(answer: ResponseTemplate) -> MockServer {
    let server = scripted_server().await;
    call("CurrentTime")
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

async fn error_of(config: ClientConfig) -> Error {
    let client = Client::new(config).unwrap();
    client.current_time().await.unwrap_err()
}

#[tokio::test]
async fn an_answer_without_a_value_is_an_answer() {
    let fault = xml(500, fixture("fault_without_detail.xml"));
    let unreadable = ["<html></html>", "<Envelope><Body/></Envelope>", ""];
    let unreadable = unreadable.map(|body| {
        let expected = ["answered", "unreadable"].as_slice();
        (xml(200, body.into()), expected)
    });
    let others = [
        (ResponseTemplate::new(404), ["answered"].as_slice()),
        (ResponseTemplate::new(503), &["answered", "transient"]),
        (fault, &["answered"]),
        (xml(200, vec![b' '; 100_000]), &["answered", "too large"]),
    ];
    for (answer, expected) in unreadable.into_iter().chain(others) {
        let server = server_answering(answer).await;
        let mut config = config_of(&server);
        config.max_body_bytes = 50_000;
        let error = error_of(config).await;
        assert_eq!(holding(&error), expected, "{error:?}");
        assert_eq!(error.operation(), Some(Operation::CURRENT_TIME));
        let endpoint = server.address().to_string();
        assert_eq!(error.endpoint().map(ToString::to_string), Some(endpoint));
    }
}

#[tokio::test]
async fn without_an_answer_there_are_other_reasons() {
    let slow = xml(200, Vec::new()).set_delay(Duration::from_secs(600));
    let server = server_answering(slow).await;
    let mut config = config_of(&server);
    config.request_timeout = Duration::from_millis(500);
    let error = error_of(config).await;
    assert_eq!(holding(&error), ["timeout", "transient"]);

    let mut config = config_of(&server);
    // Nothing listens on the discard port of a test machine.
    config.port = 9;
    let error = error_of(config).await;
    assert_eq!(holding(&error), ["connect", "transient"]);
    assert_eq!(error.operation(), Some(Operation::SERVICE_VERSIONS));

    let mock = small_vcenter().await;
    let mut config = config_for(&mock);
    config.trust = Trust::Sha256Thumbprint([7; 32]);
    assert_eq!(holding(&error_of(config).await), ["connect", "certificate"]);
}

#[tokio::test]
async fn a_session_that_there_is_not_is_no_answer_to_the_call() {
    let server = server_without_login().await;
    call("Login")
        .respond_with(xml(500, fixture("fault_invalid_login.xml")))
        .mount(&server)
        .await;
    let client = client_of(&server);
    let error = client.current_time().await.unwrap_err();
    assert_eq!(holding(&error), ["invalid login"]);
    assert_eq!(error.operation(), Some(Operation::LOGIN));

    client.logout().await.unwrap();
    let error = client.current_time().await.unwrap_err();
    assert_eq!(holding(&error), ["closed"]);
}

#[test]
fn settings_that_make_no_client_are_about_no_call() {
    let error = Client::new(ClientConfig::new("", "u", "p")).unwrap_err();
    assert_eq!(holding(&error), [""; 0]);
    assert!(error.operation().is_none() && error.endpoint().is_none());
}
