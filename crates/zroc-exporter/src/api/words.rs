//! The fixed sets of words in answers, as schemas.

use planner_core::collection::reason::FailureKind;
use planner_core::vm_state::{NoDataReason, VmState};
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

use crate::status::Course;

/// Why a VM may be without values. `deadline` and `not_asked` are said of cycles, not of calls.
pub(super) fn reasons() -> impl Iterator<Item = &'static str> {
    let failures = FailureKind::ALL.iter().map(|kind| kind.as_str());
    let without_data = NoDataReason::ALL.iter().map(|reason| reason.as_str());
    without_data
        .chain(failures)
        .chain(["deadline", "not_asked"])
}

pub(super) fn state_schema() -> Object {
    one_of(VmState::ALL.iter().map(|state| state.as_str()))
}

pub(super) fn reason_schema() -> Object {
    one_of(reasons())
}

pub(super) fn course_schema() -> Object {
    one_of(Course::ALL.into_iter().map(Course::as_str))
}

fn one_of(words: impl Iterator<Item = &'static str>) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words))
        .build()
}
