//! What a report is about.

use jiff::Timestamp;
use planner_core::plan::assumptions::Inputs;
use planner_core::plan::links::{CriticalInterval, LinkForRpo};
use planner_core::plan::rpo::{RpoOnLink, Sustained};
use planner_core::plan::whole::Plan;

use super::shown::Clock;
use crate::plan::echo::Echo;
use crate::plan::selection::Selected;

/// A plan, what was asked, and of whom.
#[derive(Debug, Clone, Copy)]
pub(in crate::plan) struct Subject<'a> {
    pub(in crate::plan) plan: &'a Plan,
    pub(in crate::plan) inputs: &'a Inputs,
    pub(in crate::plan) echo: &'a Echo,
    pub(in crate::plan) selected: &'a Selected,
    /// What changed since a saved plan.
    pub(in crate::plan) drift: &'a [String],
    pub(in crate::plan) made_at: Timestamp,
}

impl<'a> Subject<'a> {
    pub(super) fn clock(&self) -> Clock<'a> {
        Clock(&self.inputs.time_zone)
    }

    /// The link for the first RPO.
    pub(super) fn need(&self) -> Option<&'a LinkForRpo> {
        self.plan.answers.links_for_rpo.first()
    }

    pub(super) fn critical(&self) -> Option<&'a CriticalInterval> {
        self.need()?.critical_interval.as_ref()
    }

    pub(super) fn rpo(&self) -> Option<&'a RpoOnLink> {
        self.plan.answers.rpo.as_ref()
    }

    pub(super) fn sustained(&self) -> Option<&'a Sustained> {
        self.rpo()?.sustained()
    }

    /// The length of the finest samples.
    pub(super) fn finest_seconds(&self) -> f64 {
        let resolutions = self.plan.coverage.resolutions.iter();
        let finest = resolutions.map(|it| it.bucket.get());
        finest.fold(f64::INFINITY, f64::min).min(7_200.0)
    }
}
