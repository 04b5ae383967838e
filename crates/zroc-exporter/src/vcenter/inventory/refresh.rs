//! One refresh of the inventory: what to ask the server next, given what it has answered. No I/O and no clock.

use std::sync::Arc;

use planner_core::inventory::Inventory;
use vsphere_soap::{ObjectContent, ObjectUpdate};

use super::super::error::CollectError;
use super::super::moment::Moment;
use super::health::Health;
use super::notices;
use super::upkeep::Upkeep;

/// A refresh under way.
///
/// Until [`ask`](Self::ask) says [`Ask::Nothing`], the caller asks the server and notes here what it answers. A refresh
/// that is dropped before loses nothing: what it has read is kept in the [`Upkeep`].
#[derive(Debug)]
pub(super) struct Refresh<'u> {
    upkeep: &'u mut Upkeep,
    now: Moment,
    /// Whether it starts over when the server has dropped what it kept. It does so only once.
    may_start_over: bool,
    step: Step,
}

/// What to ask the server next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// To keep a view and a filter.
    Attach,
    /// For the next report.
    Follow,
    /// For the next page of a read.
    Read,
    /// To end what it keeps.
    Detach,
    /// The refresh is over.
    Nothing,
}

/// How far a refresh has come.
#[derive(Debug)]
enum Step {
    /// The server is to keep a view and a filter.
    Attaching,
    /// Reports are taken until there are no more for now.
    Following,
    /// All objects are read. The reports may have failed before.
    Reading { failure: Option<CollectError> },
    /// The filter no longer reports what it should, so the server is to end it and make another one.
    Renewing,
    /// The server lists too many objects, so it is to end what it keeps.
    GivingUp { cause: CollectError },
    /// Nothing is left to ask.
    Over(Outcome),
}

/// How a refresh ended.
#[derive(Debug)]
enum Outcome {
    /// All objects are known as they are now.
    UpToDate,
    /// Something new may be missing. An inventory from before remains in use.
    Delayed(CollectError),
    /// The answers take longer than a refresh may. The next refresh takes them.
    OutOfPatience,
}

impl<'u> Refresh<'u> {
    /// Begins a refresh. One that was cut off has left in the upkeep what it has read.
    pub(super) fn begin(upkeep: &'u mut Upkeep, now: Moment) -> Self {
        let step = if upkeep.is_filter_broken() {
            Step::Renewing
        } else {
            Step::Attaching
        };
        Self {
            upkeep,
            now,
            may_start_over: true,
            step,
        }
    }

    pub(super) fn ask(&self) -> Ask {
        match self.step {
            Step::Attaching => Ask::Attach,
            Step::Following => Ask::Follow,
            Step::Reading { .. } => Ask::Read,
            Step::Renewing | Step::GivingUp { .. } => Ask::Detach,
            Step::Over(_) => Ask::Nothing,
        }
    }

    /// Whether there is an inventory already, so that slow answers may wait for the next refresh.
    pub(super) fn is_delayable(&self) -> bool {
        self.upkeep.current().is_some()
    }

    /// The server still keeps view and filter.
    pub(super) fn attached(&mut self) {
        self.step = Step::Following;
    }

    /// The server has made a new view and a new filter.
    pub(super) fn restarted(&mut self) {
        self.upkeep.start_over();
        if matches!(self.step, Step::Reading { .. }) {
            self.upkeep.begin_read();
        } else {
            self.step = Step::Following;
        }
    }

    /// The server reports no changes.
    pub(super) fn unsupported(&mut self) {
        self.upkeep.stop_reports();
        self.reports_over(None);
    }

    /// A part of the first report, which lists all objects.
    pub(super) fn listed(&mut self, objects: Vec<ObjectUpdate>, is_last: bool) {
        if let Err(error) = self.upkeep.list(objects) {
            return self.give_up(error);
        }
        if is_last {
            self.upkeep.reports_complete();
            self.upkeep.complete_list();
            if self.upkeep.is_emptied() {
                self.reports_over(None);
            } else {
                self.publish_whole();
            }
        }
    }

    /// Changes to objects.
    pub(super) fn changed(&mut self, objects: Vec<ObjectUpdate>, is_last: bool) {
        if let Err(error) = self.upkeep.change(objects) {
            return self.give_up(error);
        }
        if is_last {
            self.upkeep.reports_complete();
            self.reports_over(None);
        }
    }

    /// A page of the read.
    pub(super) fn page(&mut self, objects: Vec<ObjectContent>) {
        if let Err(error) = self.upkeep.page(objects) {
            self.give_up(error);
        }
    }

    /// The pages of the read up to here are void.
    pub(super) fn read_restarted(&mut self) {
        self.upkeep.restart_read();
    }

    /// The read has all objects. When all VMs have disappeared, everything is read once more before that is believed.
    pub(super) fn read_complete(&mut self) {
        if self.upkeep.complete_read() {
            self.publish_whole();
        } else {
            self.upkeep.begin_read();
        }
    }

    /// The server has dropped what it kept. If it drops it once more, all objects are read when that is due.
    pub(super) fn lost(&mut self, error: CollectError) {
        let was_following = matches!(self.step, Step::Following);
        self.upkeep.start_over();
        if std::mem::take(&mut self.may_start_over) {
            self.step = Step::Attaching;
        } else if was_following {
            self.upkeep.report_failed();
            self.reports_over(Some(error));
        } else {
            self.step = Step::Over(Outcome::Delayed(error));
        }
    }

    /// A call failed. A server that fails to report changes is still read as a whole when that is due.
    pub(super) fn failed(&mut self, error: CollectError) {
        match self.step {
            Step::Following => {
                self.upkeep.report_failed();
                self.reports_over(Some(error));
            }
            Step::Reading { .. } => {
                self.upkeep.give_up_read();
                self.step = Step::Over(Outcome::Delayed(error));
            }
            Step::Attaching | Step::Renewing | Step::GivingUp { .. } | Step::Over(_) => {
                self.step = Step::Over(Outcome::Delayed(error));
            }
        }
    }

    /// The time for this refresh is over.
    pub(super) fn out_of_patience(&mut self) {
        self.step = Step::Over(Outcome::OutOfPatience);
    }

    /// The server has ended what it kept, as far as it cooperates.
    pub(super) fn detached(&mut self) {
        self.step = match std::mem::replace(&mut self.step, Step::Attaching) {
            Step::GivingUp { cause } => Step::Over(Outcome::Delayed(cause)),
            Step::Renewing => {
                self.upkeep.start_over();
                Step::Attaching
            }
            other => other,
        };
    }

    /// Ends the refresh. Returns the inventory as it is known now. Whatever has failed, VMs can be asked for if there is an
    /// inventory from before.
    ///
    /// # Errors
    /// When calls have failed and there is no inventory yet, or when nothing can be asked of the server.
    pub(super) fn finish(self) -> Result<Arc<Inventory>, CollectError> {
        let has_none = self.upkeep.current().is_none();
        let health = match self.step {
            Step::Over(Outcome::Delayed(error)) if has_none || error.leaves_nothing_to_ask() => {
                return Err(error);
            }
            Step::Over(Outcome::Delayed(error)) => {
                notices::delayed(&error);
                Health::failing(&error)
            }
            Step::Over(Outcome::OutOfPatience) => {
                notices::slow();
                Health::Slow
            }
            _ => Health::UpToDate,
        };
        self.upkeep.note(health);
        Ok(self.upkeep.publish(self.now))
    }

    fn give_up(&mut self, cause: CollectError) {
        self.upkeep.give_up();
        self.step = Step::GivingUp { cause };
    }

    fn reports_over(&mut self, failure: Option<CollectError>) {
        self.step = if self.upkeep.wants_read(self.now) {
            self.upkeep.begin_read();
            Step::Reading { failure }
        } else {
            Step::over(failure)
        };
    }

    fn publish_whole(&mut self) {
        self.upkeep.publish_whole(self.now);
        let failure = match std::mem::replace(&mut self.step, Step::over(None)) {
            Step::Reading { failure } => failure,
            _ => None,
        };
        self.step = Step::over(failure);
    }
}

impl Step {
    fn over(failure: Option<CollectError>) -> Self {
        Self::Over(failure.map_or(Outcome::UpToDate, Outcome::Delayed))
    }
}
