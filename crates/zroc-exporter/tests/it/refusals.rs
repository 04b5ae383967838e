//! A vCenter that refuses: what can be had is had, and what cannot is named with its reason.

use std::time::Duration;

use mock_vcenter::{Effect, FaultRule, MockVcenter, Options, Settings, VmTruth};

use crate::exporter::Exporter;
use crate::metrics_page::{Labels, MetricsPage};
use crate::staging::{faults, running, settings, state};

const IOPS: &str = "vcenter_vm_disk_write_iops";

/// The mock's number for `virtualDisk.numberWriteAveraged.average`.
const WRITE_IOPS_ID: u32 = 180;

fn at_level(statistics_level: u8, max_query_metrics: Option<i64>) -> Settings {
    Settings {
        statistics_level,
        max_query_metrics,
        ..Settings::default()
    }
}

fn invalid_argument(property: &str) -> Effect {
    let message = format!("A specified parameter was not correct: {property}");
    let field = format!("<invalidProperty>{property}</invalidProperty>");
    Effect::fault_with("InvalidArgument", &message, &field)
}

fn no_permission_on(kind: &str, moref: &str) -> Effect {
    let message = "Permission to perform this operation was denied.";
    let object = format!("<object type=\"{kind}\">{moref}</object>");
    Effect::fault_with(
        "NoPermission",
        message,
        &format!("{object}<privilegeId>System.Read</privilegeId>"),
    )
}

/// What the page says of a VM that is not asked for in every cycle.
fn left_out(page: &MetricsPage, moref: &str) -> Option<Labels> {
    let all = page.series("vcenter_collector_vm_left_out").iter();
    let mut of_vm = all.filter(|(labels, _)| labels["vm_moref"] == moref);
    of_vm.next().map(|(labels, _)| labels.clone())
}

#[tokio::test]
async fn a_refusal_of_every_query_is_an_error_and_blames_no_vm() {
    let refusals = [
        (
            10,
            invalid_argument("querySpec.interval"),
            "querySpec.interval",
        ),
        (
            300,
            invalid_argument("querySpec.metricId"),
            "querySpec.metricId",
        ),
        (
            10,
            no_permission_on("PerformanceManager", "PerfMgr"),
            "NoPermission",
        ),
        (
            300,
            Effect::fault_with("SystemError", "A general system error occurred", ""),
            "SystemError",
        ),
        (
            4,
            Effect::Delay(Duration::from_secs(600)),
            "VCENTER_REQUEST_TIMEOUT",
        ),
    ];
    for (vms, effect, reason) in refusals {
        let mock = MockVcenter::with_vms(vms).await.unwrap();
        mock.add_fault(FaultRule::on("QueryPerf", effect));
        let once = [("VCENTER_REQUEST_TIMEOUT", "1"), ("POLL_INTERVAL", "600")];
        let exporter = Exporter::start(&settings(&mock, &once)).await;
        let health = exporter.first_cycle().await;
        let error = health["last_error"].as_str().unwrap();
        assert!(
            error.starts_with(&format!("{vms} of {vms} VMs failed (")),
            "{error}"
        );
        assert!(error.contains(reason), "{error}");
        assert_eq!(exporter.get("/health").await.status, 503);
        let page = exporter.page().await;
        assert_eq!(page.value("vcenter_up"), Some(0.0));
        assert_eq!(
            (state(&page, "failed"), state(&page, "left_out")),
            (vms as f64, 0.0)
        );
        assert!(faults(&page) <= 32.0, "{reason}: {}", faults(&page));
    }
}

#[tokio::test]
async fn a_cycle_without_any_values_says_so() {
    let mock = MockVcenter::start(Options {
        settings: at_level(1, None),
        ..Options::with_vms(10)
    })
    .await
    .unwrap();
    let exporter = Exporter::start(&settings(&mock, &[("PERF_SOURCE", "historical")])).await;
    let health = exporter.first_cycle().await;
    let error = health["last_error"].as_str().unwrap();
    assert!(
        error.contains("no values of any of the 10 running VMs"),
        "{error}"
    );
    let page = exporter.page().await;
    assert_eq!(
        (page.value("vcenter_up"), state(&page, "no_data")),
        (Some(0.0), 10.0)
    );
}

#[tokio::test]
async fn a_limit_on_query_metrics_is_kept_from_the_first_query_on() {
    let options = Options {
        settings: at_level(3, Some(64)),
        ..Options::with_vms(200)
    };
    let mock = MockVcenter::start(options).await.unwrap();
    let historical = [("PERF_SOURCE", "historical"), ("BATCH_SIZE", "200")];
    let exporter = Exporter::start(&settings(&mock, &historical)).await;
    let health = exporter.first_cycle().await;
    assert_eq!(
        (&health["last_vm_count"], &health["status"]),
        (&200.into(), &"ok".into())
    );
    assert_eq!(faults(&exporter.page_after_cycles(2).await), 0.0);
}

#[tokio::test]
async fn a_limit_that_cannot_be_read_is_learned_in_the_first_cycle() {
    let options = Options {
        settings: at_level(3, Some(64)),
        ..Options::with_vms(200)
    };
    let mock = MockVcenter::start(options).await.unwrap();
    let denied = Effect::fault_with(
        "NoPermission",
        "Permission to perform this operation was denied.",
        "",
    );
    mock.add_fault(FaultRule::on("QueryOptions", denied));
    let historical = [("PERF_SOURCE", "historical"), ("BATCH_SIZE", "200")];
    let exporter = Exporter::start(&settings(&mock, &historical)).await;
    let health = exporter.first_cycle().await;
    assert_eq!(
        (&health["last_vm_count"], &health["status"]),
        (&200.into(), &"ok".into())
    );
    let learned = faults(&exporter.page().await);
    assert!((1.0..=4.0).contains(&learned), "{learned}");
    assert_eq!(faults(&exporter.page_after_cycles(3).await), learned);
}

#[tokio::test]
async fn poisonous_vms_are_named_and_cost_nobody_else() {
    let mock = MockVcenter::with_vms(5_000).await.unwrap();
    let vms = running(&mock);
    let poisonous = [&vms[17], &vms[18], &vms[4_640]];
    for vm in poisonous {
        let effect = invalid_argument("querySpec.metricId");
        mock.add_fault(FaultRule::on("QueryPerf", effect.clone()).object(&vm.moref));
    }

    let exporter = Exporter::start(&settings(
        &mock,
        &[("POLL_INTERVAL", "5"), ("CYCLE_TIMEOUT", "300")],
    ))
    .await;
    let health = exporter.first_cycle().await;
    assert_eq!(health["last_vm_count"], 4_997);
    let error = health["last_error"].as_str().unwrap();
    assert!(
        error.starts_with("3 of 5000 VMs left out from now on ("),
        "{error}"
    );
    let page = exporter.page().await;
    assert_eq!(page.value("vcenter_up"), Some(1.0));
    assert_eq!(
        (state(&page, "sampled"), state(&page, "left_out")),
        (4_997.0, 3.0)
    );
    for vm in poisonous {
        let labels = left_out(&page, &vm.moref).unwrap();
        let found = (&*labels["vm_name"], &*labels["reason"]);
        assert_eq!(found, (&*vm.name, "invalid_argument"));
        assert!(error.contains(&vm.name) && exporter.log().contains(&vm.name));
    }
    assert!(faults(&page) <= 3.0 * 2.0 * 7.0, "{}", faults(&page));

    // They were told of, and are in a state of their own.
    let health = exporter
        .health_when(|health| health["collection_cycles"].as_u64() >= Some(2))
        .await;
    assert_eq!(
        (&health["status"], &health["last_error"]),
        (&"ok".into(), &serde_json::Value::Null)
    );
}

/// It may have been deleted since the inventory was read. When it stays there, something is wrong with it.
#[tokio::test]
async fn a_vm_that_is_not_there_any_more_is_no_failure_at_first() {
    let mock = MockVcenter::with_vms(50).await.unwrap();
    let vm = running(&mock).swap_remove(7);
    let object = format!("<obj type=\"VirtualMachine\">{}</obj>", vm.moref);
    let effect = Effect::fault_with(
        "ManagedObjectNotFound",
        "The object has already been deleted",
        &object,
    );
    mock.add_fault(FaultRule::on("QueryPerf", effect.clone()).object(&vm.moref));
    let often = [("POLL_INTERVAL", "5"), ("VM_INVENTORY_TTL", "1")];
    let exporter = Exporter::start(&settings(&mock, &often)).await;
    let health = exporter.first_cycle().await;
    assert_eq!(
        (&health["status"], &health["last_error"]),
        (&"ok".into(), &serde_json::Value::Null)
    );
    let page = exporter.page().await;
    assert_eq!(
        (state(&page, "sampled"), state(&page, "no_data")),
        (49.0, 1.0)
    );

    let health = exporter
        .health_when(|health| !health["last_error"].is_null())
        .await;
    let error = health["last_error"].as_str().unwrap();
    assert!(
        error.starts_with("1 of 50 VMs left out from now on (") && error.contains(&vm.name),
        "{error}"
    );
    let page = exporter.page().await;
    assert_eq!(state(&page, "left_out"), 1.0);
    assert_eq!(left_out(&page, &vm.moref).unwrap()["reason"], "not_found");
}

#[tokio::test]
async fn a_vm_that_the_account_may_not_read_is_told_apart() {
    let mock = MockVcenter::with_vms(50).await.unwrap();
    let denied = running(&mock).swap_remove(7);
    let effect = no_permission_on("VirtualMachine", &denied.moref);
    mock.add_fault(FaultRule::on("QueryPerf", effect).object(&denied.moref));
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    exporter.first_cycle().await;
    let page = exporter.page().await;
    assert_eq!(
        (
            state(&page, "sampled"),
            state(&page, "no_permission"),
            state(&page, "left_out")
        ),
        (49.0, 1.0, 0.0)
    );
    let reason = &left_out(&page, &denied.moref).unwrap()["reason"];
    assert_eq!(reason, "no_permission");
    assert_eq!(
        page.labelled("vcenter_collector_batches_total", "outcome", "isolated"),
        Some(1.0)
    );
    assert_eq!(
        page.value("vcenter_collector_batch_splits_total"),
        Some(0.0)
    );

    mock.clear_faults();
    exporter
        .health_when(|health| health["last_vm_count"] == 50)
        .await;
    assert_eq!(state(&exporter.page().await, "no_permission"), 0.0);
}

#[tokio::test]
async fn a_host_that_is_away_costs_its_own_vms_and_only_while_it_is() {
    let mock = MockVcenter::with_vms(200).await.unwrap();
    let vms = running(&mock);
    let there: Vec<&VmTruth> = vms.iter().filter(|vm| vm.host == vms[0].host).collect();
    assert!((2..100).contains(&there.len()));
    let effect = Effect::fault_with(
        "HostNotConnected",
        "Unable to communicate with the remote host",
        "",
    );
    for vm in &there {
        mock.add_fault(FaultRule::on("QueryPerf", effect.clone()).object(&vm.moref));
    }
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    let health = exporter.first_cycle().await;
    let error = health["last_error"].as_str().unwrap();
    assert!(
        error.starts_with(&format!("{} of 200 VMs failed (", there.len())),
        "{error}"
    );
    assert!(error.contains("HostNotConnected"), "{error}");
    let page = exporter.page().await;
    assert_eq!(
        (state(&page, "failed"), state(&page, "left_out")),
        (there.len() as f64, 0.0)
    );
    mock.clear_faults();
    let page = exporter.page_after_cycles(2).await;
    assert_eq!(
        (state(&page, "sampled"), page.value("vcenter_up")),
        (200.0, Some(1.0))
    );
}

#[tokio::test]
async fn an_answer_that_can_never_be_read_costs_the_vm_that_spoils_it() {
    let mock = MockVcenter::with_vms(100).await.unwrap();
    let spoiling = running(&mock).swap_remove(17);
    mock.add_fault(FaultRule::on("QueryPerf", Effect::Garbage(5_000)).object(&spoiling.moref));
    let exporter = Exporter::start(&settings(&mock, &[("BATCH_SIZE", "50")])).await;
    let health = exporter.first_cycle().await;
    let error = health["last_error"].as_str().unwrap();
    assert!(
        error.starts_with("1 of 100 VMs failed (") && error.contains(&spoiling.name),
        "{error}"
    );
    let page = exporter.page().await;
    assert_eq!(
        (state(&page, "sampled"), state(&page, "left_out")),
        (99.0, 0.0)
    );
}

/// vCenter summarises by a longer interval where it has nothing in that asked for.
#[tokio::test]
async fn samples_of_another_interval_are_dropped_and_the_others_count() {
    let mock = MockVcenter::with_vms(1).await.unwrap();
    let vm = running(&mock).swap_remove(0);
    let newest = mock.now().as_second().div_euclid(20) * 20 - 40;
    let stamps =
        [newest - 20, newest - 10, newest].map(|at| jiff::Timestamp::from_second(at).unwrap());
    let [first, other, last] = stamps;
    let content = format!(
        "<returnval xsi:type=\"PerfEntityMetricCSV\"><entity type=\"VirtualMachine\">{}</entity>\
         <sampleInfoCSV>20,{first},300,{other},20,{last}</sampleInfoCSV>\
         <value><id><counterId>{WRITE_IOPS_ID}</counterId><instance>scsi0:0</instance></id><value>10,5000,30</value>\
         </value></returnval>",
        vm.moref,
    );
    let answer = Effect::answer("QueryPerf", &content);
    mock.add_fault(FaultRule::on("QueryPerf", answer));
    let exporter = Exporter::start(&settings(&mock, &[("POLL_INTERVAL", "600")])).await;
    let health = exporter.first_cycle().await;
    assert_eq!(health["last_vm_count"], 1, "{health}");
    assert_eq!(exporter.page().await.vm(IOPS, &vm.moref), Some(20.0));
}
