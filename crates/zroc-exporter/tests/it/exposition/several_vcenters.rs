//! The page of several vCenters.

use planner_core::collection::VcenterName;
use zroc_exporter::exposition::Format;
use zroc_exporter::status::VcenterStatus;

use super::{render, render_all, snapshot, vcenter};
use crate::metrics_page::MetricsPage;

/// A family's samples, without the suffixes that its kind gives them.
fn family<'n>(name: &'n str, families: &[&str]) -> &'n str {
    let suffixes = ["", "_bucket", "_sum", "_count", "_total", "_info"];
    let mut stems = suffixes.iter().filter_map(|it| name.strip_suffix(it));
    stems.find(|stem| families.contains(stem)).unwrap_or(name)
}

#[test]
fn each_of_several_vcenters_has_its_own_series_and_families_stay_together() {
    let labelled = |name: &str| VcenterStatus {
        name: VcenterName::new(name),
        is_labelled: true,
        ..vcenter(Some(snapshot()))
    };
    for format in [Format::Text, Format::OpenMetrics] {
        let alone = render(vcenter(Some(snapshot())), format);
        let page = render_all(vec![labelled("boston"), labelled("ber\"lin")], format);
        let lines = |page: &str| page.lines().filter(|it| !it.starts_with('#')).count();
        let of_process = |line: &&str| {
            let of = ["process_", "vcenter_collector_build_info"];
            let of = of.into_iter().chain([
                "vcenter_collector_config_last_reload",
                "vcenter_collector_log_lines_dropped",
                "vcenter_collector_panics",
            ]);
            of.into_iter().any(|name| line.starts_with(name))
        };
        let shared = alone.lines().filter(of_process).count();
        assert_eq!(lines(&page) - shared, 2 * (lines(&alone) - shared));

        let declared = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        let declared: Vec<&str> = declared.filter_map(|it| it.split(' ').next()).collect();
        let mut seen: Vec<&str> = Vec::new();
        for line in page.lines().filter(|line| !line.starts_with('#')) {
            let name = line.split(['{', ' ']).next().unwrap();
            let family = family(name, &declared);
            if seen.last() != Some(&family) {
                assert!(!seen.contains(&family), "{family} is in two places");
                seen.push(family);
            }
            let is_labelled = line.contains("vcenter=\"");
            assert_eq!(is_labelled, !of_process(&line), "{line}");
        }
        let page = MetricsPage::parse(&page);
        for name in ["boston", "ber\"lin"] {
            let of_it = page.series("vcenter_vm_disk_write_bytes_total").iter();
            let of_it = of_it.filter(|(labels, _)| labels["vcenter"] == name);
            assert_eq!(of_it.count(), 1);
        }
    }
}
