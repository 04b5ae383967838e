//! The operator's choice of VMs.

use planner_core::inventory::filter::{Candidate, Filter, Pattern, Property, Role, Selection};

use crate::governor_model::vms;

const VM: Candidate<'_> = Candidate {
    name: "web-prod-01",
    cluster: "Cluster-01",
    datacenter: "DC-East",
    folder: "Production/Web",
};

#[test]
fn without_a_choice_all_vms_are_wanted() {
    assert!(Filter::default().admits(VM));
}

#[test]
fn patterns_ignore_case_and_may_hold_wildcards() {
    for (pattern, fits) in [
        ("web-prod-01", true),
        ("WEB-*", true),
        ("*-prod-??", true),
        ("web", false),
        ("", false),
        ("*", true),
    ] {
        assert_eq!(Pattern::new(pattern).matches(VM.name), fits, "{pattern:?}");
    }
}

#[test]
fn every_selection_must_admit_a_vm() {
    let include = |pattern| Selection {
        include: vec![Pattern::new(pattern)],
        exclude: Vec::new(),
    };
    let both = Filter {
        names: include("web-*"),
        clusters: include("Cluster-01"),
        ..Filter::default()
    };
    assert!(both.admits(VM));
    assert!(!both.admits(Candidate {
        cluster: "Cluster-02",
        ..VM
    }));
    assert!(!both.admits(Candidate {
        name: "db-01",
        ..VM
    }));
}

#[test]
fn patterns_that_fit_no_vm_are_found() {
    let patterns = |texts: &[&str]| texts.iter().map(|text| Pattern::new(text)).collect();
    let filter = Filter {
        folders: Selection {
            include: patterns(&["", "Production"]),
            exclude: patterns(&["*", "Old/*"]),
        },
        clusters: Selection {
            include: patterns(&["Cluster-01"]),
            exclude: Vec::new(),
        },
        ..Filter::default()
    };
    let inventory = vms(0..3);
    let idle = filter.idle_patterns(inventory.vms());
    let idle: Vec<_> = idle
        .iter()
        .map(|it| (it.property, it.role, it.pattern.as_str()))
        .collect();
    let expected = [
        (Property::Cluster, Role::Include, "Cluster-01"),
        (Property::Folder, Role::Include, "Production"),
        (Property::Folder, Role::Exclude, "Old/*"),
    ];
    assert_eq!(idle, expected);
    assert_eq!(Filter::default().idle_patterns(inventory.vms()), []);
}
