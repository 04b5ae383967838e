//! The smallest links that keep an RPO.

use std::ops::Range;

use super::backlog::{largest, late_bytes};
use super::chords::{Critical, critical, steepest};
use super::grid::Span;
use super::link::LinkTimes;
use super::percent::Percent;
use super::queue::{Event, follow};
use super::search::smallest;
use super::service::Service;
use super::trace::{Trace, seconds_above};
use crate::units::{BytesPerSec, DataAmount, Seconds};

/// A link for an RPO. Rates are nominal: a link of which replication may use a part is larger by that part.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkForRpo {
    /// The RPO.
    pub rpo: Seconds,
    /// The percentage of the written bytes that have to be sent within it.
    pub met: Percent,
    /// The smallest constant link.
    pub link: BytesPerSec,
    /// The smallest rate outside of the schedule, if the link has one. `None` also if no rate helps, because what the
    /// schedule sets is too slow.
    pub base_link: Option<BytesPerSec>,
    /// Whether buckets are too long to know the link: then it is at least this.
    pub is_lower_bound: bool,
    /// What it is at most, if it is a lower bound and the peaks within buckets are known.
    pub upper: Option<BytesPerSec>,
    /// The interval that decides, if all bytes have to meet the RPO and something was written.
    pub critical_interval: Option<CriticalInterval>,
    /// From 7 days on: the range that days like these would give.
    pub bootstrap: Option<RateRange>,
}

/// The time whose writes decide about a link: its bytes divided by its length plus the RPO is what replication must get.
#[derive(Debug, Clone, PartialEq)]
pub struct CriticalInterval {
    /// From the start of its first bucket to the end of the last.
    pub span: Span,
    /// Bytes on the wire.
    pub bytes: DataAmount,
    /// Its buckets of the grid.
    pub(crate) buckets: Range<usize>,
    /// Who wrote them, by bytes, largest first. Empty if the plan knows the sum only.
    pub causes: Vec<super::causes::Cause>,
}

/// From the 5th to the 95th percentile of what resampled days give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateRange {
    /// The lower end.
    pub low: BytesPerSec,
    /// The upper end.
    pub high: BytesPerSec,
}

/// What replication must get of a constant link, in bytes per second, and what decides about it.
pub(crate) fn constant(trace: Trace<'_>, rpo: f64, met: Percent) -> (f64, Option<Critical>) {
    let steepest = steepest(trace, rpo, 0.0);
    let critical = critical(trace, rpo, steepest);
    let all = critical.as_ref().map_or(0.0, |critical| critical.link);
    let all = all.max(steepest);
    if met == Percent::ALL {
        return (all, critical);
    }
    let allowed = trace.bytes() * met.remainder();
    let link = smallest(all, |link| late_bytes(trace, link, rpo) <= allowed);
    (link, None)
}

/// The smallest rate outside of a schedule that keeps an RPO, in nominal bytes per second.
pub(crate) fn base(
    trace: Trace<'_>,
    times: &LinkTimes,
    usable_share: f64,
    rpo: f64,
    met: Percent,
) -> Option<f64> {
    let allowed = trace.bytes() * met.remainder();
    let suffices = |base: f64| {
        let service = times.service(base, usable_share);
        late_on(trace, &service, rpo).is_some_and(|late| late <= allowed)
    };
    let peak = trace.largest() / usable_share;
    // A queue from the time of the schedule may need more than the peak to be sent in time.
    let fastest = [peak, peak * 1e6].into_iter().find(|rate| suffices(*rate));
    fastest.map(|fastest| smallest(fastest, suffices))
}

/// Bytes that are older than `rpo` when they are sent; `None` if some never are.
fn late_on(trace: Trace<'_>, service: &Service, rpo: f64) -> Option<f64> {
    let limit = rpo + 1e-9 * rpo.max(1e-3);
    let mut late = 0.0;
    let mut is_under_way = false;
    follow(trace, service, |event| match event {
        Event::Sends(stretch) => {
            is_under_way = true;
            let (from, to) = (stretch.age_at_start, stretch.age_at_end);
            late += stretch.link * seconds_above(limit, from, to, stretch.seconds());
        }
        Event::WasBehind { .. } => is_under_way = false,
    });
    (!is_under_way).then_some(late)
}

/// The smallest link that keeps the RPO even if buckets hide `hidden` bytes of backlog; `None` if none does.
pub(crate) fn upper(trace: Trace<'_>, rpo: f64, hidden: f64) -> Option<f64> {
    let suffices = |link: f64| largest(trace, link) + hidden <= rpo * link;
    let enough = trace.largest().max(hidden / rpo) * (1.0 + 1e-12);
    (enough.is_finite() && suffices(enough)).then(|| smallest(enough, suffices))
}
