//! What the checks of flags have in common.

use planner_core::plan::assumptions::OneOrMore;

use super::error::PlanError;

pub(super) type Checked<T> = Result<T, PlanError>;

pub(super) fn refuse<T>(problem: impl Into<String>) -> Checked<T> {
    Err(PlanError::Arguments(problem.into()))
}

/// The first of some values and the others, or else the defaults.
pub(super) fn or_default<T: Copy>(given: &[T], default: &OneOrMore<T>) -> OneOrMore<T> {
    match given {
        [first, more @ ..] => OneOrMore::new(*first, more.to_vec()),
        [] => default.clone(),
    }
}
