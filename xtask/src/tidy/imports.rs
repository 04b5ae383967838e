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
    ("xtask", &["vsphere-soap"]),
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
