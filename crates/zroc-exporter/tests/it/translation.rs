//! What vCenter's answers mean, as they come over the wire: limits, samples, and the kinds of failures.

use std::num::NonZeroU32;
use std::time::Duration;

use jiff::Timestamp;
use mock_vcenter::{Effect, FaultRule, MockVcenter, Options, Settings};
use planner_core::collection::batch_limits::BatchLimits;
use planner_core::collection::governor::Attribution;
use planner_core::collection::tally::RefusalReason;
use planner_core::inventory::VmId;
use planner_core::vm_state::VmState;
use zroc_exporter::advice::explain;

use crate::probe::Probe;
use crate::staging::{invalid_argument, no_permission_on, running};

/// The mock's number for `virtualDisk.write.average`.
const WRITE_RATE_ID: u32 = 182;

/// An effect on a query, its kind, its attribution, and a part of its text.
type Failure = (Effect, &'static str, Attribution, &'static str);

fn failures(moref: &str) -> Vec<Failure> {
    let vm = VmId::new(moref);
    let object = format!("<obj type=\"VirtualMachine\">{moref}</obj>");
    let deleted = "The object has already been deleted";
    let fault = Effect::fault;
    vec![
        (
            invalid_argument("querySpec.interval"),
            "invalid_argument",
            Attribution::WholeQuery,
            "querySpec.interval",
        ),
        (
            invalid_argument("querySpec.metricId"),
            "invalid_argument",
            Attribution::UnnamedVm,
            "querySpec.metricId",
        ),
        (
            invalid_argument("querySpec.size"),
            "invalid_argument",
            Attribution::TooLarge,
            "querySpec.size",
        ),
        (
            no_permission_on("PerformanceManager", "PerfMgr"),
            "no_permission",
            Attribution::WholeQuery,
            "NoPermission",
        ),
        (
            no_permission_on("VirtualMachine", moref),
            "no_permission",
            Attribution::DeniedVm(vm.clone()),
            "NoPermission",
        ),
        (
            Effect::fault_with("ManagedObjectNotFound", deleted, &object),
            "not_found",
            Attribution::MissingVm(vm),
            deleted,
        ),
        (
            fault("SystemError"),
            "fault",
            Attribution::Unclear,
            "SystemError",
        ),
        (
            fault("HostNotConnected"),
            "host_communication",
            Attribution::UnnamedHost,
            "HostNotConnected",
        ),
        (
            fault("RestrictedByAdministrator"),
            "restricted_by_administrator",
            Attribution::AdministratorLimit,
            "RestrictedByAdministrator",
        ),
        (
            Effect::Garbage(5_000),
            "unreadable",
            Attribution::Unclear,
            "HTTP status 200",
        ),
        (
            Effect::status(503, "text/html", "no healthy upstream"),
            "http",
            Attribution::WholeQuery,
            "HTTP status 503",
        ),
        (
            Effect::CloseConnection,
            "interrupted",
            Attribution::WholeQuery,
            "the connection broke",
        ),
    ]
}

#[tokio::test]
async fn every_failure_of_a_query_has_its_kind_attribution_and_text() {
    let mock = MockVcenter::with_vms(5).await.unwrap();
    let mut probe = Probe::new(&mock, &[]);
    for (effect, kind, attribution, text) in failures(&running(&mock)[2].moref) {
        mock.add_fault(FaultRule::on("QueryPerf", effect.clone()));
        let error = probe.first_failure().await;
        mock.clear_faults();
        let reason = error.reason();
        assert_eq!(
            (reason.kind(), error.attribution()),
            (kind, attribution),
            "{effect:?}"
        );
        let said = explain(&reason, probe.vcenter.settings());
        assert!(
            said.starts_with("QueryPerf on ") && said.contains(text),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_query_that_takes_too_long_is_too_slow() {
    let mock = MockVcenter::with_vms(5).await.unwrap();
    let forever = Effect::Delay(Duration::from_secs(600));
    mock.add_fault(FaultRule::on("QueryPerf", forever));
    let mut probe = Probe::new(&mock, &[("VCENTER_REQUEST_TIMEOUT", "2")]);
    let error = probe.first_failure().await;
    let reason = error.reason();
    assert_eq!(
        (reason.kind(), error.attribution()),
        ("timeout", Attribution::TooSlow)
    );
    let said = explain(&reason, probe.vcenter.settings());
    assert!(said.contains("raise VCENTER_REQUEST_TIMEOUT"), "{said}");
    assert!(said.contains("BATCH_SIZE"), "{said}");
}

const HISTORICAL: [(&str, &str); 2] = [("PERF_SOURCE", "historical"), ("BATCH_SIZE", "200")];

/// A vCenter that allows 64 metrics per query: 21 VMs with three counters each.
async fn limited_mock() -> MockVcenter {
    let options = Options {
        settings: Settings {
            statistics_level: 3,
            max_query_metrics: Some(64),
            ..Settings::default()
        },
        ..Options::with_vms(200)
    };
    MockVcenter::start(options).await.unwrap()
}

fn limits(max_query_metrics: u32) -> BatchLimits {
    BatchLimits {
        max_vms: NonZeroU32::new(200).unwrap(),
        max_query_metrics: NonZeroU32::new(max_query_metrics),
        counters: NonZeroU32::new(3).unwrap(),
    }
}

#[tokio::test]
async fn the_limit_on_query_metrics_is_read_before_the_first_query() {
    let mock = limited_mock().await;
    let mut probe = Probe::new(&mock, &HISTORICAL);
    let (_, plan) = probe.vcenter.open_cycle().await.unwrap();
    assert_eq!(plan.cycle.limits, limits(64));
    for _ in 0..2 {
        let (report, errors) = probe.cycle().await;
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(report.snapshot.unwrap().count(VmState::Sampled), 200);
    }
}

/// vCenter's default is assumed.
#[tokio::test]
async fn a_limit_that_cannot_be_read_is_recognized_when_it_is_exceeded() {
    let mock = limited_mock().await;
    let denied = Effect::fault("NoPermission");
    mock.add_fault(FaultRule::on("QueryOptions", denied));
    let mut probe = Probe::new(&mock, &HISTORICAL);
    let (_, plan) = probe.vcenter.open_cycle().await.unwrap();
    assert_eq!(plan.cycle.limits, limits(256));
    let (report, errors) = probe.cycle().await;
    assert_eq!(report.snapshot.unwrap().count(VmState::Sampled), 200);
    assert!((1..=4).contains(&errors.len()), "{errors:?}");
    for error in errors {
        assert_eq!(error.attribution(), Attribution::AdministratorLimit);
    }
    for _ in 0..3 {
        let (report, errors) = probe.cycle().await;
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(report.snapshot.unwrap().count(VmState::Sampled), 200);
    }
}

/// vCenter may summarise by a longer interval. A sample covers the time that it claims, and no more than lies between it and
/// the one before. One that claims no possible time counts as 20 seconds.
#[tokio::test]
async fn samples_of_another_interval_count_for_the_time_that_they_cover() {
    let mock = MockVcenter::with_vms(1).await.unwrap();
    let vm = running(&mock).swap_remove(0);
    let newest = mock.now().as_second().div_euclid(20) * 20 - 40;
    let [first, other, odd, last] = [newest - 140, newest - 130, newest - 100, newest]
        .map(|at| Timestamp::from_second(at).unwrap());
    let content = format!(
        "<returnval xsi:type=\"PerfEntityMetricCSV\"><entity type=\"VirtualMachine\">{}</entity>\
         <sampleInfoCSV>20,{first},300,{other},-7,{odd},60,{last}</sampleInfoCSV>\
         <value><id><counterId>{WRITE_RATE_ID}</counterId><instance>scsi0:0</instance></id><value>10,5000,7,30</value>\
         </value></returnval>",
        vm.moref,
    );
    let answer = Effect::answer("QueryPerf", &content);
    mock.add_fault(FaultRule::on("QueryPerf", answer));
    let (report, errors) = Probe::new(&mock, &[]).cycle().await;
    assert!(errors.is_empty(), "{errors:?}");
    let snapshot = report.snapshot.unwrap();
    let row = snapshot.vms().next().unwrap();
    assert_eq!(
        (row.vm.id.as_str(), row.state),
        (&*vm.moref, VmState::Sampled)
    );
    let written = (10 * 20 + 5_000 * 10 + 7 * 20 + 30 * 60) * 1_024;
    assert_eq!(row.stats.unwrap().write.total.unwrap().get(), written);
    assert_eq!(report.tally.refused(RefusalReason::Interval), 1);
}

/// A part of an answer about a VM: its samples, and the rates of each disk.
fn part(vm: &str, stamps: &[i64], disks: &[(&str, &str)]) -> String {
    let at = |second: &i64| format!("20,{}", Timestamp::from_second(*second).unwrap());
    let times: Vec<String> = stamps.iter().map(at).collect();
    let series = |(disk, rates): &(&str, &str)| {
        format!(
            "<value><id><counterId>{WRITE_RATE_ID}</counterId><instance>{disk}</instance></id><value>{rates}</value></value>"
        )
    };
    format!(
        "<returnval xsi:type=\"PerfEntityMetricCSV\"><entity type=\"VirtualMachine\">{vm}</entity>\
         <sampleInfoCSV>{}</sampleInfoCSV>{}</returnval>",
        times.join(","),
        disks.iter().map(series).collect::<String>()
    )
}

/// Both parts belong to the same samples, whichever way they are split.
#[tokio::test]
async fn a_vm_whose_samples_come_in_two_parts_counts_in_full() {
    let mock = MockVcenter::with_vms(1).await.unwrap();
    let vm = running(&mock).swap_remove(0).moref;
    let newest = mock.now().as_second().div_euclid(20) * 20 - 40;
    let stamps = [newest - 60, newest - 40, newest - 20, newest];
    let disks = [("scsi0:0", "1,2,3,4"), ("scsi0:1", "50,60,70,80")];
    let by_disk = disks.map(|disk| part(&vm, &stamps, &[disk]));
    let (earlier, later) = stamps.split_at(2);
    let by_time = [
        part(&vm, later, &[("scsi0:0", "3,4"), ("scsi0:1", "70,80")]),
        part(&vm, earlier, &[("scsi0:1", "50,60"), ("scsi0:0", "1,2")]),
    ];
    for parts in [by_disk, by_time] {
        let answer = Effect::answer("QueryPerf", &parts.concat());
        mock.add_fault(FaultRule::on("QueryPerf", answer));
        let (report, errors) = Probe::new(&mock, &[]).cycle().await;
        assert!(errors.is_empty(), "{errors:?}");
        let snapshot = report.snapshot.unwrap();
        let write = snapshot.vms().next().unwrap().stats.unwrap().write;
        let all_rates = 1 + 2 + 3 + 4 + 50 + 60 + 70 + 80;
        assert_eq!(write.total.unwrap().get(), all_rates * 20 * 1_024);
        assert_eq!(write.peak_rate.unwrap().get(), 84.0);
        mock.clear_faults();
    }
}
