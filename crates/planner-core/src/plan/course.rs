//! The rate on the wire over time, and what would have waited for the link: what charts are drawn from.

mod columns;
mod week;

use std::num::NonZeroUsize;

use jiff::tz::TimeZone;

use self::columns::Columns;
use super::assumptions::Assumptions;
use super::backlog::largest;
use super::chords::steepest;
use super::grid::Span;
use super::queue::{Event, Stretch, follow};
use super::service::Service;
use super::trace::is_sustained;
use super::wire::Wire;
use crate::units::{BytesPerSec, Seconds};

pub use self::columns::{Band, Column};
pub use self::week::{HourOfWeek, Week};

/// What happened, bucket by bucket.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    wire: Wire,
    /// What replication gets of the link, if there is one.
    service: Option<Service>,
    target: Seconds,
}

/// A moment and the age of the oldest byte that has not been sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Age {
    /// Seconds after the start of the span that was asked for.
    pub at: Seconds,
    /// The age.
    pub age: Seconds,
}

impl Course {
    /// `target` is the RPO to keep.
    pub(crate) fn new(wire: Wire, service: Option<Service>, target: Seconds) -> Self {
        Self {
            wire,
            service,
            target,
        }
    }

    /// From the first bucket to the last.
    pub fn span(&self) -> Span {
        self.wire.grid().span()
    }

    /// The mean rate on the wire. What is absent counts as the plan counts it.
    pub fn mean(&self) -> BytesPerSec {
        BytesPerSec::computed(self.wire.trace().mean())
    }

    /// The highest rate of a bucket.
    pub fn highest(&self) -> BytesPerSec {
        BytesPerSec::computed(self.wire.trace().largest())
    }

    /// The smallest constant link that keeps an RPO, as its nominal rate under these assumptions.
    pub fn link_for(&self, rpo: Seconds, assumptions: &Assumptions) -> BytesPerSec {
        assumptions.nominal(steepest(self.wire.trace(), rpo.get(), 0.0))
    }

    /// The worst RPO on a constant link of this nominal rate; `None` if it never catches up.
    pub fn worst_on(&self, link: BytesPerSec, assumptions: &Assumptions) -> Option<Seconds> {
        let usable = link.get() * assumptions.usable_share.get();
        let trace = self.wire.trace();
        let catches_up = usable > 0.0 && is_sustained(trace.mean(), usable);
        catches_up.then(|| Seconds::computed(largest(trace, usable) / usable))
    }

    /// A span of time in columns of equal length: in each the lowest, the mean and the highest rate, so that a peak of one
    /// bucket is in its column whatever the number of columns. What lies outside of the data has no rate.
    pub fn columns(&self, span: Span, count: NonZeroUsize) -> Vec<Column> {
        let mut columns = Columns::new(self.seconds_between(span), count);
        let mut start = 0.0;
        for (length, rate, is_present) in self.wire.buckets() {
            let end = start + length as f64;
            if is_present {
                columns.note_rate(start, end, rate);
            }
            start = end;
        }
        if let Some(service) = &self.service {
            self.note_backlog(service, &mut columns);
        }
        columns.finish()
    }

    fn note_backlog(&self, service: &Service, columns: &mut Columns) {
        let mut segments = service.segments().iter().peekable();
        let (mut now, mut end, mut backlog) = (0.0_f64, 0.0, 0.0_f64);
        for (length, rate, _) in self.wire.buckets() {
            end += length as f64;
            while now < end {
                while segments.peek().is_some_and(|it| it.until <= now) {
                    segments.next();
                }
                let Some(link) = segments.peek() else { return };
                let until = end.min(link.until);
                let after = (backlog + (rate - link.rate) * (until - now)).max(0.0);
                columns.note_backlog(now, until, backlog, after);
                (now, backlog) = (until, after);
            }
        }
    }

    /// The age of the oldest unsent byte within a span, at the moments between which it changes evenly. Empty without a
    /// link, and if nothing waited.
    pub fn ages(&self, span: Span) -> Vec<Age> {
        let (from, to) = self.seconds_between(span);
        let mut ages: Vec<Age> = Vec::new();
        let mut note = |at: f64, age: f64| {
            let next = Age {
                at: Seconds::computed(at - from),
                age: Seconds::computed(age),
            };
            if ages.last() != Some(&next) {
                ages.push(next);
            }
        };
        self.follow(|stretch| {
            let (start, end) = (stretch.start.max(from), stretch.end.min(to));
            if start < end {
                note(start, stretch.age_at(start));
                note(end, stretch.age_at(end));
            }
        });
        ages
    }

    /// The hours of the week in civil time: how much was written in them, and whether the RPO was missed. `None` if less
    /// than a day is covered.
    pub fn week(&self, time_zone: &TimeZone) -> Option<Week> {
        let mut late = Vec::new();
        let limit = self.target.get() + super::rpo::ROUNDING_SECONDS;
        self.follow(|stretch| {
            if stretch.largest_age() > limit {
                late.push((stretch.start, stretch.end));
            }
        });
        Week::new(&self.wire, &late, time_zone)
    }

    fn follow(&self, mut visit: impl FnMut(Stretch)) {
        if let Some(service) = &self.service {
            follow(self.wire.trace(), service, |event| {
                if let Event::Sends(stretch) = event {
                    visit(stretch);
                }
            });
        }
    }

    fn seconds_between(&self, span: Span) -> (f64, f64) {
        let start = self.span().start;
        let seconds = |at: jiff::Timestamp| at.duration_since(start).as_secs_f64();
        (seconds(span.start), seconds(span.end))
    }
}
