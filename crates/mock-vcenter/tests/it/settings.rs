//! Habits and clock changed while the server runs.

use jiff::{SignedDuration, Timestamp};
use mock_vcenter::{MockVcenter, Settings};

use crate::client::{Client, all, logged_in, object_spec, small};

const RATE: &str = "virtualDisk.write.average";
const LATENCY: &str = "virtualDisk.totalWriteLatency.average";
const WRITES: &str = "virtualDisk.numberWriteAveraged.average";

fn query(moref: &str, metrics: &[u32], interval: u32) -> String {
    let metrics: Vec<String> = metrics
        .iter()
        .map(|id| format!("<metricId><counterId>{id}</counterId><instance>*</instance></metricId>"))
        .collect();
    let metrics = metrics.concat();
    format!(
        "<querySpec><entity type=\"VirtualMachine\">{moref}</entity>{metrics}\
         <intervalId>{interval}</intervalId></querySpec>"
    )
}

async fn instances(client: &mut Client, counter: u32, interval: u32) -> Vec<String> {
    let reply = client
        .query_perf(&query("vm-1001", &[counter], interval))
        .await
        .ok();
    let mut all: Vec<String> = reply
        .all("instance")
        .into_iter()
        .map(str::to_owned)
        .collect();
    all.sort_unstable();
    all
}

async fn newest_sample(client: &mut Client) -> Timestamp {
    let reply = client.query_perf(&query("vm-1001", &[180], 20)).await.ok();
    reply.all("timestamp").last().unwrap().parse().unwrap()
}

async fn server_time(client: &mut Client) -> Timestamp {
    let reply = client
        .call("CurrentTime", "ServiceInstance", "ServiceInstance", "")
        .await;
    reply.ok().one("returnval").parse().unwrap()
}

fn set(mock: &MockVcenter, change: impl FnOnce(&mut Settings)) {
    let mut settings = mock.settings();
    change(&mut settings);
    mock.set_settings(settings);
}

#[tokio::test]
async fn the_level_decides_at_once() {
    let (mock, mut client) = logged_in(small()).await;
    let level = async |client: &mut Client| {
        let spec = object_spec("PerformanceManager", "PerfMgr", &["historicalInterval"]);
        let reply = client.retrieve(&spec, "").await.ok();
        reply.all("level")[0].parse::<u8>().unwrap()
    };
    assert_eq!(level(&mut client).await, 1);
    assert!(instances(&mut client, 182, 300).await.is_empty());
    set(&mock, |settings| settings.statistics_level = 2);
    assert_eq!(level(&mut client).await, 2);
    assert_eq!(instances(&mut client, 182, 300).await.len(), 2);
    assert!(instances(&mut client, 180, 300).await.is_empty());
    set(&mock, |settings| settings.statistics_level = 3);
    assert_eq!(instances(&mut client, 180, 300).await.len(), 2);
}

#[tokio::test]
async fn an_aggregate_can_stand_beside_the_disks() {
    let (mock, mut client) = logged_in(small()).await;
    assert!(
        !instances(&mut client, 182, 20)
            .await
            .contains(&String::new())
    );
    set(&mock, |settings| settings.aggregate_series = true);
    assert_eq!(instances(&mut client, 182, 20).await.len(), 3);
    assert_eq!(instances(&mut client, 182, 20).await[0], "");
    let at = newest_sample(&mut client).await;
    let disks = mock.world().vms()[0].instances.clone();
    let sample = |instance: &str, counter| mock.world().sample("vm-1001", instance, counter, at);
    let each = |counter| {
        disks
            .iter()
            .map(|disk| sample(disk, counter).unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(sample("", RATE), Some(each(RATE).iter().sum()));
    assert_eq!(sample("", WRITES), Some(each(WRITES).iter().sum()));
    let (least, most) = (
        each(LATENCY).into_iter().min(),
        each(LATENCY).into_iter().max(),
    );
    assert!(
        (least..=most).contains(&sample("", LATENCY)),
        "a mean, no sum"
    );
    // An aggregate needs a lower level than its disks.
    assert_eq!(instances(&mut client, 180, 300).await, [""]);
}

#[tokio::test]
async fn the_limit_counts_metrics_of_all_entities() {
    let (mock, mut client) = logged_in(small()).await;
    set(&mock, |settings| settings.statistics_level = 3);
    let batch =
        |entities: usize, interval| query("vm-1001", &[180, 182, 184], interval).repeat(entities);
    client.query_perf(&batch(85, 300)).await.ok();
    let reply = client.query_perf(&batch(86, 300)).await;
    assert_eq!(reply.fault(), "RestrictedByAdministrator");
    // Real-time queries are free.
    client.query_perf(&batch(200, 20)).await.ok();
    set(&mock, |settings| settings.max_query_metrics = Some(64));
    client.query_perf(&batch(21, 300)).await.ok();
    let reply = client.query_perf(&batch(22, 300)).await;
    assert_eq!(reply.fault(), "RestrictedByAdministrator");
    set(&mock, |settings| settings.max_query_metrics = Some(-1));
    client.query_perf(&batch(200, 300)).await.ok();
}

#[tokio::test]
async fn samples_can_come_late() {
    let (mock, mut client) = logged_in(small()).await;
    set(&mock, |settings| settings.sample_lag_seconds = 400);
    let lag = server_time(&mut client)
        .await
        .duration_since(newest_sample(&mut client).await);
    assert!((399..=421).contains(&lag.as_secs()), "{lag}");
}

#[tokio::test]
async fn samples_follow_the_clock() {
    let (mock, mut client) = logged_in(small()).await;
    let jump = SignedDuration::from_mins(20);
    let (time, newest) = (
        server_time(&mut client).await,
        newest_sample(&mut client).await,
    );
    mock.advance_clock(jump.as_secs());
    assert!(server_time(&mut client).await >= time + jump);
    assert!(newest_sample(&mut client).await >= newest + jump);
    mock.advance_clock(-2 * jump.as_secs());
    let back = server_time(&mut client).await;
    assert!(back < time, "{back}");
    assert!(newest_sample(&mut client).await < back);
    mock.set_clock_offset(0);
    assert!(server_time(&mut client).await >= time);
}

#[tokio::test]
async fn a_lockout_ends_with_the_clock() {
    let (mock, mut client) = logged_in(small()).await;
    client.cookie = None;
    for _ in 0..5 {
        assert_eq!(client.login("wrong").await.fault(), "InvalidLogin");
    }
    assert_eq!(client.login("mock-password").await.fault(), "InvalidLogin");
    mock.advance_clock(290);
    assert_eq!(client.login("mock-password").await.fault(), "InvalidLogin");
    mock.advance_clock(20);
    client.login("mock-password").await.ok();
}

#[tokio::test]
async fn sessions_idle_by_the_clock() {
    let (mock, mut client) = logged_in(small()).await;
    for _ in 0..3 {
        mock.advance_clock(1700);
        server_time(&mut client).await;
    }
    mock.advance_clock(1800);
    assert_eq!(mock.open_sessions(), 0);
    // Without a session the collector reports every property as missing.
    let spec = object_spec("VirtualMachine", "vm-1001", &["name"]);
    let reply = client.retrieve(&spec, "").await.ok();
    assert_eq!(all(reply.text(), "missingSet").len(), 1);
}

#[tokio::test]
async fn counters_are_numbered_anew_with_an_end_of_all_sessions() {
    let (mock, mut client) = logged_in(small()).await;
    let before = client.query_perf(&query("vm-1001", &[180], 20)).await.ok();
    set(&mock, |settings| settings.counter_id_shift = 1_000);
    assert_eq!(mock.open_sessions(), 0);
    client.login("mock-password").await.ok();
    let unknown = client.query_perf(&query("vm-1001", &[180], 20)).await;
    assert_eq!(unknown.fault(), "InvalidArgument");
    let spec = query("vm-1001", &[1_180], 20);
    let after = client.query_perf(&spec).await.ok();
    assert_eq!(after.all("instance"), before.all("instance"));
    let spec = object_spec("PerformanceManager", "PerfMgr", &["perfCounter"]);
    let counters = client.retrieve(&spec, "").await.ok();
    assert!(counters.text().contains("<key>1180</key>"));
    assert!(!counters.text().contains("<key>180</key>"));
}

#[tokio::test]
async fn types_can_be_declared_on_each_element() {
    let (mock, mut client) = logged_in(small()).await;
    let spec = object_spec("VirtualMachine", "vm-1001", &["name"]);
    let declared = "<val xmlns:_XMLSchema-instance=\"http://www.w3.org/2001/XMLSchema-instance\" \
                    _XMLSchema-instance:type=\"xsd:string\">";
    let reply = client.retrieve(&spec, "").await.ok();
    assert!(reply.text().contains("<val xsi:type=\"xsd:string\">"));
    set(&mock, |settings| settings.inline_namespaces = true);
    let reply = client.retrieve(&spec, "").await.ok();
    assert!(reply.text().contains(declared), "{}", reply.text());
}
