//! Decides which VMs to ask for together, and what to do when vCenter refuses.
//!
//! The [`Governor`] remembers from round to round which sizes vCenter accepts and which VMs break queries. A [`Round`] is
//! one pass over all VMs: [`Round::next_batch`] says what to ask for, [`Round::answered`] and [`Round::failed`] take what
//! became of it, and [`Round::finish`] lists the VMs without an answer.

mod agenda;
mod attribution;
mod attributions;
mod batch;
mod bisection;
mod conclusion;
mod hosts;
mod lessons;
mod missed;
mod narrowing;
mod quarantine;
mod round;
mod search;
mod size_limit;
mod suspicion;

use std::sync::Arc;

use super::batch_limits::BatchLimits;
use crate::inventory::Inventory;

use self::lessons::Lessons;

pub use self::attribution::{Attribution, Reaction};
pub use self::batch::Batch;
pub use self::missed::{Missed, QuarantineCause, QuarantinedVm, Unanswered};
pub use self::round::Round;

/// Sizes batches, quarantines VMs that break queries, and remembers both.
#[derive(Debug, Default)]
pub struct Governor {
    lessons: Lessons,
}

impl Governor {
    /// Begins a round: every observed VM is to be asked for, a quarantined one only if it is due.
    pub fn begin(&mut self, inventory: Arc<Inventory>, limits: BatchLimits) -> Round<'_> {
        Round::new(&mut self.lessons, inventory, limits)
    }

    /// The VMs that are quarantined, and why.
    pub fn quarantined(&self) -> impl Iterator<Item = QuarantinedVm> {
        self.lessons.quarantine.all()
    }
}
