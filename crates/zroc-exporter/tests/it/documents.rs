//! The README says what the program does: all of it, and nothing that it no longer does.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use planner_core::inventory::sizing_exclusion::SizingExclusion;
use planner_core::vm_state::{NoDataReason, VmState};
use zroc_exporter::settings::{SETTINGS, reference};

use crate::metrics_page::MetricsPage;

const README: &str = include_str!("../../../../README.md");
const CHANGELOG: &str = include_str!("../../../../CHANGELOG.md");
const COMPOSE: &str = include_str!("../../../../deploy/compose.yaml");
const RECORDED_PAGE: &str = include_str!("snapshots/it__exposition__text.snap");

/// The text under a heading of the second level.
fn section(heading: &str) -> &'static str {
    let start = format!("\n## {heading}\n");
    let (_, text) = README.split_once(&start).unwrap();
    text.split("\n## ").next().unwrap()
}

/// The cells of the table rows of a section, its headings included.
fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let rows = text.lines().filter(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect())
}

/// What stands between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Shows only what differs.
fn assert_same<K: Ord + Debug, V: PartialEq + Debug>(told: &BTreeMap<K, V>, ours: &BTreeMap<K, V>) {
    let names = told.keys().chain(ours.keys());
    let differing = names.filter(|name| told.get(name) != ours.get(name));
    let differences: Vec<_> = differing
        .map(|name| {
            format!(
                "{name:?}: README {:?}, program {:?}",
                told.get(name),
                ours.get(name)
            )
        })
        .collect();
    assert!(differences.is_empty(), "{differences:#?}");
}

/// What is quoted in the row about a metric, behind its name.
fn values_of(metric: &str) -> BTreeSet<&'static str> {
    let row = rows(section("Metrics")).find(|cells| cells[0] == format!("`{metric}`"));
    quoted(row.unwrap()[1]).into_iter().collect()
}

#[test]
fn the_readme_has_the_table_of_settings() {
    let ours = reference();
    assert!(
        section("Settings").contains(&format!("\n\n{ours}\n")),
        "put this table into the README:\n{ours}"
    );
}

#[test]
fn the_readme_has_exactly_our_metrics_with_their_labels() {
    let mut told: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for quoted in quoted(README) {
        let is_key = SETTINGS.iter().any(|setting| setting.key == Some(quoted));
        if !quoted.starts_with("vcenter_") || is_key {
            continue;
        }
        let (name, labels) = quoted.split_once('{').unwrap_or((quoted, "}"));
        let labels = labels.strip_suffix('}').unwrap();
        let labels = labels.split(',').filter(|label| !label.is_empty());
        told.entry(name).or_default().extend(labels);
    }
    let of_a_vm = "vm_name`, `vm_moref`, `cluster`, `host`, `datacenter";
    assert!(section("Metrics").contains(&format!("with the labels `{of_a_vm}`")));
    let of_a_vm: BTreeSet<&str> = of_a_vm.split("`, `").collect();
    let of_a_disk: BTreeSet<&str> = of_a_vm.iter().copied().chain(["disk"]).collect();
    for (name, labels) in &mut told {
        if !labels.is_empty() {
            continue;
        }
        if name.starts_with("vcenter_vm_") {
            labels.clone_from(&of_a_vm);
        } else if name.starts_with("vcenter_virtual_disk_") {
            labels.clone_from(&of_a_disk);
        }
    }

    let (_, text) = RECORDED_PAGE.split_once("\n---\n").unwrap();
    let page = MetricsPage::parse(text);
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let published = types.map(|line| {
        let (name, kind) = line.split_once(' ').unwrap();
        let sample = if kind == "histogram" {
            format!("{name}_bucket")
        } else {
            name.to_owned()
        };
        let (labels, _) = &page.series(&sample)[0];
        let labels = labels
            .keys()
            .map(String::as_str)
            .filter(|label| *label != "le");
        (name, labels.collect())
    });
    assert_same(&told, &published.collect());
}

#[test]
fn other_documents_name_only_what_exists() {
    let words = |text: &'static str| {
        text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .filter(|word| word.contains('_'))
    };
    let settings = SETTINGS.iter().map(|setting| setting.name);
    let known: BTreeSet<&str> = settings.chain(words(RECORDED_PAGE)).collect();
    for name in words(CHANGELOG).chain(words(COMPOSE)) {
        let is_variable = name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        // The prefix by itself, and the file of the container.
        let is_metric = name.starts_with("vcenter_")
            && !matches!(name, "vcenter_collector_" | "vcenter_password");
        assert!(
            !(is_variable || is_metric) || known.contains(name),
            "{name}"
        );
    }
}

#[test]
fn the_readme_has_exactly_the_states_and_reasons() {
    assert_eq!(
        values_of("vcenter_collector_vms{state}"),
        VmState::ALL.iter().map(|it| it.as_str()).collect()
    );
    assert_eq!(
        values_of("vcenter_collector_vms_without_data{reason}"),
        NoDataReason::ALL.iter().map(|it| it.as_str()).collect()
    );
    assert_eq!(
        values_of("vcenter_collector_vms_not_sized{reason}"),
        BTreeSet::from(SizingExclusion::ALL.map(SizingExclusion::as_str))
    );
}
