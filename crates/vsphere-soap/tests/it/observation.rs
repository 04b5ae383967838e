//! Reports about calls.

use std::sync::{Arc, Mutex};

use vsphere_soap::{CallOutcome, CallReport, Client, Observer};

use crate::server::{call, config_of, fixture, scripted_server, server_without_login, xml};

#[tokio::test]
async fn every_call_is_reported_with_its_outcome_and_size() {
    let server = scripted_server().await;
    let fault = fixture("fault_without_detail.xml");
    let fault_len = fault.len() as u64;
    call("CurrentTime")
        .respond_with(xml(500, fault))
        .mount(&server)
        .await;
    let reports: Arc<Mutex<Vec<CallReport>>> = Arc::default();
    let sink = Arc::clone(&reports);
    let mut config = config_of(&server);
    config.observer = Some(Observer::new(move |report| {
        sink.lock().unwrap().push(*report);
    }));
    Client::new(config)
        .unwrap()
        .current_time()
        .await
        .unwrap_err();

    let reports = reports.lock().unwrap();
    let seen: Vec<_> = reports
        .iter()
        .map(|it| (it.operation.name(), it.outcome.as_str()))
        .collect();
    let expected = [
        ("vimServiceVersions", "ok"),
        ("RetrieveServiceContent", "ok"),
        ("Login", "ok"),
        ("CurrentTime", "fault"),
    ];
    assert_eq!(seen, expected);
    assert_eq!(reports[3].outcome, CallOutcome::Fault);
    assert_eq!(reports[3].received_bytes, fault_len);
}

#[tokio::test]
async fn a_refused_password_is_told_apart() {
    let server = server_without_login().await;
    call("Login")
        .respond_with(xml(500, fixture("fault_invalid_login.xml")))
        .mount(&server)
        .await;
    let outcomes: Arc<Mutex<Vec<CallOutcome>>> = Arc::default();
    let sink = Arc::clone(&outcomes);
    let mut config = config_of(&server);
    config.observer = Some(Observer::new(move |report| {
        sink.lock().unwrap().push(report.outcome);
    }));
    Client::new(config).unwrap().session().await.unwrap_err();
    assert_eq!(
        outcomes.lock().unwrap().last(),
        Some(&CallOutcome::InvalidLogin)
    );
}

#[tokio::test]
async fn a_panic_in_the_task_of_the_login_reaches_the_caller() {
    let server = scripted_server().await;
    let mut config = config_of(&server);
    config.observer = Some(Observer::new(|report| panic!("{}", report.operation)));
    let client = Client::new(config).unwrap();
    let caller = tokio::spawn(async move { client.session().await });
    let panic = caller.await.unwrap_err().into_panic();
    assert_eq!(
        panic.downcast_ref::<String>().map(String::as_str),
        Some("vimServiceVersions")
    );
}
