//! All that was found, and what it amounts to.

use serde_json::{Map, Value, json};

use super::code::Verdict;
use super::finding::Finding;
use crate::version::VERSION;

/// What was found about the settings and about each vCenter, in the order of the settings.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// About the settings.
    pub(super) settings: Vec<Finding>,
    /// About each vCenter.
    pub(super) vcenters: Vec<VcenterReport>,
}

/// What was found about one vCenter.
#[derive(Debug)]
pub(super) struct VcenterReport {
    /// As the operator calls it.
    pub(super) name: String,
    /// Where it is asked, and as whom.
    pub(super) target: String,
    /// What was found.
    pub(super) findings: Vec<Finding>,
    /// What it is, in figures.
    pub(super) facts: Map<String, Value>,
}

impl VcenterReport {
    pub(super) fn fact(&mut self, name: &str, value: impl Into<Value>) {
        self.facts.insert(name.to_owned(), value.into());
    }
}

impl Report {
    /// How many checks ended so.
    pub(super) fn count(&self, verdict: Verdict) -> usize {
        let all = self.vcenters.iter().flat_map(|it| &it.findings);
        let all = self.settings.iter().chain(all);
        all.filter(|finding| finding.verdict == verdict).count()
    }

    /// Whether there is nothing to blame.
    pub(super) fn is_success(&self, is_strict: bool) -> bool {
        self.count(Verdict::Error) == 0 && !(is_strict && self.count(Verdict::Warning) > 0)
    }

    /// The report for programs.
    pub(super) fn to_json(&self, is_strict: bool) -> Value {
        let vcenters = self.vcenters.iter().map(|it| {
            json!({
                "name": it.name,
                "checks": as_json(&it.findings),
                "facts": it.facts,
            })
        });
        json!({
            "version": VERSION,
            "success": self.is_success(is_strict),
            "passed": self.count(Verdict::Passed),
            "warnings": self.count(Verdict::Warning),
            "errors": self.count(Verdict::Error),
            "checks": as_json(&self.settings),
            "vcenters": vcenters.collect::<Value>(),
        })
    }
}

fn as_json(findings: &[Finding]) -> Value {
    findings.iter().map(one_as_json).collect()
}

fn one_as_json(finding: &Finding) -> Value {
    let mut object = json!({
        "id": finding.code.id(),
        "group": finding.group().as_str(),
        "result": finding.verdict.as_str(),
        "message": finding.message,
    });
    if let Some(hint) = &finding.hint {
        object["hint"] = hint.as_str().into();
    }
    if let Some(setting) = finding.setting {
        object["setting"] = setting.into();
    }
    if !finding.facts.is_empty() {
        object["facts"] = finding.facts.clone().into();
    }
    object
}
