//! Queries in two steps: the complete answer, and what it says.

use std::sync::{Arc, Mutex};

use vsphere_soap::{
    CallReport, Client, ClientConfig, MoRef, Observer, Operation, PerfFormat, PerfQuerySpec,
};
use wiremock::ResponseTemplate;

use crate::server::{
    call, calls, client_for, config_of, fixture, scripted_server, small_vcenter, xml,
};

/// The reports about `QueryPerf` so far.
#[derive(Clone, Default)]
struct Reports(Arc<Mutex<Vec<CallReport>>>);

impl Reports {
    fn of(config: &mut ClientConfig) -> Self {
        let reports = Self::default();
        let sink = reports.clone();
        config.observer = Some(Observer::new(move |report| {
            if report.operation == Operation::QUERY_PERF {
                sink.0.lock().unwrap().push(*report);
            }
        }));
        reports
    }

    fn outcomes(&self) -> Vec<&'static str> {
        let reports = self.0.lock().unwrap();
        reports.iter().map(|it| it.outcome.as_str()).collect()
    }
}

async fn client_answered(answer: ResponseTemplate) -> (wiremock::MockServer, Client, Reports) {
    let server = scripted_server().await;
    call("QueryPerf").respond_with(answer).mount(&server).await;
    let mut config = config_of(&server);
    let reports = Reports::of(&mut config);
    (server, Client::new(config).unwrap(), reports)
}

#[tokio::test]
async fn the_next_query_is_answered_before_the_last_answer_is_decoded() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    let metrics = client
        .query_available_perf_metric(&vm(&mock, 0), Some(20))
        .await
        .unwrap();
    let entities = [vm(&mock, 0), vm(&mock, 1)];
    let end = client.current_time().await.unwrap();
    let [first, second] = entities.each_ref().map(|entity| {
        [PerfQuerySpec {
            entity,
            start_time: None,
            end_time: Some(end),
            max_sample: Some(3),
            metric_ids: &metrics,
            interval_id_seconds: Some(20),
            format: PerfFormat::Csv,
        }]
    });
    let reply = client.receive_perf(&first).await.unwrap();
    let next = client.receive_perf(&second).await.unwrap();
    let (decoded, next) = (reply.decode().await.unwrap(), next.decode().await.unwrap());
    assert!(!decoded.is_empty() && decoded != next);
    assert_eq!(decoded, client.query_perf(&first).await.unwrap());
    assert_eq!(next, client.query_perf(&second).await.unwrap());
    client.logout().await.unwrap();
}

fn vm(mock: &mock_vcenter::MockVcenter, index: usize) -> MoRef {
    MoRef::new("VirtualMachine", &mock.world().vms()[index].moref)
}

#[tokio::test]
async fn a_call_is_reported_when_its_answer_is_decoded_or_dropped() {
    let body = fixture("query_perf_csv.xml");
    let length = body.len();
    let (_server, client, reports) = client_answered(xml(200, body)).await;
    let reply = client.receive_perf(&[]).await.unwrap();
    assert_eq!((reply.body_bytes(), reports.outcomes().len()), (length, 0));
    assert_eq!(reply.decode().await.unwrap().len(), 3);
    assert_eq!(reports.outcomes(), ["ok"]);

    drop(client.receive_perf(&[]).await.unwrap());
    assert_eq!(reports.outcomes(), ["ok", "ok"]);
    let received = reports.0.lock().unwrap()[1].received_bytes;
    assert_eq!(received, length as u64);
}

#[tokio::test]
async fn what_cannot_be_read_shows_when_it_is_decoded() {
    let cut = b"<Envelope><Body><QueryPerfResponse>".to_vec();
    let (_server, client, reports) = client_answered(xml(200, cut)).await;
    let reply = client.receive_perf(&[]).await.unwrap();
    assert!(reply.decode().await.unwrap_err().is_unreadable());
    assert_eq!(reports.outcomes(), ["decode"]);
}

#[tokio::test]
async fn a_refusal_shows_when_it_is_received() {
    let fault = fixture("fault_without_detail.xml");
    let page = ResponseTemplate::new(503);
    for (answer, expected) in [
        (xml(200, fault.clone()), "fault"),
        (xml(500, fault), "fault"),
        (page, "http"),
    ] {
        let (_server, client, reports) = client_answered(answer).await;
        let error = client.receive_perf(&[]).await.unwrap_err();
        assert!(error.is_answered(), "{error:?}");
        assert_eq!(reports.outcomes(), [expected]);
    }
}

#[tokio::test]
async fn a_lost_session_is_replaced_before_the_answer_is_handed_out() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    client.session().await.unwrap();
    mock.drop_sessions();
    let reply = client.receive_perf(&[]).await.unwrap();
    assert_eq!((calls(&mock, "QueryPerf"), calls(&mock, "Login")), (2, 2));
    assert_eq!(reply.decode().await.unwrap(), []);
    client.logout().await.unwrap();
}

#[tokio::test]
async fn a_long_answer_is_decoded_like_a_short_one() {
    let body = String::from_utf8(fixture("query_perf_csv.xml")).unwrap();
    let (before, rest) = body.split_once("<returnval").unwrap();
    let (entities, after) = rest.rsplit_once("</returnval>").unwrap();
    let times = 1_000;
    let long = format!("<returnval{entities}</returnval>").repeat(times);
    let (_server, client, reports) =
        client_answered(xml(200, format!("{before}{long}{after}").into())).await;
    let reply = client.receive_perf(&[]).await.unwrap();
    assert!(reply.body_bytes() > 512 << 10, "{}", reply.body_bytes());
    assert_eq!(reply.decode().await.unwrap().len(), 3 * times);
    assert_eq!(reports.outcomes(), ["ok"]);
}
