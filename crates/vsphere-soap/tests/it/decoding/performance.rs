//! Counters, intervals, server settings and samples.

use std::fmt::Write as _;
use std::sync::Arc;

use vsphere_soap::{OptionData, OptionValue, PerfEntityMetrics, PropertyValue, Timestamp, decode};

use crate::server::fixture;

#[test]
fn counters_and_intervals() {
    let page = decode::retrieve_properties(&fixture("perf_manager.xml")).unwrap();
    let Some(PropertyValue::PerfCounters(counters)) = page.objects[0].property("perfCounter")
    else {
        panic!("no counters");
    };
    assert_eq!(
        counters[0].full_name(),
        "virtualDisk.numberWriteAveraged.average"
    );
    assert_eq!(
        (counters[0].level, counters[0].per_device_level),
        (Some(1), Some(3))
    );
    assert_eq!(
        counters[1].full_name(),
        "virtualDisk.throughput.usage.average"
    );
    assert_eq!(
        (&*counters[1].unit, counters[1].level),
        ("kiloBytesPerSecond", None)
    );
    let Some(PropertyValue::PerfIntervals(intervals)) =
        page.objects[0].property("historicalInterval")
    else {
        panic!("no intervals");
    };
    assert_eq!(
        (intervals[0].sampling_period_seconds, intervals[0].level),
        (300, Some(2))
    );
}

#[test]
fn incomplete_counters_intervals_and_options_are_passed_over() {
    let body = String::from_utf8(fixture("perf_manager.xml")).unwrap();
    let read = |from: &str, to: &str| {
        assert!(body.contains(from), "{from}");
        let body = body.replace(from, to);
        let page = decode::retrieve_properties(body.as_bytes()).unwrap();
        let of = |name| page.objects[0].property(name).cloned();
        let (
            Some(PropertyValue::PerfCounters(counters)),
            Some(PropertyValue::PerfIntervals(intervals)),
        ) = (of("perfCounter"), of("historicalInterval"))
        else {
            panic!("no counters");
        };
        (counters.len(), counters, intervals.len())
    };
    let (count, counters, _) = read("<unitInfo><key>kiloBytesPerSecond</key></unitInfo>", "");
    assert_eq!((count, &*counters[1].unit), (2, ""));
    assert_eq!(read("<key>202</key>", "<key>many</key>").0, 1);
    assert_eq!(
        read("<groupInfo><key>virtualDisk</key></groupInfo>", "").0,
        1
    );
    assert_eq!(
        read("<level>1</level>", "<level>high</level>").1[0].level,
        None
    );
    assert_eq!(read("<samplingPeriod>300</samplingPeriod>", "").2, 0);
    assert_eq!(read("<name>Past day</name>", "").2, 1);

    let options = String::from_utf8(fixture("query_options.xml")).unwrap();
    let count = |body: &str| decode::query_options(body.as_bytes()).unwrap().len();
    assert_eq!(count(&options), 3);
    let (before, value) = options.split_once("<value").unwrap();
    let (_, after) = value.split_once("</value>").unwrap();
    assert_eq!(count(&format!("{before}{after}")), 2);
}

#[test]
fn options() {
    let options = decode::query_options(&fixture("query_options.xml")).unwrap();
    let numbers: Vec<_> = options.iter().map(OptionValue::as_i64).collect();
    assert_eq!(numbers, [Some(256), Some(-1), None]);
    assert_eq!(options[2].value, OptionData::Boolean(true));
}

/// `vm-1 182 scsi0:0: 03:04:00=7 03:04:20=-`, one line per series.
fn check_samples(name: &str, expected: &[&str]) -> Vec<PerfEntityMetrics> {
    let entities = decode::query_perf(&fixture(name)).unwrap();
    let mut lines = Vec::new();
    for entity in &entities {
        for series in entity.series() {
            let vm = entity.entity.value();
            let mut line = format!("{vm} {} {:?}:", series.counter_id, series.instance);
            for (time, value) in series.samples() {
                let value = value.map_or("-".to_owned(), |value| value.to_string());
                write!(line, " {}={value}", time.strftime("%H:%M:%S")).unwrap();
            }
            lines.push(line);
        }
    }
    assert_eq!(lines, expected);
    entities
}

#[test]
fn samples_in_csv() {
    let entities = check_samples(
        "query_perf_csv.xml",
        &[
            r#"vm-1 182 "scsi0:1": 03:04:00=- 03:04:20=9223372036854775807 03:04:40=0"#,
            r#"vm-1 180 "": 03:04:00=5"#,
            r#"vm-2 182 "scsi0:0": 03:04:00=1 03:04:20=2 03:04:40=3"#,
            r#"vm-3 182 "nvme0:0":"#,
        ],
    );
    let [first, second, third] = entities.as_slice() else {
        panic!("{entities:?}")
    };
    assert!(Arc::ptr_eq(&first.sample_info, &second.sample_info));
    let info = third.sample_info[0];
    assert_eq!(info.interval_seconds, 300);
    assert_eq!(
        info.timestamp,
        "2026-01-02T02:05:00Z".parse::<Timestamp>().unwrap()
    );
}

#[test]
fn samples_in_normal_format() {
    let entities = check_samples(
        "query_perf_normal.xml",
        &[
            r#"vm-1 182 "scsi0:0": 03:04:00=7 03:04:20=-"#,
            r#"vm-1 180 "scsi0:0":"#,
        ],
    );
    assert_eq!(entities[0].series().next().unwrap().values().count(), 3);
    assert!(Arc::ptr_eq(
        &entities[0].sample_info,
        &entities[1].sample_info
    ));
}

/// The values of the first series of the first VM if the server writes this list.
fn values_of(list: &str) -> Vec<Option<i64>> {
    let body = String::from_utf8(fixture("query_perf_csv.xml")).unwrap();
    let usual = "<value>-1,9223372036854775807,0</value>";
    assert!(body.contains(usual));
    let body = body.replace(usual, &format!("<value>{list}</value>"));
    let entities = decode::query_perf(body.as_bytes()).unwrap();
    assert_eq!(entities.len(), 3, "{list}");
    let of_neighbour = entities[1].series().next().unwrap().values();
    assert_eq!(of_neighbour.flatten().collect::<Vec<_>>(), [1, 2, 3, 4]);
    entities[0].series().next().unwrap().values().collect()
}

#[test]
fn what_cannot_be_read_in_a_list_is_no_data_at_its_place() {
    let unreadable = [
        "",
        " ",
        "\"6\"",
        "'6'",
        "18446744073709551615",
        "9223372036854775808",
        "-9223372036854775809",
        "99999999999999999999999999999999999999999",
        "1e3",
        "6.0",
        "6.",
        "0x6",
        "6 6",
        "6;6",
        "six",
        "NaN",
        "INF",
        "null",
        "+",
        "-",
        "+-6",
        "-+6",
        "--6",
        "\u{0}",
        "6\u{0}",
        "\u{feff}6",
        "\u{661}",
        "\u{fffd}",
        "&quot;6&quot;",
        "&lt;",
        "<![CDATA[six]]>",
    ];
    for field in unreadable {
        let all = values_of(&format!("5,{field},7"));
        assert_eq!(all, [Some(5), None, Some(7)], "{field:?}");
        let last = values_of(&format!("5,7,{field}"));
        assert_eq!(last, [Some(5), Some(7), None], "{field:?}");
    }
}

#[test]
fn numbers_in_unusual_forms_are_read() {
    for field in [
        "6",
        "+6",
        " 6 ",
        "006",
        "\n6\t",
        "&#54;",
        "&#x36;",
        "<![CDATA[6]]>",
        "<!-- -->6",
    ] {
        assert_eq!(
            values_of(&format!("5,{field},7")),
            [Some(5), Some(6), Some(7)],
            "{field:?}"
        );
    }
    assert_eq!(values_of("-0,-6"), [Some(0), None]);
    assert_eq!(values_of(""), []);
    assert_eq!(values_of("5,"), [Some(5), None]);
    assert_eq!(values_of(",,"), [None, None, None]);
}
