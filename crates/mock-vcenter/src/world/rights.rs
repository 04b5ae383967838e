//! What the account may not see: rules, as data.

use std::collections::HashSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{ChangeError, Kind, NodeId, Object, Snapshot};

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
}

impl Snapshot {
    /// How a property of an object is denied, if it is.
    pub(crate) fn denial(&self, object: Object, path: &str) -> Option<Denial> {
        if !self.visible(object) {
            return Some(Denial::NoPermission);
        }
        let about = |rule: &DenyRule| {
            let below = path.strip_prefix(rule.path.as_str());
            rule.path == "*" || below.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let mut rules = self.rights.rules.iter();
        rules
            .find(|(on, rule)| {
                rule.kind != Denial::Hidden && on.is_none_or(|on| on == object) && about(rule)
            })
            .map(|(_, rule)| rule.kind)
    }

    /// Whether the account may see an object at all.
    pub(crate) fn visible(&self, object: Object) -> bool {
        match object {
            Object::Vm(index) => self.rights.shows_vm(index),
            Object::Node(id) => self.shows(id),
            Object::Service(_) => true,
        }
    }

    pub(crate) fn shows(&self, id: NodeId) -> bool {
        self.topology.get(id).is_some_and(super::Node::visible)
    }

    pub(crate) fn deny(&mut self, rule: &DenyRule) -> Result<(), ChangeError> {
        let object = match rule.object.as_str() {
            "*" => None,
            moref => Some(
                self.by_moref(moref)
                    .ok_or_else(|| ChangeError::unknown(moref))?,
            ),
        };
        if rule.kind == Denial::Hidden {
            match object {
                Some(Object::Vm(index)) => {
                    self.rights.hidden_vms.insert(index);
                }
                Some(Object::Node(id)) => {
                    Arc::make_mut(&mut self.topology).deny(|node| node == id);
                }
                Some(Object::Service(kind)) => {
                    return Err(ChangeError::wrong_type(kind.name(), Kind::VirtualMachine));
                }
                None => {
                    self.rights.hides_all_vms = true;
                    let root = super::Topology::ROOT;
                    Arc::make_mut(&mut self.topology).deny(|node| node != root);
                }
            }
        }
        self.rights.rules.push((object, rule.clone()));
        self.history.all_changed();
        Ok(())
    }

    pub(crate) fn clear_denials(&mut self) {
        self.rights = Rights::default();
        Arc::make_mut(&mut self.topology).allow_all();
        self.history.all_changed();
    }
}

fn everything() -> String {
    "*".to_owned()
}
