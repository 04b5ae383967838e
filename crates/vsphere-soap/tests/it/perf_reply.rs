//! Queries in two steps: the complete answer, and what it says.

use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use vsphere_soap::{
    CallReport, Client, ClientConfig, Error, MoRef, Observer, Operation, PerfFormat, PerfMetricId,
    PerfQuerySpec, PerfReply,
};
use wiremock::ResponseTemplate;

use crate::server::{
    call, calls, client_for, config_of, fixture, scripted_server, small_vcenter, xml,
};

/// Asks for these objects, which may be any.
async fn ask(client: &Client, objects: usize) -> Result<PerfReply, Error> {
    let entity = MoRef::new("VirtualMachine", "vm-1");
    let metric_ids = [PerfMetricId {
        counter_id: 1,
        instance: "*".into(),
    }];
    let spec = PerfQuerySpec {
        entity: &entity,
        start_time: None,
        end_time: None,
        max_sample: Some(15),
        metric_ids: &metric_ids,
        interval_id_seconds: Some(20),
        format: PerfFormat::Csv,
    };
    client.receive_perf(&vec![spec; objects]).await
}

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
    // No sample of that time is still to come.
    let end = client.current_time().await.unwrap() - SignedDuration::from_secs(60);
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
    let reply = ask(&client, 3).await.unwrap();
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
    let reply = ask(&client, 3 * times).await.unwrap();
    assert!(reply.body_bytes() > 512 << 10, "{}", reply.body_bytes());
    assert_eq!(reply.decode().await.unwrap().len(), 3 * times);
    assert_eq!(reports.outcomes(), ["ok"]);
}

fn answer(content: &str) -> ResponseTemplate {
    let body = format!(
        "<Envelope><Body><QueryPerfResponse>{content}</QueryPerfResponse></Body></Envelope>"
    );
    xml(200, body.into())
}

fn object(content: &str) -> String {
    format!("<returnval><entity type=\"VirtualMachine\">vm-1</entity>{content}</returnval>")
}

fn series(instance: usize, values: &str) -> String {
    format!(
        "<value><id><counterId>1</counterId><instance>scsi{instance}:0</instance></id><value>{values}</value></value>"
    )
}

/// Decoded, a byte of such an answer takes up to eight bytes of memory.
#[tokio::test]
async fn an_answer_with_more_than_was_asked_for_is_not_decoded() {
    let many = |one: &str, count: usize| one.repeat(count);
    let time = "20,2026-05-05T18:41:00Z,";
    let times = many(time, 600) + time.trim_end_matches(',');
    let in_normal_format = many(
        "<sampleInfo><timestamp>2026-05-05T18:41:00Z</timestamp><interval>20</interval></sampleInfo>",
        600,
    );
    let odd_series = "<value><id><instance>a</instance><counterId>1</counterId></id></value>";
    let of_two = |series: String| many(&object(&series), 2);
    for (what, content) in [
        ("objects", many(&object(""), 5)),
        (
            "objects",
            many("<returnval><entity type=\"V\">v</entity></returnval>", 5),
        ),
        ("values", object(&series(0, &many(",", 600)))),
        ("values", object(&series(0, &many("1,", 600)))),
        ("series", object(&many(&series(0, ""), 600))),
        ("series", object(&many(odd_series, 600))),
        ("series", of_two(many(&series(0, "1"), 300))),
        (
            "times",
            object(&format!("<sampleInfoCSV>{times}</sampleInfoCSV>")),
        ),
        ("times", object(&in_normal_format)),
    ] {
        let (_server, client, reports) = client_answered(answer(&content)).await;
        let reply = ask(&client, 2).await.unwrap();
        let error = reply.decode().await.unwrap_err();
        assert!(error.is_unreadable(), "{what}: {error:?}");
        let Error::Decode { source, .. } = &error else {
            panic!("{what}: {error:?}");
        };
        let expected = format!("there are more {what} than were asked for");
        assert!(source.to_string().ends_with(&expected), "{source}");
        assert_eq!(reports.outcomes(), ["decode"]);
    }
}

/// The samples of this many objects, series and times, each as long as it can be.
fn long_answer(objects: usize, series_of_all: usize, times: usize, values: usize) -> String {
    let time = "20,2026-05-05T18:41:00.000000+00:00,".repeat(times);
    let times = format!(
        "<sampleInfoCSV>{}</sampleInfoCSV>",
        time.trim_end_matches(',')
    );
    let values = "42949672950,".repeat(values);
    let values = values.trim_end_matches(',');
    let all: String = (0..series_of_all).map(|it| series(it, values)).collect();
    object(&(times.clone() + &all)) + &object(&times).repeat(objects - 1)
}

/// Ten VMs and one counter: two parts of each, 16 disks of each and 512 of one, and 200 samples.
#[tokio::test]
async fn an_answer_at_the_bound_is_decoded_and_one_above_is_not() {
    let at_bound = long_answer(20, 512 + 160, 200, 200);
    let (_server, client, _) = client_answered(answer(&at_bound)).await;
    let entities = ask(&client, 10).await.unwrap().decode().await.unwrap();
    assert_eq!((entities.len(), entities[0].series().len()), (20, 672));
    for (what, content) in [
        ("objects", long_answer(21, 672, 200, 200)),
        ("series", long_answer(20, 673, 200, 200)),
        ("times", long_answer(20, 672, 201, 200)),
        ("values", long_answer(20, 672, 200, 201)),
    ] {
        let (_server, client, _) = client_answered(answer(&content)).await;
        let error = ask(&client, 10).await.unwrap().decode().await.unwrap_err();
        let Error::Decode { source, .. } = &error else {
            panic!("{what}: {error:?}");
        };
        let expected = format!("there are more {what} than were asked for");
        assert!(source.to_string().ends_with(&expected), "{source}");
    }
}

#[tokio::test]
async fn an_answer_as_long_as_the_bound_is_received_and_a_byte_more_is_not() {
    let (_server, client, _) = client_answered(answer(&" ".repeat(64 << 20))).await;
    let Error::TooLarge { limit, .. } = ask(&client, 1).await.unwrap_err() else {
        panic!("it was received");
    };
    let markup = "<Envelope><Body><QueryPerfResponse></QueryPerfResponse></Body></Envelope>".len();
    for (length, is_received) in [(limit, true), (limit + 1, false)] {
        let padding = " ".repeat(length - markup);
        let (_server, client, _) = client_answered(answer(&padding)).await;
        assert_eq!(ask(&client, 1).await.is_ok(), is_received, "{length}");
    }
}

/// More disks than a VM can have, and an hour of samples although fewer were asked for.
#[tokio::test]
async fn a_large_honest_answer_is_decoded() {
    let values = "4294967295,".repeat(179) + "-1";
    let disks: String = (0..512).map(|disk| series(disk, &values)).collect();
    let (_server, client, _) = client_answered(answer(&object(&disks))).await;
    let reply = ask(&client, 1).await.unwrap();
    let entities = reply.decode().await.unwrap();
    assert_eq!(entities[0].series().len(), 512);
    assert!(
        entities[0]
            .series()
            .all(|series| series.values().len() == 180)
    );
}

#[tokio::test]
async fn an_answer_longer_than_what_was_asked_for_is_not_received() {
    let padding = " ".repeat(4 << 20);
    let (_server, client, reports) = client_answered(answer(&padding)).await;
    let error = ask(&client, 1).await.unwrap_err();
    assert!(error.is_too_large(), "{error:?}");
    let Error::TooLarge { limit, .. } = error else {
        panic!("{error:?}");
    };
    assert!((1 << 20..3 << 20).contains(&limit), "{limit}");
    assert_eq!(reports.outcomes(), ["too_large"]);
    // A larger query has room for it.
    ask(&client, 500).await.unwrap().decode().await.unwrap();
}
