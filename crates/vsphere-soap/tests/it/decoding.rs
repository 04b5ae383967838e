//! One fixture per shape of answer.

use std::fmt::Write as _;

use vsphere_soap::decode::{self, Refusal};
use vsphere_soap::{
    ApiVersion, MoRef, OptionData, PerfEntityMetrics, PropertyValue, Timestamp, VirtualDevice,
};

use crate::server::fixture;

#[test]
fn version_list_skips_other_namespaces_and_private_names() {
    let versions = decode::service_versions(&fixture("service_versions.xml")).unwrap();
    let texts: Vec<_> = versions.iter().map(ApiVersion::as_str).collect();
    assert_eq!(
        texts,
        [
            "8.0.10.0", "8.0.2.0", "8.0.1.0", "7.0.3.2", "6.7", "6.5", "5.5"
        ]
    );
    assert_eq!(ApiVersion::choose(&versions).unwrap().as_str(), "8.0.2.0");
}

#[test]
fn versions_compare_as_numbers() {
    let parse = |text: &str| text.parse::<ApiVersion>().unwrap();
    assert!(parse("8.0.10.0") > parse("8.0.9.0"));
    assert!(parse("6.10") > parse("6.9.1"));
    assert_eq!(parse("7.0"), parse("7.0.0.0"));
    assert!(ApiVersion::choose(&[parse("6.0"), parse("9.0.0.0")]).is_none());
    for bad in ["", "u1", "7.", "7.0.0.0.0", "+7", "99999999999.0"] {
        assert!(bad.parse::<ApiVersion>().is_err(), "{bad:?}");
    }
}

#[test]
fn service_content() {
    let content = decode::service_content(&fixture("service_content.xml")).unwrap();
    assert_eq!(content.root_folder, MoRef::new("Folder", "group-d1"));
    assert_eq!(
        content.property_collector,
        MoRef::new("PropertyCollector", "pc-1")
    );
    assert_eq!(content.perf_manager.unwrap().value(), "PerfMgr");
    assert_eq!(
        (&*content.about.version, &*content.about.api_version),
        ("8.0.2", "8.0.2.0")
    );
}

#[test]
fn login() {
    let session = decode::login(&fixture("login.xml")).unwrap();
    assert_eq!(&*session.user_name, r"TEST.LOCAL\reader");
    assert_eq!(&*session.full_name, "Reader & Co");
    assert_eq!(
        session.login_time.to_string(),
        "2026-01-02T03:04:05.678901Z"
    );
}

#[test]
fn property_values() {
    let page = decode::retrieve_properties(&fixture("page.xml")).unwrap();
    assert_eq!(page.token.as_deref(), Some("token-1"));
    let [first, second, third] = page.objects.as_slice() else {
        panic!("{:?}", page.objects)
    };

    assert_eq!(
        first.property("name").unwrap().as_str(),
        Some("a <b> \u{1F600} & c!")
    );
    assert_eq!(
        first.property("runtime.powerState").unwrap().as_enum(),
        Some("poweredOn")
    );
    let host = first.property("runtime.host").unwrap().as_moref().unwrap();
    assert_eq!(host, &MoRef::new("HostSystem", "host-9"));
    assert_eq!(
        first.property("config.template").unwrap().as_bool(),
        Some(false)
    );
    let datastores = ["datastore-1", "datastore-2"].map(|id| MoRef::new("Datastore", id));
    assert_eq!(
        first.property("datastore"),
        Some(&PropertyValue::MoRefs(datastores.into()))
    );
    assert_eq!(first.property("parent"), None);

    assert_eq!(second.property("name").unwrap().as_str(), Some("b"));
    let other = |kind: &str| Some(PropertyValue::Other { kind: kind.into() });
    assert_eq!(
        second.property("runtime").cloned(),
        other("VirtualMachineRuntimeInfo")
    );
    let empty_enum = second.property("runtime.faultToleranceState").cloned();
    assert_eq!(empty_enum, other("VirtualMachineFaultToleranceState"));
    let [missing] = second.missing.as_slice() else {
        panic!("{:?}", second.missing)
    };
    assert!(missing.is_no_permission());
    assert_eq!(
        missing.fault.to_string(),
        "NoPermission on VirtualMachine:vm-2 (System.View): denied"
    );

    assert!(third.properties.is_empty() && third.missing.is_empty());
}

#[test]
fn nothing_selected_is_an_empty_page() {
    let page = decode::retrieve_properties(&fixture("page_empty.xml")).unwrap();
    assert!(page.token.is_none() && page.objects.is_empty());
}

#[test]
fn devices_name_their_counter_instances() {
    let page = decode::retrieve_properties(&fixture("devices.xml")).unwrap();
    let devices = page.objects[0].property("config.hardware.device").unwrap();
    let devices = devices.as_virtual_devices().unwrap();
    let instances: Vec<_> = devices
        .iter()
        .filter_map(|device| Some((device.key, device.disk_instance(devices)?)))
        .collect();
    let expected = [
        (2016, "scsi1:0"),
        (3000, "ide0:1"),
        (16000, "sata0:0"),
        (31500, "nvme0:2"),
    ];
    assert_eq!(
        instances,
        expected.map(|(key, name)| (key, name.to_owned()))
    );
    assert_eq!(capacity(devices, 2016), Some(1_024_500));
    assert_eq!(capacity(devices, 3000), Some(8 * 1024));
    assert_eq!(capacity(devices, 16000), None);
    assert_eq!(devices.len(), 9, "neither PCI controllers nor CD drives");
}

fn capacity(devices: &[VirtualDevice], key: i32) -> Option<i64> {
    let disk = devices.iter().find(|device| device.key == key).unwrap();
    match disk.kind {
        vsphere_soap::VirtualDeviceKind::Disk { capacity_bytes } => capacity_bytes,
        vsphere_soap::VirtualDeviceKind::Controller { .. } => panic!("{key} is a controller"),
    }
}

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

/// The properties of an object whose `propSet` holds this.
fn properties(prop_set: &str) -> Vec<(String, PropertyValue)> {
    let body = format!(
        "<Envelope xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><Body>\
         <RetrievePropertiesResponse><returnval><obj type=\"VirtualMachine\">vm-1</obj>{prop_set}\
         <propSet><name>last</name><val xsi:type=\"xsd:int\">1</val></propSet></returnval>\
         </RetrievePropertiesResponse></Body></Envelope>"
    );
    let page = decode::retrieve_properties(body.as_bytes()).unwrap();
    let properties = page.objects.into_iter().flat_map(|it| it.properties);
    let mut properties: Vec<_> = properties.map(|it| (it.name.into(), it.value)).collect();
    assert_eq!(
        properties.pop(),
        Some(("last".to_owned(), PropertyValue::Int(1)))
    );
    properties
}

#[test]
fn a_value_that_is_none_of_its_type_spoils_no_other() {
    for (kind, content) in [
        ("boolean", "maybe"),
        ("int", "12x"),
        ("long", "99999999999999999999"),
        ("dateTime", "yesterday"),
        ("string", "<a/>"),
        ("ManagedObjectReference", "vm-1"),
        ("ManagedByInfo", "<type>a</type>"),
    ] {
        let value = format!(
            "<propSet><name>a</name><val xsi:type=\"xsd:{kind}\">{content}</val></propSet>"
        );
        let other = PropertyValue::Other { kind: kind.into() };
        assert_eq!(properties(&value), [("a".to_owned(), other)]);
    }
    let nameless = "<propSet><val xsi:type=\"xsd:int\">1</val></propSet>";
    assert_eq!(properties(nameless), []);
    assert_eq!(properties("<propSet><name>a</name></propSet>"), []);
}

#[test]
fn a_device_that_makes_no_sense_is_passed_over() {
    let body = String::from_utf8(fixture("devices.xml")).unwrap();
    let devices = |body: &str| {
        let page = decode::retrieve_properties(body.as_bytes()).unwrap();
        let devices = page.objects[0].property("config.hardware.device").unwrap();
        devices.as_virtual_devices().unwrap().to_vec()
    };
    let all = devices(&body);
    let without = |key: i32| -> Vec<_> { all.iter().filter(|it| it.key != key).cloned().collect() };
    let changed = |from: &str, to: &str| {
        assert!(body.contains(from), "{from}");
        devices(&body.replace(from, to))
    };
    assert_eq!(changed("<busNumber>1</busNumber>", ""), without(1001));
    assert_eq!(changed("<busNumber>1<", "<busNumber>one<"), without(1001));
    assert_eq!(
        changed("<key>2016</key>", "<key>4294967296</key>"),
        without(2016)
    );
    let huge = changed(">1024500<", ">99999999999999999999<");
    assert_eq!(capacity(&huge, 2016), Some(1000 * 1024));
    assert_eq!(huge.len(), all.len());
    let lost = changed(
        "<controllerKey>1001</controllerKey>",
        "<controllerKey><a/></controllerKey>",
    );
    let disk = lost.iter().find(|it| it.key == 2016).unwrap();
    assert_eq!(
        (disk.controller_key, disk.disk_instance(&lost)),
        (None, None)
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
fn what_a_server_says_of_itself_stays_on_its_line() {
    let body = String::from_utf8(fixture("service_content.xml")).unwrap();
    let (before, name) = body.split_once("<fullName>").unwrap();
    let (_, after) = name.split_once("</fullName>").unwrap();
    let forged = format!(
        "{before}<fullName>evil\n2026-01-01 ERROR&#27;[31m{}</fullName>{after}",
        "x".repeat(1_000)
    );
    let about = decode::service_content(forged.as_bytes()).unwrap().about;
    assert!(about.full_name.starts_with("evil 2026-01-01 ERROR [31mxx"));
    assert!(about.full_name.chars().count() < 210);
    let nameless = decode::service_content(format!("{before}{after}").as_bytes());
    assert_eq!(&*nameless.unwrap().about.full_name, "");
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
    assert!(std::sync::Arc::ptr_eq(
        &first.sample_info,
        &second.sample_info
    ));
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
    assert!(std::sync::Arc::ptr_eq(
        &entities[0].sample_info,
        &entities[1].sample_info
    ));
}

#[test]
fn options() {
    let options = decode::query_options(&fixture("query_options.xml")).unwrap();
    let numbers: Vec<_> = options
        .iter()
        .map(vsphere_soap::OptionValue::as_i64)
        .collect();
    assert_eq!(numbers, [Some(256), Some(-1), None]);
    assert_eq!(options[2].value, OptionData::Boolean(true));
}

#[test]
fn errors_name_place_and_cause() {
    let body = fixture("query_perf_csv.xml");
    let body = String::from_utf8(body)
        .unwrap()
        .replace("-1,9223372036854775807", "12x");
    let Err(Refusal::Malformed(error)) = decode::query_perf(body.as_bytes()) else {
        panic!("accepted");
    };
    let offset = body.find("12x").unwrap();
    assert_eq!(error.offset(), offset);
    assert_eq!(
        error.to_string(),
        format!(
            "QueryPerfResponse > returnval > value > value at byte {offset}: \
             expected a list of integers, found \"12x,0\""
        )
    );
}

#[test]
fn an_answer_to_another_call_is_refused() {
    let error = decode::query_perf(&fixture("login.xml"))
        .unwrap_err()
        .to_string();
    assert!(
        error.ends_with(r#"expected the response to the call, found "LoginResponse""#),
        "{error}"
    );
}

/// A comment after every tag leaves no element in its plainest form, so nothing can be skipped or taken at a glance.
fn with_comments(body: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(body).unwrap();
    let (declaration, rest) = text.split_once("?>").unwrap();
    format!("{declaration}?>{}", rest.replace('>', "><!-- > -->")).into_bytes()
}

#[test]
fn comments_change_nothing() {
    for name in ["query_perf_csv.xml", "query_perf_normal.xml"] {
        let body = fixture(name);
        let plain = decode::query_perf(&body).unwrap();
        assert!(!plain.is_empty());
        assert_eq!(
            decode::query_perf(&with_comments(&body)).unwrap(),
            plain,
            "{name}"
        );
    }
    for name in ["page.xml", "devices.xml", "perf_manager.xml"] {
        let body = fixture(name);
        let plain = decode::retrieve_properties(&body).unwrap();
        assert!(!plain.objects.is_empty());
        assert_eq!(
            decode::retrieve_properties(&with_comments(&body)).unwrap(),
            plain,
            "{name}"
        );
    }
}
