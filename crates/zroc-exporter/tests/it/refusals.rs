//! A vCenter that refuses queries: the exporter publishes what it got, and names the rest with the reason.
//!
//! How each refusal is understood is tested in `translation.rs`, what a cycle does about it in `planner-core`, and how it
//! reads in `cycle_message.rs`.

use mock_vcenter::{FaultRule, MockVcenter};

use crate::exporter::Exporter;
use crate::metrics_page::{Labels, MetricsPage};
use crate::staging::{faults, invalid_argument, no_permission_on, running, settings, state};

/// One cycle, and then no more.
const ONCE: [(&str, &str); 1] = [("POLL_INTERVAL", "600")];

/// What the page says of a VM that only some cycles ask for.
fn left_out(page: &MetricsPage, moref: &str) -> Labels {
    let all = page.series("vcenter_collector_vm_left_out").iter();
    let mut of_vm = all.filter(|(labels, _)| labels["vm_moref"] == moref);
    of_vm.next().unwrap().0.clone()
}

#[tokio::test]
async fn a_refusal_of_every_query_is_an_error_and_blames_no_vm() {
    let mock = MockVcenter::with_vms(300).await.unwrap();
    let refused = invalid_argument("querySpec.metricId");
    mock.add_fault(FaultRule::on("QueryPerf", refused));
    let exporter = Exporter::start(&settings(&mock, &ONCE)).await;
    let health = exporter.first_cycle().await;
    let error = health["last_error"].as_str().unwrap();
    assert!(error.starts_with("300 of 300 VMs failed ("), "{error}");
    assert!(error.contains("querySpec.metricId"), "{error}");
    assert_eq!(exporter.get("/health").await.status, 503);
    let page = exporter.page().await;
    assert_eq!(page.value("vcenter_up"), Some(0.0));
    assert_eq!(
        (state(&page, "failed"), state(&page, "left_out")),
        (300.0, 0.0)
    );
    assert!(faults(&page) <= 32.0, "{}", faults(&page));
}

#[tokio::test]
async fn poisonous_and_denied_vms_are_named_and_cost_nobody_else() {
    let mock = MockVcenter::with_vms(300).await.unwrap();
    let vms = running(&mock);
    let (poisonous, denied) = ([&vms[17], &vms[18], &vms[240]], &vms[120]);
    for vm in poisonous {
        let refused = FaultRule::on("QueryPerf", invalid_argument("querySpec.metricId"));
        mock.add_fault(refused.object(&vm.moref));
    }
    let no_permission = no_permission_on("VirtualMachine", &denied.moref);
    mock.add_fault(FaultRule::on("QueryPerf", no_permission).object(&denied.moref));

    let exporter = Exporter::start(&settings(&mock, &ONCE)).await;
    let health = exporter.first_cycle().await;
    assert_eq!(health["last_vm_count"], 296);
    let error = health["last_error"].as_str().unwrap();
    assert!(
        error.starts_with("4 of 300 VMs left out from now on ("),
        "{error}"
    );
    let page = exporter.page().await;
    assert_eq!(page.value("vcenter_up"), Some(1.0));
    let states = ["sampled", "left_out", "no_permission", "failed"];
    assert_eq!(states.map(|it| state(&page, it)), [296.0, 3.0, 1.0, 0.0]);
    let all = poisonous.map(|vm| (vm, "invalid_argument"));
    for (vm, reason) in all.into_iter().chain([(denied, "no_permission")]) {
        let labels = left_out(&page, &vm.moref);
        assert_eq!(
            (&*labels["vm_name"], &*labels["reason"]),
            (&*vm.name, reason)
        );
    }
    let log = exporter.log();
    let mut said = log
        .lines()
        .filter(|line| line.contains("make queries fail"));
    assert!(
        said.next().is_some_and(|line| line.contains("\"vms\":4")),
        "{log}"
    );
    assert_eq!(said.next(), None, "{log}");
    let batches = |outcome| page.labelled("vcenter_collector_batches_total", "outcome", outcome);
    assert_eq!(batches("isolated"), Some(4.0));
    assert_eq!(
        batches("split"),
        page.value("vcenter_collector_batch_splits_total")
    );
    assert!(faults(&page) <= 1.0 + 3.0 * 2.0 * 7.0, "{}", faults(&page));
}
