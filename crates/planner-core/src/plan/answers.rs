//! What assumptions lead to: links, the RPO on the link that is there, and the curve between them.

use jiff::tz::TimeZone;

use super::assumptions::Assumptions;
use super::backlog::largest;
use super::bootstrap::Bootstrap;
use super::chords::Critical;
use super::grid::{Grid, Span};
use super::link::LinkTimes;
use super::links::{CriticalInterval, LinkForRpo, base, constant, upper};
use super::percent::Percent;
use super::rpo::{RpoOnLink, Trial};
use super::service::Service;
use super::wire::Wire;
use crate::units::{BytesPerSec, DataAmount, Seconds};

/// Points of a curve.
const CURVE_POINTS: u32 = 48;
/// How far a curve reaches if the writes never change.
const SHORTEST_CURVE: f64 = 1.05;

/// The answers to one set of assumptions.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    /// One entry for each RPO and percentage, in the order of the RPOs.
    pub links_for_rpo: Vec<LinkForRpo>,
    /// What the link that is there would have given, if there is one.
    pub rpo: Option<RpoOnLink>,
    /// The worst RPO on 48 links, from the slowest that catches up to the fastest that is ever needed. Empty if nothing was
    /// written.
    pub curve: Vec<CurvePoint>,
}

/// A constant link and the worst RPO on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurvePoint {
    /// Nominal rate.
    pub link: BytesPerSec,
    /// The largest age of a byte when it is sent.
    pub worst: Seconds,
}

/// A link over the time of the data.
#[derive(Debug)]
pub(crate) struct LinkInUse {
    pub(crate) service: Service,
    times: LinkTimes,
    has_schedule: bool,
    nominal: BytesPerSec,
}

impl LinkInUse {
    pub(crate) fn new(
        assumptions: &Assumptions,
        time_zone: &TimeZone,
        grid: &Grid,
    ) -> Option<Self> {
        let link = assumptions.link.as_ref()?;
        let times = LinkTimes::new(link, time_zone, grid);
        let share = assumptions.usable_share.get();
        Some(Self {
            service: times.service(link.nominal().get(), share),
            has_schedule: !link.schedule().is_empty(),
            nominal: link.nominal(),
            times,
        })
    }
}

impl Answers {
    pub(crate) fn new(
        assumptions: &Assumptions,
        time_zone: &TimeZone,
        wire: &Wire,
        link: Option<&LinkInUse>,
        bootstrap: Option<&Bootstrap>,
    ) -> Self {
        let rpos = assumptions.rpos.iter();
        let pairs = rpos.flat_map(|rpo| assumptions.mets.iter().map(move |met| (rpo, met)));
        let question = Question {
            assumptions,
            wire,
            link,
            bootstrap,
        };
        Self {
            links_for_rpo: pairs
                .map(|(rpo, met)| question.link_for(rpo, met))
                .collect(),
            rpo: link.map(|link| question.rpo_on(link, time_zone)),
            curve: curve(assumptions, wire),
        }
    }
}

struct Question<'a> {
    assumptions: &'a Assumptions,
    wire: &'a Wire,
    link: Option<&'a LinkInUse>,
    bootstrap: Option<&'a Bootstrap>,
}

impl Question<'_> {
    fn link_for(&self, rpo: Seconds, met: Percent) -> LinkForRpo {
        let (trace, seconds) = (self.wire.trace(), rpo.get());
        let share = self.assumptions.usable_share.get();
        let all_bytes = met == Percent::ALL;
        let (link, critical) = constant(trace, seconds, met);
        let is_lower_bound = self.wire.hides_bursts_below(seconds);
        let hidden = self.wire.hidden_backlog();
        let hidden = hidden.filter(|_| is_lower_bound && all_bytes);
        let scheduled = self.link.filter(|link| link.has_schedule);
        let base = scheduled.and_then(|link| base(trace, &link.times, share, seconds, met));
        let bootstrap = self.bootstrap.filter(|_| all_bytes);
        LinkForRpo {
            rpo,
            met,
            link: self.assumptions.nominal(link),
            base_link: base.map(BytesPerSec::computed),
            is_lower_bound,
            upper: hidden
                .and_then(|hidden| upper(trace, seconds, hidden))
                .map(|usable| self.assumptions.nominal(usable)),
            critical_interval: critical.map(|critical| interval(self.wire.grid(), critical)),
            bootstrap: bootstrap.and_then(|bootstrap| bootstrap.link(seconds, share)),
        }
    }

    fn rpo_on(&self, link: &LinkInUse, time_zone: &TimeZone) -> RpoOnLink {
        let trial = Trial {
            grid: self.wire.grid(),
            time_zone,
            trace: self.wire.trace(),
            service: &link.service,
            target: self.assumptions.rpos.first(),
            nominal: link.nominal,
            hidden_backlog: self.wire.hidden_backlog(),
        };
        trial.run()
    }
}

fn interval(grid: &Grid, critical: Critical) -> CriticalInterval {
    let offset = |edge: usize| grid.edges().get(edge).map_or(0.0, |at| grid.offset(*at));
    CriticalInterval {
        span: Span {
            start: grid.moment(offset(critical.buckets.start)),
            end: grid.moment(offset(critical.buckets.end)),
        },
        bytes: DataAmount::computed(critical.bytes),
        buckets: critical.buckets,
        causes: Vec::new(),
    }
}

fn curve(assumptions: &Assumptions, wire: &Wire) -> Vec<CurvePoint> {
    let trace = wire.trace();
    let slowest = trace.mean();
    if slowest <= 0.0 {
        return Vec::new();
    }
    let fastest = trace.largest().max(slowest * SHORTEST_CURVE);
    let point = |place: u32| {
        let part = f64::from(place) / f64::from(CURVE_POINTS - 1);
        let link = slowest * (fastest / slowest).powf(part);
        CurvePoint {
            link: assumptions.nominal(link),
            worst: Seconds::computed(largest(trace, link) / link),
        }
    };
    (0..CURVE_POINTS).map(point).collect()
}
