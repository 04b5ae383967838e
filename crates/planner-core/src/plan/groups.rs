//! Groups of VMs on a link that they share.
//!
//! What a replication product does lies between two ends: all groups in one queue, first in, first out; and strict
//! priority, where a group is served only while no higher one waits.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::chords::steepest;
use super::demand::{Group, Priority};
use super::queue::{Event, follow};
use super::service::{Segment, Service};
use super::sum::ratio;
use super::trace::{Trace, is_sustained, net};
use crate::units::{BytesPerSec, DataAmount, Seconds};

/// A group on the link.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupFigures {
    /// Its name; `(none)` for VMs in no group.
    pub name: Arc<str>,
    /// Its VMs that have samples.
    pub vms: u64,
    /// Its own RPO, if it has one.
    pub rpo_target: Option<Seconds>,
    /// Its bytes as a part of all bytes on the link.
    pub link_share: f64,
    /// The nominal link that it would need alone for its RPO, or for the plan's first one.
    pub link_alone: BytesPerSec,
    /// Its worst RPO if it had the link for itself. `None` without a link, or if the link never catches up.
    pub rpo_alone: Option<Seconds>,
    /// Its worst RPO if all groups wait in one queue; `None` as above.
    pub rpo_fifo: Option<Seconds>,
    /// Its worst RPO if higher groups always come first; `None` as above.
    pub rpo_strict_priority: Option<Seconds>,
    /// The sum of its VMs' journals, as far as known.
    pub journal: DataAmount,
}

/// The name of the group of VMs that are in none.
pub const NONE: &str = "(none)";

/// A group with what it sends.
#[derive(Debug)]
pub(crate) struct GroupDemand<'a> {
    pub(crate) group: &'a Group,
    pub(crate) rates: Vec<f64>,
    pub(crate) vms: u64,
    pub(crate) journal: f64,
}

/// The link that groups share, and its time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shared<'a> {
    pub(crate) lengths: &'a [f64],
    /// What replication gets of the link, if there is one.
    pub(crate) service: Option<&'a Service>,
    pub(crate) usable_share: f64,
    /// The RPO of groups that have none of their own.
    pub(crate) rpo: Seconds,
}

impl Shared<'_> {
    /// The figures of groups that send all that is sent.
    pub(crate) fn figures(&self, groups: &[GroupDemand<'_>]) -> Vec<GroupFigures> {
        let all = self.add_up(groups.iter());
        let total = self.trace(&all).bytes();
        let fifo = self
            .service
            .and_then(|service| worst_by_bucket(self.trace(&all), service));
        let by_priority = self.worst_by_priority(groups);
        let figures = groups.iter().map(|demand| {
            let (group, rates) = (demand.group, &demand.rates);
            let trace = self.trace(rates);
            let alone = self
                .service
                .and_then(|service| worst_by_bucket(trace, service));
            let link_alone = steepest(trace, group.rpo.unwrap_or(self.rpo).get(), 0.0);
            let strict = by_priority.get(&group.priority);
            GroupFigures {
                name: Arc::clone(&group.name),
                vms: demand.vms,
                rpo_target: group.rpo,
                link_share: ratio(trace.bytes(), total),
                link_alone: BytesPerSec::computed(link_alone / self.usable_share),
                rpo_alone: alone.map(|worst| worst_of(&worst, rates)),
                rpo_fifo: fifo.as_ref().map(|worst| worst_of(worst, rates)),
                rpo_strict_priority: strict.map(|worst| worst_of(worst, rates)),
                journal: DataAmount::computed(demand.journal),
            }
        });
        figures.collect()
    }

    fn trace<'a>(&'a self, rates: &'a [f64]) -> Trace<'a> {
        Trace::new(self.lengths, rates)
    }

    fn add_up<'a>(&self, groups: impl Iterator<Item = &'a GroupDemand<'a>>) -> Vec<f64> {
        let mut sum = vec![0.0; self.lengths.len()];
        for group in groups {
            for (sum, rate) in sum.iter_mut().zip(&group.rates) {
                *sum += rate;
            }
        }
        sum
    }

    /// The largest delay in each bucket of those priorities for which the link is fast enough.
    fn worst_by_priority(&self, groups: &[GroupDemand<'_>]) -> BTreeMap<Priority, Vec<f64>> {
        let mut worst = BTreeMap::new();
        let Some(mut left) = self.service.cloned() else {
            return worst;
        };
        for priority in [Priority::High, Priority::Medium, Priority::Low] {
            let class = groups
                .iter()
                .filter(|demand| demand.group.priority == priority);
            let rates = self.add_up(class);
            let trace = self.trace(&rates);
            let Some(of_class) = worst_by_bucket(trace, &left) else {
                break;
            };
            worst.insert(priority, of_class);
            left = leftover(trace, &left);
        }
        worst
    }
}

/// The largest delay of what was written in each bucket; `None` if the link never catches up.
fn worst_by_bucket(trace: Trace<'_>, service: &Service) -> Option<Vec<f64>> {
    if !is_sustained(trace.mean(), service.mean_until(trace.seconds())) {
        return None;
    }
    let mut worst = vec![0.0_f64; trace.len()];
    follow(trace, service, |event| {
        if let Event::Sends(stretch) = event
            && let Some(worst) = worst.get_mut(stretch.bucket)
        {
            *worst = worst.max(stretch.largest_age());
        }
    });
    Some(worst)
}

/// The largest delay in buckets in which this group wrote.
fn worst_of(worst_by_bucket: &[f64], rates: &[f64]) -> Seconds {
    let written = worst_by_bucket.iter().zip(rates);
    let written = written.filter(|(_, rate)| **rate > 0.0);
    Seconds::computed(written.map(|(worst, _)| *worst).fold(0.0, f64::max))
}

/// What a class leaves of a link to those below it: nothing while it waits, else what it doesn't use.
fn leftover(trace: Trace<'_>, service: &Service) -> Service {
    let mut waits = Vec::new();
    follow(trace, service, |event| {
        if let Event::WasBehind { start, end } = event {
            waits.push((start, end));
        }
    });
    let after_data = std::iter::once((f64::INFINITY, 0.0));
    let mut waits = waits.into_iter().peekable();
    let mut segments = service.segments().iter().peekable();
    let mut left = Vec::new();
    let (mut now, mut end) = (0.0_f64, 0.0);
    for (length, rate) in trace.buckets().chain(after_data) {
        end += length;
        while now < end {
            while waits.peek().is_some_and(|(_, end)| *end <= now) {
                waits.next();
            }
            while segments.peek().is_some_and(|segment| segment.until <= now) {
                segments.next();
            }
            let Some(link) = segments.peek() else { break };
            let (free, next) = match waits.peek() {
                Some((start, end)) if *start <= now => (0.0, *end),
                Some((start, _)) => (spare(rate, link.rate), *start),
                None => (spare(rate, link.rate), f64::INFINITY),
            };
            now = end.min(link.until).min(next);
            left.push(Segment {
                until: now,
                rate: free,
            });
        }
    }
    Service::new(left)
}

/// What writes leave of a link. It is never -0, by which a division would give a negative time.
fn spare(rate: f64, link: f64) -> f64 {
    let net = net(rate, link);
    if net < 0.0 { -net } else { 0.0 }
}
