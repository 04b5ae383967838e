//! Properties that objects of several types have.

use std::collections::BTreeMap;

use crate::sight::Sight;
use crate::soap::Fields;
use crate::world::Object;

/// What every managed entity has beside `name` and `parent`. Those without a value here are
/// declared, so that asking for them does not fail. `attributes` are its custom ones.
pub(super) fn managed_entity(
    fields: &mut Fields<'_>,
    attributes: impl FnOnce() -> BTreeMap<u32, String>,
) {
    fields.list("customValue", "CustomFieldValue", |items| {
        for (key, value) in attributes() {
            items.data("CustomFieldStringValue", |f| {
                f.int("key", key);
                f.string("value", &value);
            });
        }
    });
    fields.enumeration("overallStatus", "ManagedEntityStatus", "green");
    fields.enumeration("configStatus", "ManagedEntityStatus", "green");
    fields.boolean("alarmActionsEnabled", true);
    for name in [
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
pub(super) fn related(
    sight: &Sight,
    object: Object,
    name: &str,
    many: bool,
    fields: &mut Fields<'_>,
) {
    let world = sight.world();
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
