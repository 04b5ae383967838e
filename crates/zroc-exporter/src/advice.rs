//! What an operator reads about a failure, and which setting to look at.

mod cure;

use planner_core::collection::reason::Reason;
use planner_core::vm_state::NoDataReason;

use crate::settings::VcenterSettings;

/// A failure with the advice, in one line.
pub fn explain(reason: &Reason, settings: &VcenterSettings) -> String {
    let sentence = sentence(reason);
    match cure(reason, settings) {
        Some(cure) => format!("{sentence}; {cure}"),
        None => sentence,
    }
}

/// What the operator can do about a failure. `None` where the next cycle is the only remedy.
pub fn cure(reason: &Reason, settings: &VcenterSettings) -> Option<String> {
    match reason {
        Reason::Deadline { .. } | Reason::NotAsked => None,
        Reason::Failed(failure) => cure::cure(failure, settings),
    }
}

/// A failure in one line, without the advice.
pub fn sentence(reason: &Reason) -> String {
    match reason {
        Reason::Deadline { limit } => {
            let limit = limit.as_secs_f64();
            format!("the cycle did not end within CYCLE_TIMEOUT ({limit} s)")
        }
        Reason::NotAsked => "the cycle ended before the VM was asked for".to_owned(),
        Reason::Failed(failure) => failure.message.clone().into(),
    }
}

/// Why vCenter has no values of a VM.
pub fn without_data(reason: NoDataReason) -> &'static str {
    match reason {
        NoDataReason::Disconnected => "its host does not respond",
        NoDataReason::Orphaned => "its host no longer knows it",
        NoDataReason::Inaccessible => "its host cannot read its configuration",
        NoDataReason::Invalid => "its configuration makes no sense",
        NoDataReason::UnknownState => "its power state is not known",
        NoDataReason::NoDisks => "it has no virtual disk that could have statistics",
        NoDataReason::NoSamples => "vCenter had no samples of it",
        other => other.as_str(),
    }
}
