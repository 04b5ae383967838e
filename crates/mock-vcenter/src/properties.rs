//! The properties of every managed object, each structure described once for [`Fields`].

mod common;
mod device;
mod inventory;
mod performance;
mod service;
mod virtual_machine;

pub(crate) use self::performance::{INTERVALS, interval_level, perf_counter};
pub(crate) use self::service::{service_content, user_session};

use crate::sight::Sight;
use crate::soap::Fields;
use crate::world::{Kind, Object};

/// Describes all properties of an object.
pub(crate) fn describe(sight: &Sight, object: Object, fields: &mut Fields<'_>) {
    match object {
        Object::Vm(index) => {
            if let Some(vm) = sight.world().vm(index) {
                virtual_machine::describe(sight, &vm, fields);
            }
        }
        Object::Node(id) => inventory::describe(sight, id, fields),
        Object::Service(Kind::PerformanceManager) => performance::describe(sight, fields),
        Object::Service(kind) => service::describe(sight, kind, fields),
    }
}
