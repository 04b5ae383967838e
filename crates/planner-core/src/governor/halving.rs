//! Tells a query of too many VMs from one that holds a VM which is too much by itself.

use super::size::{Lasting, Lesson};
use crate::inventory::VmId;

/// Queries that were too much, to be tried again in halves.
///
/// The halves of one query are tried one after the other, and nothing else meanwhile. What becomes of the two says
/// what the fault is: both borne, and the size was too much; both refused, and their size is still too much; only one
/// refused, and there may be something about a VM in it.
#[derive(Debug)]
pub(super) struct Halving {
    oversized: Vec<Oversized>,
    trial: Option<Trial>,
    /// Larger queries were refused in both halves.
    most: usize,
    /// Queries of this size were borne in both halves.
    borne: Option<usize>,
}

#[derive(Debug)]
struct Oversized {
    vms: Vec<VmId>,
    lasting: Lasting,
}

#[derive(Debug)]
struct Trial {
    size: usize,
    lasting: Lasting,
    second: Option<Vec<VmId>>,
    outcomes: Vec<HalfOutcome>,
}

/// What became of a half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HalfOutcome {
    Answered,
    TooMuch,
    /// It failed for a reason that says nothing about its size.
    Failed,
}

/// What to ask next.
#[derive(Debug)]
pub(super) enum Next {
    /// One half of a query.
    Half(Vec<VmId>),
    /// A part that is known to be small enough.
    Part(Vec<VmId>),
    /// Nothing before the half under way is settled.
    Wait,
    /// There is nothing to halve.
    Nothing,
}

impl Default for Halving {
    fn default() -> Self {
        Self {
            oversized: Vec::new(),
            trial: None,
            most: usize::MAX,
            borne: None,
        }
    }
}

impl Halving {
    /// A query of more than one VM was too much.
    pub(super) fn add(&mut self, vms: Vec<VmId>, lasting: Lasting) {
        self.borne = self.borne.filter(|borne| vms.len() > *borne);
        self.oversized.push(Oversized { vms, lasting });
    }

    pub(super) fn next(&mut self) -> Next {
        if let Some(trial) = &mut self.trial {
            return match trial.second.take_if(|_| trial.outcomes.len() == 1) {
                Some(second) => Next::Half(second),
                None => Next::Wait,
            };
        }
        match self.oversized.pop() {
            Some(query) => self.take_from(query),
            None => Next::Nothing,
        }
    }

    /// Notes what became of the half under way, and says what both have taught.
    pub(super) fn settle(&mut self, outcome: HalfOutcome) -> Option<Lesson> {
        let mut trial = self.trial.take()?;
        trial.outcomes.push(outcome);
        let half = trial.size.div_ceil(2);
        match *trial.outcomes {
            [HalfOutcome::Answered, HalfOutcome::Answered] => {
                self.borne = Some(half);
                return Some(Lesson::new(half, trial.size, trial.lasting));
            }
            [HalfOutcome::TooMuch, HalfOutcome::TooMuch] => {
                self.most = self.most.min(half.div_ceil(2));
            }
            [_] if trial.second.is_some() => self.trial = Some(trial),
            _ => {}
        }
        None
    }

    /// Gives back all that was still to be tried, save the half under way.
    pub(super) fn give_up(&mut self) -> impl Iterator<Item = Vec<VmId>> {
        let second = self.trial.as_mut().and_then(|trial| trial.second.take());
        let oversized = std::mem::take(&mut self.oversized).into_iter();
        oversized.map(|query| query.vms).chain(second)
    }

    fn take_from(&mut self, query: Oversized) -> Next {
        let Oversized { mut vms, lasting } = query;
        if let Some(borne) = self.borne {
            let rest = vms.split_off(borne.min(vms.len()));
            if !rest.is_empty() {
                self.oversized.push(Oversized { vms: rest, lasting });
            }
            return Next::Part(vms);
        }
        while vms.len().div_ceil(2) > self.most {
            let rest = vms.split_off(vms.len().div_ceil(2));
            self.oversized.push(Oversized { vms: rest, lasting });
        }
        if vms.len() == 1 {
            return Next::Part(vms);
        }
        let size = vms.len();
        let second = vms.split_off(size.div_ceil(2));
        self.trial = Some(Trial {
            size,
            lasting,
            second: Some(second),
            outcomes: Vec::new(),
        });
        Next::Half(vms)
    }
}
