//! The life of the session, against a mock vCenter.

use std::num::NonZeroU32;
use std::time::Duration;

use futures_util::future::join_all;
use mock_vcenter::{Effect, FaultRule};
use vsphere_soap::{Client, Error, UpdateVersion, WaitOptions};

use crate::properties::{names_in, vm_names, vm_view};
use crate::server::{calls, client_for, config_for, small_vcenter};

#[tokio::test]
async fn many_calls_share_one_login() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    let times = join_all((0..20).map(|_| client.current_time())).await;
    assert!(times.iter().all(Result::is_ok));
    assert_eq!((calls(&mock, "Login"), mock.open_sessions()), (1, 1));
    client.logout().await.unwrap();
    assert_eq!(mock.open_sessions(), 0);
}

#[tokio::test]
async fn many_calls_that_lose_the_session_share_one_login() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    let first = client.session().await.unwrap();
    mock.drop_sessions();
    let times = join_all((0..20).map(|_| client.current_time())).await;
    assert!(times.iter().all(Result::is_ok));
    assert_eq!(calls(&mock, "Login"), 2);
    let second = client.session().await.unwrap();
    assert_eq!((first.id(), second.id()), (1, 2));
    client.logout().await.unwrap();
    assert_eq!(mock.open_sessions(), 0);
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_however_many_wait() {
    let mock = small_vcenter().await;
    let mut config = config_for(&mock);
    config.password = "wrong".into();
    let client = Client::new(config).unwrap();
    let results = join_all((0..20).map(|_| client.current_time())).await;
    for result in results {
        let error = result.unwrap_err();
        assert!(
            error.is_invalid_login() && !error.is_transient(),
            "{error:?}"
        );
    }
    assert_eq!((calls(&mock, "Login"), mock.failed_logins()), (1, 1));

    client.set_password("mock-password".into());
    client.current_time().await.unwrap();
    client.logout().await.unwrap();
}

#[tokio::test]
async fn a_call_refused_even_after_a_login_is_not_repeated_for_ever() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    mock.add_fault(FaultRule::on("CurrentTime", not_authenticated()));
    for _ in 0..3 {
        let error = client.current_time().await.unwrap_err();
        assert!(error.fault().unwrap().is_not_authenticated(), "{error:?}");
    }
    assert_eq!((calls(&mock, "Login"), calls(&mock, "CurrentTime")), (2, 4));
    client.logout().await.unwrap();
    assert_eq!(
        mock.open_sessions(),
        0,
        "the session given up was logged out too"
    );
}

#[tokio::test]
async fn a_session_in_which_nothing_ever_worked_is_replaced() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    // Two sessions in a row are forgotten, so the operation is blamed.
    mock.add_fault(FaultRule::on("CurrentTime", Effect::NotAuthenticated).times(2));
    client.current_time().await.unwrap_err();
    client.current_time().await.unwrap_err();
    assert_eq!((calls(&mock, "Login"), mock.open_sessions()), (2, 0));
    client.session().await.unwrap();
    client.current_time().await.unwrap();
    // One that has worked stays.
    mock.add_fault(FaultRule::on("CurrentTime", not_authenticated()));
    client.current_time().await.unwrap_err();
    vm_view(&client).await;
    client.current_time().await.unwrap_err();
    let before = calls(&mock, "Login");
    client.session().await.unwrap();
    assert_eq!(calls(&mock, "Login"), before);
    client.logout().await.unwrap();
    assert_eq!((mock.open_sessions(), mock.most_open_sessions()), (0, 1));
}

fn not_authenticated() -> Effect {
    let privilege = "<privilegeId>System.View</privilegeId>";
    Effect::fault_with("NotAuthenticated", "", privilege)
}

#[tokio::test]
async fn a_filter_refused_in_two_sessions_is_refused_to_the_user() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    mock.add_fault(FaultRule::on("CreateFilter", not_authenticated()));
    let mut errors = Vec::new();
    for _ in 0..4 {
        let view = vm_view(&client).await;
        errors.push(client.create_filter(names_in(&view)).await.unwrap_err());
    }
    assert_eq!(calls(&mock, "Login"), 2);
    assert!(matches!(errors[0], Error::SessionLost { .. }), "{errors:?}");
    for error in &errors[1..] {
        let Error::Fault { fault, .. } = error else {
            panic!("{error:?}");
        };
        assert!(fault.is_not_authenticated());
    }
    // What is allowed again works again, and counts from the beginning.
    mock.clear_faults();
    let view = vm_view(&client).await;
    client.create_filter(names_in(&view)).await.unwrap();
    mock.drop_sessions();
    let error = client.create_filter(names_in(&view)).await.unwrap_err();
    assert!(matches!(error, Error::SessionLost { .. }), "{error:?}");
    client.logout().await.unwrap();
    assert_eq!(mock.open_sessions(), 0);
}

#[tokio::test]
async fn waits_refused_in_two_sessions_are_refused_to_the_user() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    mock.add_fault(FaultRule::on("WaitForUpdatesEx", not_authenticated()));
    let options = WaitOptions {
        max_wait_seconds: Some(0),
        max_object_updates: None,
    };
    for _ in 0..4 {
        let view = vm_view(&client).await;
        let filter = client.create_filter(names_in(&view)).await.unwrap();
        let version = UpdateVersion::initial();
        let updates = client.wait_for_updates(&filter, &version, options).await;
        assert!(updates.unwrap_err().is_session_lost());
    }
    assert_eq!(calls(&mock, "Login"), 2);
    client.logout().await.unwrap();
    assert_eq!(mock.open_sessions(), 0);
}

fn unavailable() -> Effect {
    Effect::status(503, "text/plain", "")
}

#[tokio::test]
async fn a_logout_is_tried_several_times() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    client.session().await.unwrap();
    mock.add_fault(FaultRule::on("Logout", unavailable()).times(1));
    mock.add_fault(FaultRule::on("Logout", Effect::CloseConnection).times(1));
    client.logout().await.unwrap();
    assert_eq!((calls(&mock, "Logout"), mock.open_sessions()), (3, 0));
}

#[tokio::test]
async fn a_session_given_up_ends_before_the_next_one_begins() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    client.session().await.unwrap();
    mock.add_fault(FaultRule::on("CurrentTime", not_authenticated()).times(1));
    // All tries of one round fail.
    mock.add_fault(FaultRule::on("Logout", unavailable()).times(4));
    let error = client.current_time().await.unwrap_err();
    assert!(error.to_string().starts_with("Logout on "), "{error}");
    assert_eq!((calls(&mock, "Login"), calls(&mock, "Logout")), (1, 4));
    client.current_time().await.unwrap();
    assert_eq!((calls(&mock, "Login"), calls(&mock, "Logout")), (2, 5));
    assert_eq!((mock.open_sessions(), mock.most_open_sessions()), (1, 1));
    client.logout().await.unwrap();
    assert_eq!(mock.open_sessions(), 0);
}

#[tokio::test]
async fn a_session_whose_login_was_cut_off_ends_before_the_next_one_begins() {
    let mock = small_vcenter().await;
    mock.add_fault(FaultRule::on("Login", Effect::TruncateBody(40)).times(1));
    let slowly = Effect::Delay(Duration::from_millis(200));
    mock.add_fault(FaultRule::on("Logout", slowly).times(1));
    let client = client_for(&mock);
    client.session().await.unwrap_err();
    client.session().await.unwrap();
    assert_eq!((mock.open_sessions(), mock.most_open_sessions()), (1, 1));
    client.logout().await.unwrap();
    assert_eq!(mock.open_sessions(), 0);
}

#[tokio::test]
async fn logout_is_final_and_may_be_repeated() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    client.session().await.unwrap();
    client.logout().await.unwrap();
    client.logout().await.unwrap();
    assert_eq!((calls(&mock, "Logout"), mock.open_sessions()), (1, 0));
    assert!(matches!(
        client.current_time().await,
        Err(Error::Closed { .. })
    ));
    assert_eq!(calls(&mock, "Login"), 1);
}

#[tokio::test]
async fn logout_of_a_dead_session_succeeds() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    client.session().await.unwrap();
    mock.drop_sessions();
    client.logout().await.unwrap();
}

#[tokio::test]
async fn a_cancelled_login_leaves_no_session() {
    let mock = small_vcenter().await;
    let delay = Effect::Delay(Duration::from_millis(200));
    mock.add_fault(FaultRule::on("Login", delay));
    let client = client_for(&mock);
    // Let the login begin, then drop the call that wanted it.
    let mut wanting = Box::pin(client.session());
    tokio::select! {
        biased;
        result = &mut wanting => panic!("ended early: {result:?}"),
        () = mock.called("Login", 1) => {}
    }
    drop(wanting);
    client.logout().await.unwrap();
    assert_eq!(
        (
            calls(&mock, "Login"),
            calls(&mock, "Logout"),
            mock.open_sessions()
        ),
        (1, 1, 0)
    );
}

#[tokio::test]
async fn a_view_dies_with_its_session() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    let view = vm_view(&client).await;
    mock.drop_sessions();
    let error = vm_names(&client, &view, None).await.unwrap_err();
    assert!(matches!(error, Error::SessionLost { .. }), "{error:?}");
    assert!(error.is_transient() && error.is_session_lost());
    // Its end needs no call, and no login either.
    client.destroy_view(view).await.unwrap();
    assert_eq!((calls(&mock, "Login"), calls(&mock, "DestroyView")), (1, 0));

    let view = vm_view(&client).await;
    assert_eq!(vm_names(&client, &view, None).await.unwrap().len(), 10);
    client.destroy_view(view).await.unwrap();
    client.logout().await.unwrap();
}

#[tokio::test]
async fn a_retrieval_does_not_survive_its_session() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    let view = vm_view(&client).await;
    let spec = names_in(&view);
    let mut retrieval = client.retrieve_properties(spec, NonZeroU32::new(4));
    assert_eq!(retrieval.next_page().await.unwrap().unwrap().len(), 4);
    mock.drop_sessions();
    let error = retrieval.next_page().await.unwrap_err();
    assert!(matches!(error, Error::SessionLost { .. }), "{error:?}");
    assert!(
        retrieval.next_page().await.unwrap().is_none(),
        "an error ends a retrieval"
    );
    client.logout().await.unwrap();
}

#[tokio::test]
async fn unreadable_properties_of_a_dead_session_are_read_again() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    client.session().await.unwrap();
    mock.drop_sessions();
    let counters = client.perf_counters().await.unwrap();
    assert!(
        counters
            .iter()
            .any(|it| it.full_name() == "virtualDisk.numberWriteAveraged.average")
    );
    assert_eq!(calls(&mock, "Login"), 2);
    client.logout().await.unwrap();
}

#[tokio::test]
async fn a_read_call_survives_one_dead_connection() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    client.session().await.unwrap();
    mock.add_fault(FaultRule::on("CurrentTime", Effect::CloseConnection).times(1));
    client.current_time().await.unwrap();

    mock.add_fault(FaultRule::on("CurrentTime", Effect::CloseConnection).times(2));
    let error = client.current_time().await.unwrap_err();
    assert!(matches!(error, Error::Interrupted { .. }), "{error:?}");
    client.logout().await.unwrap();
}

#[tokio::test]
async fn a_cut_answer_is_interrupted() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    client.session().await.unwrap();
    mock.add_fault(FaultRule::on("CurrentTime", Effect::TruncateBody(40)).times(1));
    let error = client.current_time().await.unwrap_err();
    assert!(matches!(error, Error::Interrupted { .. }), "{error:?}");
    client.logout().await.unwrap();
}
