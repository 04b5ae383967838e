//! What an operator reads about a failure, and which setting to look at.

mod cure;

use planner_core::collection::reason::Reason;

use self::cure::cure;
use crate::settings::VcenterSettings;

/// A failure with the advice, in one line.
pub fn explain(reason: &Reason, settings: &VcenterSettings) -> String {
    match reason {
        Reason::Deadline { limit } => {
            let limit = limit.as_secs_f64();
            format!("the cycle did not end within CYCLE_TIMEOUT ({limit} s)")
        }
        Reason::NotAsked => "the cycle ended before the VM was asked for".to_owned(),
        Reason::Failed(failure) => match cure(failure, settings) {
            Some(cure) => format!("{}; {cure}", failure.message),
            None => failure.message.clone().into(),
        },
    }
}
