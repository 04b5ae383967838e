//! The properties of every managed object, each structure described once for [`Fields`].

mod device;
mod inventory;
mod performance;
mod service;
mod virtual_machine;

pub(crate) use performance::{INTERVALS, interval_level, perf_counter};
pub(crate) use service::{service_content, user_session};

use crate::operations::Call;
use crate::soap::Fields;
use crate::world::{Kind, Object};

/// Describes all properties of an object.
pub(crate) fn describe(call: &Call<'_>, object: Object, fields: &mut Fields<'_>) {
    match object {
        Object::Vm(index) => {
            if let Some(vm) = call.world().vm(index) {
                virtual_machine::describe(call, &vm, fields);
            }
        }
        Object::Node(id) => inventory::describe(call, id, fields),
        Object::Service(Kind::PerformanceManager) => performance::describe(call, fields),
        Object::Service(kind) => service::describe(call, kind, fields),
    }
}

/// What every managed entity has beside `name` and `parent`. Those without a value here are
/// declared, so that asking for them is no fault.
fn managed_entity(fields: &mut Fields<'_>) {
    fields.enumeration("overallStatus", "ManagedEntityStatus", "green");
    fields.enumeration("configStatus", "ManagedEntityStatus", "green");
    fields.boolean("alarmActionsEnabled", true);
    for name in [
        "customValue",
        "value",
        "availableField",
        "configIssue",
        "permission",
        "effectiveRole",
        "disabledMethod",
        "recentTask",
        "declaredAlarmState",
        "triggeredAlarmState",
        "tag",
    ] {
        fields.unset(name);
    }
}

/// Describes a reference property by what the world relates to the object.
fn related(call: &Call<'_>, object: Object, name: &str, many: bool, fields: &mut Fields<'_>) {
    let world = call.world();
    // Worked out only once it is known to be wanted: some lists are long.
    let mut all = std::iter::once_with(|| world.related(object, name).unwrap_or_default())
        .flatten()
        .map(|other| (world.kind(other).name(), world.moref(other)));
    if many {
        fields.references(name, all);
    } else if fields.wants(name) {
        match all.next() {
            Some((kind, moref)) => fields.reference(name, kind, &moref),
            None => fields.unset(name),
        }
    }
}
