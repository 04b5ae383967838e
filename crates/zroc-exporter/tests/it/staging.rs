//! What a test sets up, and the truth of the mock vCenter that it compares with.

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::{Duration, UNIX_EPOCH};

use jiff::Timestamp;
use mock_vcenter::{Effect, MockVcenter, Options, VmTruth};
use planner_core::inventory::Vm;
use tokio::time::Instant;
use zroc_exporter::self_metrics::CollectionMetrics;
use zroc_exporter::settings::Settings;
use zroc_exporter::vcenter::{Moment, Vcenter};

use crate::metrics_page::{Labels, MetricsPage};

/// Settings as environment variables.
pub(crate) type Variables = Vec<(&'static str, String)>;

/// A vCenter with unusual VMs among the ordinary ones, which shows its inventory in pages of this many objects.
pub(crate) async fn odd_mock(vms: usize, page_limit: usize) -> MockVcenter {
    let options = Options {
        page_limit,
        ..Options::with_vms(vms).with_oddities()
    };
    MockVcenter::start(options).await.unwrap()
}

/// Settings that reach a mock and collect without pauses, with these in addition or instead.
pub(crate) fn settings(mock: &MockVcenter, more: &[(&'static str, &str)]) -> Variables {
    let address = mock.address();
    let mut settings = vec![
        ("VCENTER_HOST", address.ip().to_string()),
        ("VCENTER_PORT", address.port().to_string()),
        ("VCENTER_PASSWORD", Options::default().password),
        ("VCENTER_THUMBPRINT", mock.thumbprint().to_owned()),
        ("POLL_INTERVAL", "1".to_owned()),
        ("BATCH_DELAY", "0".to_owned()),
    ];
    settings.retain(|(name, _)| more.iter().all(|(other, _)| !replaces(other, name)));
    let more = more
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    settings.extend(more);
    settings
}

/// A password is given in one way only.
fn replaces(name: &str, default: &str) -> bool {
    name == default || (name, default) == ("VCENTER_PASSWORD_FILE", "VCENTER_PASSWORD")
}

/// The settings as the program reads them.
pub(crate) fn load(variables: &[(&'static str, String)]) -> Settings {
    Settings::load(variables.iter().cloned().collect()).unwrap()
}

/// The gateway to a mock, in this process.
pub(crate) fn vcenter(mock: &MockVcenter, more: &[(&'static str, &str)]) -> Vcenter {
    let settings = load(&settings(mock, more)).vcenters.remove(0);
    Vcenter::new(settings, CollectionMetrics::default()).unwrap()
}

/// The moment of this time, by a monotonic clock that has always run with the wall clock.
pub(crate) fn at(timestamp: Timestamp) -> Moment {
    static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);
    let since_epoch = timestamp.duration_since(Timestamp::UNIX_EPOCH);
    Moment {
        instant: *EPOCH + Duration::try_from(since_epoch).unwrap(),
        timestamp,
    }
}

/// The inventory that a new exporter reads.
pub(crate) async fn read_afresh(mock: &MockVcenter, more: &[(&'static str, &str)]) -> Vec<Vm> {
    let mut vcenter = vcenter(mock, more);
    let inventory = vcenter.refresh(at(Timestamp::UNIX_EPOCH)).await.unwrap();
    vcenter.logout().await.unwrap();
    inventory.vms().to_vec()
}

/// The VMs that have statistics.
pub(crate) fn running(mock: &MockVcenter) -> Vec<VmTruth> {
    let vms = mock.world().vms().into_iter();
    vms.filter(|vm| vm.powered_on && !vm.template).collect()
}

/// The labels of a VM's series.
pub(crate) fn labels_of(vm: &VmTruth) -> Labels {
    let five = [
        ("vm_name", &vm.name),
        ("vm_moref", &vm.moref),
        ("cluster", &vm.cluster),
        ("host", &vm.host),
        ("datacenter", &vm.datacenter),
    ];
    five.map(|(name, value)| (name.to_owned(), value.clone()))
        .into()
}

/// The labels of all running VMs.
pub(crate) fn true_labels(mock: &MockVcenter) -> BTreeSet<Labels> {
    running(mock).iter().map(labels_of).collect()
}

/// The labels of all series of a metric.
pub(crate) fn labels(page: &MetricsPage, name: &str) -> BTreeSet<Labels> {
    let series = page.series(name).iter();
    series.map(|(labels, _)| labels.clone()).collect()
}

/// Compares sets of series, and shows only where they differ.
pub(crate) fn assert_same(found: &BTreeSet<Labels>, expected: &BTreeSet<Labels>) {
    let extra: Vec<_> = found.difference(expected).collect();
    let missing: Vec<_> = expected.difference(found).collect();
    assert!(
        extra.is_empty() && missing.is_empty(),
        "extra: {extra:?}\nmissing: {missing:?}"
    );
}

/// How many VMs are in a state.
pub(crate) fn state(page: &MetricsPage, state: &str) -> f64 {
    page.labelled("vcenter_collector_vms", "state", state)
        .unwrap()
}

/// How many queries have failed.
pub(crate) fn faults(page: &MetricsPage) -> f64 {
    let all = page.series("vcenter_collector_soap_requests_total").iter();
    let of_queries =
        all.filter(|(labels, _)| labels["operation"] == "QueryPerf" && labels["outcome"] != "ok");
    of_queries.map(|(_, count)| count).sum()
}

/// The stamp of the newest sample on a page.
pub(crate) fn newest_sample(page: &MetricsPage) -> Timestamp {
    let seconds = page.value("vcenter_collector_newest_sample_timestamp_seconds");
    Timestamp::try_from(UNIX_EPOCH + Duration::from_secs_f64(seconds.unwrap())).unwrap()
}

/// vCenter's refusal of an argument, here of a property.
pub(crate) fn invalid_argument(property: &str) -> Effect {
    let message = format!("A specified parameter was not correct: {property}");
    let field = format!("<invalidProperty>{property}</invalidProperty>");
    Effect::fault_with("InvalidArgument", &message, &field)
}

/// vCenter's refusal of an account without the right to an object.
pub(crate) fn no_permission_on(kind: &str, moref: &str) -> Effect {
    let message = "Permission to perform this operation was denied.";
    let object = format!("<object type=\"{kind}\">{moref}</object>");
    Effect::fault_with(
        "NoPermission",
        message,
        &format!("{object}<privilegeId>System.Read</privilegeId>"),
    )
}

/// A file that users get, by its path in the repository.
pub(crate) fn deployed(path: &str) -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    std::fs::read_to_string(format!("{root}/{path}")).unwrap()
}
