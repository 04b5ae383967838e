//! A client whose logins are limited, at a server that refuses everything.

use mock_vcenter::{Effect, FaultRule};

use crate::properties::vm_view;
use crate::server::{calls, client_for, small_vcenter};

/// Makes calls of every sort; how they end does not matter.
async fn call_all(client: &vsphere_soap::Client) {
    let _ = client.session().await;
    let _ = client.current_time().await;
    let _ = client.perf_counters().await;
    let _ = client.query_perf(&[]).await;
    let _ = client.query_options("a.").await;
    let _ = client.session().await;
    let _ = client.historical_intervals().await;
}

#[tokio::test]
async fn a_server_that_refuses_everything_gets_no_more_logins_than_allowed() {
    let refuse = [Effect::NotAuthenticated, Effect::fault("NotAuthenticated")];
    for refusal in refuse {
        let mock = small_vcenter().await;
        let client = client_for(&mock);
        vm_view(&client).await;
        assert_eq!(calls(&mock, "Login"), 1);
        for operation in [
            "CurrentTime",
            "RetrievePropertiesEx",
            "QueryPerf",
            "QueryOptions",
        ] {
            mock.add_fault(FaultRule::on(operation, refusal.clone()));
        }
        for round in 1..=5 {
            client.limit_logins(1);
            call_all(&client).await;
            let logins = calls(&mock, "Login") - 1;
            assert!(
                logins <= round,
                "{logins} logins in {round} rounds: {refusal:?}"
            );
        }
        mock.clear_faults();
        client.limit_logins(1);
        client.session().await.unwrap();
        client.current_time().await.unwrap();
        assert_eq!(mock.most_open_sessions(), 1);
    }
}

#[tokio::test]
async fn a_session_that_was_lost_is_replaced_within_the_limit() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    client.current_time().await.unwrap();
    client.limit_logins(1);
    mock.drop_sessions();
    client.current_time().await.unwrap();
    mock.drop_sessions();
    client.current_time().await.unwrap_err();
    client.limit_logins(1);
    client.current_time().await.unwrap();
    assert_eq!(calls(&mock, "Login"), 3);
}
