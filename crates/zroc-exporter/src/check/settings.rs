//! The settings, before anything is sent.

use super::code::Code;
use super::finding::Finding;
use crate::settings::{LayerCounts, Layers, Oddity, Settings, SettingsError};

/// What is wrong with settings that cannot be used.
pub(super) fn refused(error: &SettingsError) -> Vec<Finding> {
    let problems = error.problems.iter();
    problems
        .map(|problem| Finding::failed(Code::Settings, problem.to_string()))
        .collect()
}

/// What there is to say of settings that can be used.
pub(super) fn accepted(layers: &Layers, settings: &Settings) -> Vec<Finding> {
    let mut findings = vec![given(&LayerCounts::of(layers))];
    for unknown in &settings.unknown_variables {
        let found = Finding::failed(
            Code::UnknownVariable,
            format!("{} is not a setting", unknown.name),
        );
        findings.push(match unknown.nearest {
            Some(nearest) => found
                .hint(format!("did you mean {nearest}?"))
                .setting(nearest),
            None => found,
        });
    }
    for vcenter in &settings.vcenters {
        let password = vcenter.password.read().ok();
        if let Some(oddity) = password.as_ref().and_then(Oddity::of) {
            let name = vcenter.name.as_str();
            let found = Finding::failed(
                Code::OddPassword,
                format!("the password for {name} {oddity}"),
            );
            findings.push(found.hint(
                "if that does not belong to it, correct VCENTER_PASSWORD or VCENTER_PASSWORD_FILE",
            ));
        }
    }
    findings
}

fn given(counts: &LayerCounts) -> Finding {
    let by = [
        (counts.flags, "flags".to_owned()),
        (counts.variables, "environment".to_owned()),
        (
            counts.file,
            counts.file_name.as_deref().unwrap_or("the file").to_owned(),
        ),
    ];
    let all: usize = by.iter().map(|(count, _)| count).sum();
    let parts = by.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts
        .map(|(count, layer)| format!("{count} by {layer}"))
        .collect();
    Finding::passed(Code::Settings, format!("{all} given: {}", parts.join(", ")))
        .fact("flags", counts.flags)
        .fact("environment", counts.variables)
        .fact("file", counts.file)
}
