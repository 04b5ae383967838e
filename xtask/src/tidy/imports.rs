//! Which crate may depend on which. A crate that is not listed may not depend on any of ours.

use std::collections::BTreeSet;

use crate::cargo_metadata::Metadata;

/// Crate, and what of ours it may have as a normal or build dependency.
///
/// The mock shares nothing with the client: a mock that shared the decoder's types would agree with its
/// bugs. What tests import is not limited.
const ALLOWED: [(&str, &[&str]); 5] = [
    ("mock-vcenter", &[]),
    ("planner-core", &[]),
    ("vsphere-soap", &[]),
    // The command line, for man pages and completions.
    ("xtask", &["vsphere-soap", "zroc-exporter"]),
    ("zroc-exporter", &["planner-core", "vsphere-soap"]),
];

/// planner-core decides and others act: it must not be able to wait, or to reach the network.
const NOT_IN_THE_CORE: [&str; 5] = ["async-std", "hyper", "reqwest", "tokio", "ureq"];

pub(super) fn problems(metadata: &Metadata) -> anyhow::Result<Vec<String>> {
    let mut problems = forbidden_edges(metadata);
    for package in metadata.built_into("planner-core")? {
        if NOT_IN_THE_CORE.contains(&package) {
            problems.push(format!(
                "planner-core depends on {package}, directly or not: take the value it was wanted for as an \
                 argument, and fetch it in zroc-exporter"
            ));
        }
    }
    Ok(problems)
}

fn forbidden_edges(metadata: &Metadata) -> Vec<String> {
    let members: BTreeSet<&str> = metadata.members().map(|member| &*member.name).collect();
    let mut problems = Vec::new();
    for member in metadata.members() {
        let rule = ALLOWED.iter().find(|(name, _)| *name == member.name);
        let allowed = rule.map_or(&[][..], |(_, allowed)| allowed);
        for dependency in &member.dependencies {
            let name = &*dependency.name;
            let counts = !dependency.is_for_tests() && members.contains(name);
            if counts && !allowed.contains(&name) {
                problems.push(format!(
                    "{} must not depend on {name}: move what both need to the side that owns it, or \
                     pass values ({} lists who may import whom)",
                    member.name,
                    file!()
                ));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::problems;
    use crate::cargo_metadata::Metadata;

    /// A workspace of planner-core and the mock, with the crates of others that planner-core brings along. `edges` are
    /// dependencies: from, to, and the kind if it is not a normal one.
    fn workspace(edges: &[(&str, &str, Option<&str>)]) -> Metadata {
        let names = ["planner-core", "mock-vcenter", "jiff", "tokio"];
        let of = |name: &str, entry: fn(&(&str, &str, Option<&str>)) -> Value| -> Vec<Value> {
            edges
                .iter()
                .filter(|edge| edge.0 == name)
                .map(entry)
                .collect()
        };
        let package = |name: &&str| {
            json!({
                "id": name, "name": name, "version": "1.0.0", "targets": [],
                "dependencies": of(name, |(_, to, kind)| json!({"name": to, "kind": kind})),
            })
        };
        let node = |name: &&str| {
            json!({
                "id": name,
                "deps": of(name, |(_, to, kind)| json!({"pkg": to, "dep_kinds": [{"kind": kind}]})),
            })
        };
        let metadata = json!({
            "packages": names.iter().map(package).collect::<Vec<_>>(),
            "workspace_members": ["planner-core", "mock-vcenter"],
            "resolve": {"nodes": names.iter().map(node).collect::<Vec<_>>()},
        });
        serde_json::from_value(metadata).expect("the shape of cargo metadata")
    }

    fn found(edges: &[(&str, &str, Option<&str>)]) -> Vec<String> {
        problems(&workspace(edges)).expect("planner-core is a member")
    }

    #[test]
    fn crates_of_ours_may_not_depend_on_each_other_unless_listed() {
        let found = found(&[("mock-vcenter", "planner-core", None)]);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("mock-vcenter must not depend on planner-core: move"),
            "{found:?}"
        );
    }

    #[test]
    fn build_dependencies_count_and_those_of_tests_do_not() {
        let with_kind = |kind| found(&[("mock-vcenter", "planner-core", Some(kind))]).len();
        assert_eq!((with_kind("build"), with_kind("dev")), (1, 0));
    }

    #[test]
    fn the_core_may_not_reach_the_network_by_way_of_others() {
        assert_eq!(found(&[("planner-core", "jiff", None)]), [""; 0]);
        let found = found(&[("planner-core", "jiff", None), ("jiff", "tokio", None)]);
        assert!(
            found[0].starts_with("planner-core depends on tokio"),
            "{found:?}"
        );
    }

    #[test]
    fn the_tests_of_the_core_may() {
        assert_eq!(found(&[("planner-core", "tokio", Some("dev"))]), [""; 0]);
    }
}
