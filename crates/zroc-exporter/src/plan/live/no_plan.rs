//! Why there is no plan.

use super::bad_question::BadQuestion;
use crate::plan::error::PlanError;
use crate::task::TaskError;

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum NoPlan {
    /// The question cannot be answered as it is.
    #[error(transparent)]
    Question(#[from] BadQuestion),
    /// There is nothing to plan from, and waiting does not help.
    #[error("no history is kept, so there is nothing to plan from: set HISTORY_HOURS above 0")]
    HistoryIsOff,
    /// There is nothing to plan from yet.
    #[error(
        "nothing has been collected yet: wait for the first cycle, and look at /health if it fails"
    )]
    NothingYet,
    /// Other plans are being made.
    #[error("other plans are being made: ask again in a few seconds")]
    Busy,
    /// No VM or no sample fits what was asked for.
    #[error(transparent)]
    Nothing(PlanError),
    /// The plan cannot be written.
    #[error(transparent)]
    Unwritten(PlanError),
    /// A bug.
    #[error(transparent)]
    Task(#[from] TaskError),
}

impl From<PlanError> for NoPlan {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Format(_) => Self::Unwritten(error),
            error => Self::Nothing(error),
        }
    }
}
