//! Historical intervals: statistics levels, windows, and agreement with the samples.

use jiff::Timestamp;
use mock_vcenter::{MockVcenter, Options, Settings};

use crate::client::{Client, Reply, all, logged_in, small};

const COUNTERS: [(u32, &str); 3] = [
    (180, "virtualDisk.numberWriteAveraged.average"),
    (182, "virtualDisk.write.average"),
    (184, "virtualDisk.totalWriteLatency.average"),
];

async fn at_level(statistics_level: u8) -> (MockVcenter, Client) {
    let settings = Settings {
        statistics_level,
        ..Settings::default()
    };
    logged_in(Options {
        settings,
        ..small()
    })
    .await
}

async fn query(client: &mut Client, times: &str, interval: u32) -> Reply {
    let metrics: String = [180, 182, 184, 2]
        .map(|id| format!("<metricId><counterId>{id}</counterId><instance>*</instance></metricId>"))
        .concat();
    let spec = format!(
        "<querySpec><entity type=\"VirtualMachine\">vm-1001</entity>{times}{metrics}\
         <intervalId>{interval}</intervalId><format>csv</format></querySpec>"
    );
    client.query_perf(&spec).await.ok()
}

fn counters(reply: &Reply) -> Vec<u32> {
    let mut found: Vec<u32> = reply
        .all("counterId")
        .into_iter()
        .map(|id| id.parse().unwrap())
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[tokio::test]
async fn the_level_decides_what_is_kept() {
    for (level, kept) in [(1, vec![2]), (2, vec![2, 182]), (3, vec![2, 180, 182, 184])] {
        let (_mock, mut client) = at_level(level).await;
        let reply = query(&mut client, "", 300).await;
        assert_eq!(counters(&reply), kept, "level {level}");
        // Devices of other groups have a level of their own.
        let cpu = reply.text().matches("<counterId>2</counterId>").count();
        assert_eq!(cpu, if level == 3 { 3 } else { 1 });
        let spec = "<entity type=\"VirtualMachine\">vm-1001</entity><intervalId>300</intervalId>";
        let available = client
            .call(
                "QueryAvailablePerfMetric",
                "PerformanceManager",
                "PerfMgr",
                spec,
            )
            .await
            .ok();
        assert_eq!(counters(&available).contains(&180), level == 3);
        // Longer intervals stay at level 1.
        assert_eq!(counters(&query(&mut client, "", 1800).await), [2]);
    }
}

#[tokio::test]
async fn the_manager_tells_its_levels() {
    let (_mock, mut client) = at_level(3).await;
    let intervals = client
        .call(
            "Fetch",
            "PerformanceManager",
            "PerfMgr",
            "<prop>historicalInterval</prop>",
        )
        .await
        .ok();
    assert_eq!(
        intervals.all("samplingPeriod"),
        ["300", "1800", "7200", "86400"]
    );
    assert_eq!(intervals.all("level"), ["3", "1", "1", "1"]);
    let counters = client
        .call(
            "Fetch",
            "PerformanceManager",
            "PerfMgr",
            "<prop>perfCounter</prop>",
        )
        .await
        .ok();
    assert!(
        counters
            .text()
            .contains("<returnval xsi:type=\"ArrayOfPerfCounterInfo\">")
    );
    let writes = counters
        .all("PerfCounterInfo")
        .into_iter()
        .find(|counter| {
            counter.contains("<key>numberWriteAveraged</key>")
                && counter.contains("<key>virtualDisk</key>")
        })
        .unwrap();
    assert!(writes.starts_with("<key>180</key>"), "{writes}");
    assert_eq!(
        (all(writes, "level"), all(writes, "perDeviceLevel")),
        (vec!["1"], vec!["3"])
    );
}

#[tokio::test]
async fn rollups_are_the_mean_of_the_samples() {
    let (mock, mut client) = at_level(3).await;
    let start = Timestamp::from_second(mock.now().as_second() / 300 * 300 - 1800).unwrap();
    let times = format!("<startTime>{start}</startTime>");
    let reply = query(&mut client, &times, 300).await;
    let info: Vec<&str> = reply.one("sampleInfoCSV").split(',').collect();
    let stamps: Vec<Timestamp> = info
        .chunks(2)
        .map(|pair| pair[1].parse().unwrap())
        .collect();
    assert_eq!(
        stamps[0].as_second(),
        start.as_second() + 300,
        "the start is left out"
    );
    assert!(stamps.iter().all(|stamp| stamp.as_second() % 300 == 0));
    let vm = &mock.world().vms()[0];
    for series in reply.one("returnval").split("<value><id>").skip(1) {
        let id: u32 = all(series, "counterId")[0].parse().unwrap();
        let Some((_, name)) = COUNTERS.iter().find(|(known, _)| *known == id) else {
            continue;
        };
        let instance = all(series, "instance")[0];
        let values: Vec<i64> = all(series, "value")[0]
            .split(',')
            .map(|value| value.parse().unwrap())
            .collect();
        for (value, end) in values.into_iter().zip(&stamps) {
            let truth = mock.world().rollup(&vm.moref, instance, name, *end, 300);
            assert_eq!(Some(value), truth);
            let samples: Vec<i64> = (0..15)
                .map(|back| Timestamp::from_second(end.as_second() - 20 * back).unwrap())
                .map(|at| mock.world().sample(&vm.moref, instance, name, at).unwrap())
                .collect();
            let sum: i64 = samples.iter().sum();
            assert!((15 * value - sum).abs() <= 8, "{value} of {samples:?}");
        }
    }
}

#[tokio::test]
async fn the_number_of_samples_is_not_limited() {
    let (_mock, mut client) = at_level(1).await;
    let reply = query(&mut client, "<maxSample>1</maxSample>", 300).await;
    assert_eq!(
        reply.one("sampleInfoCSV").split(',').count(),
        2 * 288,
        "a whole day"
    );
}
