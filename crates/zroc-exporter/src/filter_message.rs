//! What people read about patterns of theirs that fit no VM.

use planner_core::inventory::Inventory;
use planner_core::inventory::filter::{Filter, IdlePattern, Property, Role};

/// A sentence about each pattern that fits none of the VMs. Empty if there are no VMs.
pub fn idle_patterns(filter: &Filter, inventory: &Inventory) -> Vec<String> {
    let vms = inventory.vms();
    if vms.is_empty() {
        return Vec::new();
    }
    let idle = filter.idle_patterns(vms).into_iter();
    idle.map(|idle| sentence(idle, vms.len())).collect()
}

/// Why no VM is left, if the filters left out all there are.
pub fn nothing_left(filter: &Filter, inventory: &Inventory) -> Option<String> {
    let vms = inventory.vms();
    if vms.is_empty() || !vms.iter().all(|vm| vm.is_filtered) {
        return None;
    }
    let idle = filter.idle_patterns(vms).into_iter();
    let of_includes = idle.filter(|idle| idle.role == Role::Include);
    let why: Vec<String> = of_includes.map(|idle| sentence(idle, vms.len())).collect();
    let why = if why.is_empty() {
        "look at the settings that begin with INCLUDE_ and EXCLUDE_".to_owned()
    } else {
        why.join("; ")
    };
    Some(format!(
        "the filters leave out all {} VMs: {why}",
        vms.len()
    ))
}

fn sentence(idle: IdlePattern<'_>, vms: usize) -> String {
    let (setting, pattern) = (setting(idle.property, idle.role), idle.pattern.as_str());
    let what = match idle.property {
        Property::Name => "the name",
        Property::Cluster => "the cluster",
        Property::Datacenter => "the datacenter",
        Property::Folder => "the folder",
    };
    let hint = hint(pattern).map(|hint| format!("; {hint}"));
    let hint = hint.unwrap_or_default();
    format!("{setting}: \"{pattern}\" fits {what} of none of the {vms} VMs{hint}")
}

fn setting(property: Property, role: Role) -> &'static str {
    match (property, role) {
        (Property::Name, Role::Include) => "INCLUDE_VMS",
        (Property::Name, Role::Exclude) => "EXCLUDE_VMS",
        (Property::Cluster, Role::Include) => "INCLUDE_CLUSTERS",
        (Property::Cluster, Role::Exclude) => "EXCLUDE_CLUSTERS",
        (Property::Datacenter, Role::Include) => "INCLUDE_DATACENTERS",
        (Property::Datacenter, Role::Exclude) => "EXCLUDE_DATACENTERS",
        (Property::Folder, Role::Include) => "INCLUDE_FOLDERS",
        (Property::Folder, Role::Exclude) => "EXCLUDE_FOLDERS",
    }
}

/// What the operator may have meant.
fn hint(pattern: &str) -> Option<&'static str> {
    const OF_REGULAR_EXPRESSIONS: [&str; 9] = [".*", ".+", ".?", "\\", "^", "$", "(?", "|", ")"];
    let is_within =
        |mark: char| pattern.len() > 1 && pattern.starts_with(mark) && pattern.ends_with(mark);
    let has_any = |parts: &[&str]| parts.iter().any(|part| pattern.contains(part));
    if is_within('/') || has_any(&OF_REGULAR_EXPRESSIONS) {
        Some("it looks like a regular expression, but only * and ? have a meaning")
    } else if has_any(&["[", "]", "{", "}"]) {
        Some("brackets and braces stand for themselves: only * and ? have a meaning")
    } else if is_within('"') || is_within('\'') {
        Some("the quotes are part of it: leave them out")
    } else if pattern.contains(';') {
        Some("patterns are separated by commas")
    } else if pattern.contains('%') {
        Some("% stands for itself: use * for any characters")
    } else {
        None
    }
}
