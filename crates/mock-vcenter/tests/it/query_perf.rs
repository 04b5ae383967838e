//! Real-time samples, compared with the world's truth.

use jiff::{SignedDuration, Timestamp};

use crate::client::{Client, Reply, all, logged_in, small};

const WRITES: &str = "virtualDisk.numberWriteAveraged.average";
const RATE: &str = "virtualDisk.write.average";
const LATENCY: &str = "virtualDisk.totalWriteLatency.average";
const IDS: [(u32, &str); 3] = [(180, WRITES), (182, RATE), (184, LATENCY)];

/// The arguments of one entity; `rest` goes behind the metrics.
fn spec(moref: &str, times: &str, metrics: &[(u32, &str)], rest: &str) -> String {
    let metrics: Vec<String> = metrics
        .iter()
        .map(|(id, instance)| {
            format!(
                "<metricId><counterId>{id}</counterId><instance>{instance}</instance></metricId>"
            )
        })
        .collect();
    let metrics = metrics.concat();
    format!(
        "<querySpec><entity type=\"VirtualMachine\">{moref}</entity>{times}{metrics}{rest}\
         </querySpec>"
    )
}

const CSV: &str = "<intervalId>20</intervalId><format>csv</format>";
const NORMAL: &str = "<intervalId>20</intervalId>";

/// One series of a csv answer: counter, instance, values.
type Series = (u32, String, Vec<i64>);

fn csv_series(entity: &str) -> Vec<Series> {
    let mut found: Vec<Series> = entity
        .split("<value><id>")
        .skip(1)
        .map(|series| {
            let values = all(series, "value")[0]
                .split(',')
                .map(|v| v.parse().unwrap())
                .collect();
            let id = all(series, "counterId")[0].parse().unwrap();
            (id, all(series, "instance")[0].to_owned(), values)
        })
        .collect();
    found.sort();
    found
}

fn normal_series(entity: &str) -> Vec<Series> {
    let mut found: Vec<Series> = entity
        .split("<value xsi:type=\"PerfMetricIntSeries\"><id>")
        .skip(1)
        .map(|series| {
            let values = all(series, "value")
                .iter()
                .map(|v| v.parse().unwrap())
                .collect();
            let id = all(series, "counterId")[0].parse().unwrap();
            (id, all(series, "instance")[0].to_owned(), values)
        })
        .collect();
    found.sort();
    found
}

pub(crate) fn csv_stamps(entity: &str) -> Vec<Timestamp> {
    let all: Vec<&str> = all(entity, "sampleInfoCSV")[0].split(',').collect();
    all.chunks(2)
        .map(|pair| {
            assert_eq!(pair[0], "20");
            pair[1].parse().unwrap()
        })
        .collect()
}

pub(crate) async fn csv(
    client: &mut Client,
    moref: &str,
    times: &str,
    metrics: &[(u32, &str)],
) -> Reply {
    client
        .query_perf(&spec(moref, times, metrics, CSV))
        .await
        .ok()
}

#[tokio::test]
async fn samples_are_the_truth_ascending_and_aligned() {
    let (mock, mut client) = logged_in(small()).await;
    for vm in mock.world().vms().iter().filter(|vm| vm.sampled) {
        let metrics = IDS.map(|(id, _)| (id, "*"));
        let reply = csv(&mut client, &vm.moref, "", &metrics).await;
        let entity = reply.one("returnval");
        let stamps = csv_stamps(entity);
        assert_eq!(stamps.len(), 180, "an hour is kept");
        assert!(stamps.iter().all(|stamp| stamp.as_second() % 20 == 0));
        assert!(stamps.windows(2).all(|pair| pair[0] < pair[1]));
        let series = csv_series(entity);
        assert_eq!(series.len(), 3 * vm.instances.len());
        for (id, instance, values) in series {
            assert!(vm.instances.contains(&instance));
            let name = IDS.iter().find(|(known, _)| *known == id).unwrap().1;
            let truth: Vec<i64> = stamps
                .iter()
                .map(|at| {
                    mock.world()
                        .sample(&vm.moref, &instance, name, *at)
                        .unwrap_or(-1)
                })
                .collect();
            assert_eq!(values, truth);
            assert_eq!(values.contains(&-1), vm.name == "odd-gaps");
        }
    }
}

#[tokio::test]
async fn the_newest_sample_is_behind_the_clock() {
    let (mock, mut client) = logged_in(small()).await;
    let before = mock.now();
    let times = "";
    let reply = csv(&mut client, "vm-1001", times, &[(180, "*")]).await;
    let newest = *csv_stamps(reply.one("returnval")).last().unwrap();
    let lag = |at: Timestamp| at.duration_since(newest);
    assert!(lag(mock.now()) >= SignedDuration::from_secs(23));
    assert!(lag(before) < SignedDuration::from_secs(43));
}

#[tokio::test]
async fn the_start_is_included_and_the_newest_samples_are_kept() {
    let (mock, mut client) = logged_in(small()).await;
    let now = mock.now().as_second();
    let start = Timestamp::from_second(now / 20 * 20 - 600).unwrap();
    let end = start
        .saturating_add(SignedDuration::from_secs(100))
        .unwrap();
    let times = format!("<startTime>{start}</startTime><endTime>{end}</endTime>");
    let reply = csv(&mut client, "vm-1001", &times, &[(180, "*")]).await;
    let stamps = csv_stamps(reply.one("returnval"));
    assert_eq!((stamps.len(), stamps[0], stamps[5]), (6, start, end));

    let times = format!("{times}<maxSample>2</maxSample>");
    let reply = csv(&mut client, "vm-1001", &times, &[(180, "*")]).await;
    assert_eq!(csv_stamps(reply.one("returnval")), stamps[4..]);
}

#[tokio::test]
async fn both_formats_say_the_same() {
    let (mock, mut client) = logged_in(small()).await;
    let start = Timestamp::from_second(mock.now().as_second() - 900).unwrap();
    let end = Timestamp::from_second(mock.now().as_second() - 300).unwrap();
    let times = format!("<startTime>{start}</startTime><endTime>{end}</endTime>");
    let metrics = [(180, "*"), (184, "*"), (151, "*"), (2, "")];
    let as_csv = csv(&mut client, "vm-1003", &times, &metrics).await;
    let normal = client
        .query_perf(&spec("vm-1003", &times, &metrics, NORMAL))
        .await
        .ok();
    assert!(
        as_csv
            .text()
            .contains("<returnval xsi:type=\"PerfEntityMetricCSV\"><entity type=")
    );
    assert!(
        normal
            .text()
            .contains("<returnval xsi:type=\"PerfEntityMetric\"><entity type=")
    );
    let stamps: Vec<String> = csv_stamps(as_csv.one("returnval"))
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(normal.all("timestamp"), stamps);
    let series = csv_series(as_csv.one("returnval"));
    assert_eq!(normal_series(normal.one("returnval")), series);
    // Networks and CPUs have an aggregate beside their instances, disks have not.
    let net: Vec<&str> = series
        .iter()
        .filter(|(id, ..)| *id == 151)
        .map(|(_, i, _)| i.as_str())
        .collect();
    assert_eq!(net, ["", "4000"]);
}

#[tokio::test]
async fn disks_have_no_aggregate() {
    let (_mock, mut client) = logged_in(small()).await;
    let reply = csv(&mut client, "vm-1001", "", &[(180, "")]).await;
    assert!(reply.all("returnval").is_empty());
    let reply = csv(&mut client, "vm-1001", "", &[(180, ""), (2, "")]).await;
    assert_eq!(csv_series(reply.one("returnval")).len(), 1);
    let reply = csv(&mut client, "vm-1001", "", &[]).await;
    let everything = csv_series(reply.one("returnval"));
    assert!(
        everything
            .iter()
            .any(|(id, instance, _)| *id == 6 && instance.is_empty())
    );
    assert!(
        everything
            .iter()
            .any(|(id, instance, _)| *id == 756 && !instance.is_empty())
    );
}

#[tokio::test]
async fn machines_without_samples_are_left_out() {
    let (mock, mut client) = logged_in(small()).await;
    let vms = mock.world().vms();
    let specs: String = vms
        .iter()
        .map(|vm| {
            spec(
                &vm.moref,
                "",
                &[(180, "*")],
                "<maxSample>1</maxSample><intervalId>20</intervalId>",
            )
        })
        .collect();
    let reply = client.query_perf(&specs).await.ok();
    let expected: Vec<&str> = vms
        .iter()
        .filter(|vm| vm.sampled)
        .map(|vm| vm.moref.as_str())
        .collect();
    assert_eq!(reply.all("entity"), expected);
    let dark: Vec<&str> = vms
        .iter()
        .filter(|vm| vm.powered_on && !vm.sampled)
        .map(|vm| vm.name.as_str())
        .collect();
    assert_eq!(
        dark,
        [
            "odd-without-config",
            "odd-disconnected",
            "odd-just-started",
            "odd-invalid"
        ]
    );
}

#[tokio::test]
async fn the_order_of_series_is_odd_but_steady() {
    let (_mock, mut client) = logged_in(small()).await;
    let order = |reply: &Reply| -> Vec<String> {
        reply
            .all("counterId")
            .into_iter()
            .map(str::to_owned)
            .collect()
    };
    let metrics = IDS.map(|(id, _)| (id, "*"));
    let mut sorted_everywhere = true;
    for vm in 1001..1011 {
        let moref = format!("vm-{vm}");
        let first = order(&csv(&mut client, &moref, "<maxSample>1</maxSample>", &metrics).await);
        let again = order(&csv(&mut client, &moref, "<maxSample>1</maxSample>", &metrics).await);
        assert_eq!(first, again);
        sorted_everywhere &= first.is_sorted();
    }
    assert!(!sorted_everywhere);
}

#[tokio::test]
async fn wrong_questions_fault() {
    let (_mock, mut client) = logged_in(small()).await;
    let times =
        "<startTime>2026-01-01T00:00:10Z</startTime><endTime>2026-01-01T00:00:10.4Z</endTime>";
    for (spec, property) in [
        (
            spec("vm-1001", "", &[(9999, "*")], CSV),
            "querySpec.metricId",
        ),
        (
            spec("vm-1001", "", &[(180, "*")], "<intervalId>17</intervalId>"),
            "querySpec.interval",
        ),
        (
            spec("vm-1001", times, &[(180, "*")], CSV),
            "querySpec.startTime, querySpec.endTime",
        ),
        (
            spec("datacenter-2", "", &[(180, "*")], CSV),
            "querySpec.interval",
        ),
        (spec("group-d1", "", &[(180, "*")], CSV), "querySpec.entity"),
    ] {
        let reply = client.query_perf(&spec).await;
        assert_eq!(reply.fault(), "InvalidArgument");
        assert_eq!(reply.one("invalidProperty"), property);
    }
    let specs = spec("vm-1001", "", &[(180, "*")], CSV) + &spec("vm-7", "", &[(180, "*")], CSV);
    let reply = client.query_perf(&specs).await;
    assert_eq!(reply.fault(), "ManagedObjectNotFound");
    assert!(
        reply
            .text()
            .contains("<obj type=\"VirtualMachine\">vm-7</obj>")
    );
}

#[tokio::test]
async fn an_entity_needs_no_type() {
    let (_mock, mut client) = logged_in(small()).await;
    let reply = client
        .query_perf("<querySpec><entity>vm-1001</entity><maxSample>1</maxSample></querySpec>")
        .await
        .ok();
    assert!(
        reply
            .text()
            .contains("<entity type=\"VirtualMachine\">vm-1001</entity>")
    );
    assert_eq!(
        reply.one("interval"),
        "20",
        "real-time data are what it has first"
    );
}
