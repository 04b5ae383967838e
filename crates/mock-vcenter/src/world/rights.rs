//! What the account may not see: rules, as data.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::object::Object;

/// Takes a right from the one account.
///
/// In JSON: `{"object": "vm-1001", "path": "config", "kind": "no_permission"}`; without a path it
/// is about all properties.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DenyRule {
    /// The id of an object, or `*` for all.
    pub object: String,
    /// A property and everything below it, or `*` for all.
    #[serde(default = "everything")]
    pub path: String,
    /// How it shows.
    pub kind: Denial,
}

/// How a missing right shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Denial {
    /// The property is left out as if it had no value.
    Unset,
    /// The property is in the `missingSet` with the fault `NoPermission`.
    NoPermission,
    /// No `System.View` on the object, whatever the path: views and lists leave it out, its
    /// properties are in the `missingSet`, and a `QueryPerf` that names it fails as a whole.
    Hidden,
}

/// The rules in force, their objects looked up.
#[derive(Debug, Clone, Default)]
pub(super) struct Rights {
    /// On one object or on all.
    rules: Vec<(Option<Object>, DenyRule)>,
    hidden_vms: HashSet<u32>,
    hides_all_vms: bool,
}

impl Rights {
    pub(super) fn shows_vm(&self, index: u32) -> bool {
        !self.hides_all_vms && !self.hidden_vms.contains(&index)
    }

    pub(super) fn hide_vm(&mut self, index: u32) {
        self.hidden_vms.insert(index);
    }

    pub(super) fn hide_all_vms(&mut self) {
        self.hides_all_vms = true;
    }

    /// Adds a rule on one object or on all.
    pub(super) fn add(&mut self, object: Option<Object>, rule: DenyRule) {
        self.rules.push((object, rule));
    }

    /// How the first rule about a property of a visible object denies it.
    pub(super) fn denial(&self, object: Object, path: &str) -> Option<Denial> {
        let about = |rule: &DenyRule| {
            let below = path.strip_prefix(rule.path.as_str());
            rule.path == "*" || below.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let mut rules = self.rules.iter();
        rules
            .find(|(on, rule)| {
                rule.kind != Denial::Hidden && on.is_none_or(|on| on == object) && about(rule)
            })
            .map(|(_, rule)| rule.kind)
    }
}

fn everything() -> String {
    "*".to_owned()
}
