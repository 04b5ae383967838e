//! Whether the inventory is kept up, and what to tell the operator if not. No clock.

use std::time::Duration;

use planner_core::collection::reason::{CallFailure, FailureKind, Reason};

use super::super::error::CollectError;

/// An inventory is too old when its last whole read is this many times `VM_INVENTORY_TTL` ago.
const MOST_TIMES_TO_LIVE: u32 = 3;

/// How the upkeep of the inventory goes.
#[derive(Debug, Default)]
pub(super) enum Health {
    /// The latest refresh knew all objects.
    #[default]
    UpToDate,
    /// The latest refresh took longer than it may.
    Slow,
    /// The latest refresh failed.
    Failing {
        reason: Reason,
        /// Whether waiting does not help, so that the operator has to know at once.
        is_lasting: bool,
    },
}

impl Health {
    pub(super) fn failing(error: &CollectError) -> Self {
        let is_lasting = match error {
            CollectError::TooManyObjects { .. } | CollectError::TooMuchText { .. } => true,
            CollectError::Vsphere(error) => error.is_no_progress(),
            _ => false,
        };
        Self::Failing {
            reason: error.reason(),
            is_lasting,
        }
    }

    /// What is wrong with an inventory that was last read as a whole `age` ago.
    pub(super) fn trouble(&self, age: Duration, time_to_live: Duration) -> Option<Reason> {
        if age > time_to_live.saturating_mul(MOST_TIMES_TO_LIVE) {
            return Some(self.too_old(age));
        }
        match self {
            Self::Failing {
                reason,
                is_lasting: true,
            } => Some(reason.clone()),
            _ => None,
        }
    }

    fn too_old(&self, age: Duration) -> Reason {
        let ago = format!(
            "the inventory was last read as a whole {} s ago, so new VMs and new names may be missing",
            age.as_secs()
        );
        let (kind, operation, message) = match self {
            Self::Failing {
                reason: Reason::Failed(failure),
                ..
            } => (
                failure.kind,
                failure.operation,
                format!("{ago}: {}", failure.message),
            ),
            Self::Slow => (
                FailureKind::StaleInventory,
                None,
                format!("{ago}: reading it takes longer than a quarter of CYCLE_TIMEOUT"),
            ),
            _ => (FailureKind::StaleInventory, None, ago),
        };
        Reason::Failed(CallFailure {
            kind,
            operation,
            message: message.into(),
        })
    }
}
