//! What the account may see of a world, and how its rights are taken and given back.

use std::sync::Arc;

use super::change::ChangeError;
use super::kind::Kind;
use super::object::{NodeId, Object};
use super::rights::{Denial, DenyRule, Rights};
use super::snapshot::Snapshot;
use super::topology::{Node, Topology};

impl Snapshot {
    /// How a property of an object is denied, if it is.
    pub(crate) fn denial(&self, object: Object, path: &str) -> Option<Denial> {
        if !self.visible(object) {
            return Some(Denial::NoPermission);
        }
        self.rights.denial(object, path)
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
        self.topology.get(id).is_some_and(Node::visible)
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
                    self.rights.hide_vm(index);
                }
                Some(Object::Node(id)) => {
                    Arc::make_mut(&mut self.topology).deny(|node| node == id);
                }
                Some(Object::Service(kind)) => {
                    return Err(ChangeError::wrong_type(kind.name(), Kind::VirtualMachine));
                }
                None => {
                    self.rights.hide_all_vms();
                    let root = Topology::ROOT;
                    Arc::make_mut(&mut self.topology).deny(|node| node != root);
                }
            }
        }
        self.rights.add(object, rule.clone());
        self.history.all_changed();
        Ok(())
    }

    pub(crate) fn clear_denials(&mut self) {
        self.rights = Rights::default();
        Arc::make_mut(&mut self.topology).allow_all();
        self.history.all_changed();
    }
}
