//! Distinguishes a query of too many VMs from one with a VM that is too much by itself.

use super::size_limit::{LearnedLimit, LimitedBy};
use crate::inventory::VmId;

/// Queries that were too large, to be tried again in halves.
///
/// The halves of one query are tried one after the other, and nothing else meanwhile. If both succeed, the original size
/// was too large and the half size becomes the new limit. If both are refused, their size is still too large. If only one
/// is refused, one of its VMs may be the cause.
#[derive(Debug)]
pub(super) struct SizeBisection {
    oversized: Vec<Oversized>,
    trial: Option<Trial>,
    /// Larger queries were refused in both halves.
    most: usize,
    /// Queries of this size were answered in both halves.
    accepted: Option<usize>,
}

#[derive(Debug)]
struct Oversized {
    vms: Vec<VmId>,
    by: LimitedBy,
}

/// A query under trial.
#[derive(Debug)]
struct Trial {
    size: usize,
    by: LimitedBy,
    step: Step,
}

/// How far a trial has come.
#[derive(Debug)]
enum Step {
    /// The first half is under way. The second one waits, unless it was given up.
    First { second: Option<Vec<VmId>> },
    /// The first half is settled, and the second one is still to be asked for.
    Between {
        first: HalfOutcome,
        second: Vec<VmId>,
    },
    /// The second half is under way.
    Second { first: HalfOutcome },
}

/// What became of a half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HalfOutcome {
    Answered,
    TooLarge,
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

impl Default for SizeBisection {
    fn default() -> Self {
        Self {
            oversized: Vec::new(),
            trial: None,
            most: usize::MAX,
            accepted: None,
        }
    }
}

impl SizeBisection {
    /// Adds a query of more than one VM that was too large.
    pub(super) fn add(&mut self, vms: Vec<VmId>, by: LimitedBy) {
        self.accepted = self.accepted.filter(|accepted| vms.len() > *accepted);
        self.oversized.push(Oversized { vms, by });
    }

    pub(super) fn next(&mut self) -> Next {
        match self.trial.take() {
            None => match self.oversized.pop() {
                Some(query) => self.take_from(query),
                None => Next::Nothing,
            },
            Some(Trial {
                size,
                by,
                step: Step::Between { first, second },
            }) => {
                let step = Step::Second { first };
                self.trial = Some(Trial { size, by, step });
                Next::Half(second)
            }
            under_way => {
                self.trial = under_way;
                Next::Wait
            }
        }
    }

    /// Notes what became of the half under way. Returns the limit that both halves show, if they do.
    pub(super) fn settle(&mut self, outcome: HalfOutcome) -> Option<LearnedLimit> {
        let Trial { size, by, step } = self.trial.take()?;
        let half = size.div_ceil(2);
        match step {
            Step::First { second } => {
                self.trial = second.map(|second| Trial {
                    size,
                    by,
                    step: Step::Between {
                        first: outcome,
                        second,
                    },
                });
                None
            }
            Step::Second { first } => match (first, outcome) {
                (HalfOutcome::Answered, HalfOutcome::Answered) => {
                    self.accepted = Some(half);
                    Some(LearnedLimit::new(half, size, by))
                }
                (HalfOutcome::TooLarge, HalfOutcome::TooLarge) => {
                    self.most = self.most.min(half.div_ceil(2));
                    None
                }
                _ => None,
            },
            step @ Step::Between { .. } => {
                self.trial = Some(Trial { size, by, step });
                None
            }
        }
    }

    /// Gives up: returns all that was still to be tried, except the half under way.
    pub(super) fn give_up(&mut self) -> impl Iterator<Item = Vec<VmId>> {
        let second = match self.trial.as_mut().map(|trial| &mut trial.step) {
            Some(Step::First { second }) => second.take(),
            Some(Step::Between { second, .. }) => {
                let second = std::mem::take(second);
                self.trial = None;
                Some(second)
            }
            Some(Step::Second { .. }) | None => None,
        };
        let oversized = std::mem::take(&mut self.oversized).into_iter();
        oversized.map(|query| query.vms).chain(second)
    }

    fn take_from(&mut self, query: Oversized) -> Next {
        let Oversized { mut vms, by } = query;
        if let Some(accepted) = self.accepted {
            let rest = vms.split_off(accepted.min(vms.len()));
            if !rest.is_empty() {
                self.oversized.push(Oversized { vms: rest, by });
            }
            return Next::Part(vms);
        }
        while vms.len().div_ceil(2) > self.most {
            let rest = vms.split_off(vms.len().div_ceil(2));
            self.oversized.push(Oversized { vms: rest, by });
        }
        if vms.len() == 1 {
            return Next::Part(vms);
        }
        let size = vms.len();
        let second = vms.split_off(size.div_ceil(2));
        self.trial = Some(Trial {
            size,
            by,
            step: Step::First {
                second: Some(second),
            },
        });
        Next::Half(vms)
    }
}
