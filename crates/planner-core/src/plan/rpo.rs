//! The RPO that a link would have given.
//!
//! The RPO at a moment is the age of the oldest byte that has not been sent. After the last
//! bucket nothing is written and the link continues until the queue is empty.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::backlog::Backlog;
use super::days::{Day, days};
use super::grid::{Grid, Span};
use super::queue::{Event, Stretch, follow};
use super::service::Service;
use super::trace::{Trace, is_sustained, seconds_above};
use crate::units::{BytesPerSec, DataAmount, Seconds};

/// An age above the target by less than this is on target: it comes from rounding.
pub(crate) const ROUNDING_SECONDS: f64 = 1e-6;

/// What would have happened on a link.
#[derive(Debug, Clone, PartialEq)]
pub struct RpoOnLink {
    /// Nominal rate of the link, outside of its schedule.
    pub link: BytesPerSec,
    /// The RPO to keep.
    pub target: Seconds,
    /// The most that waited within the data.
    pub largest_backlog: DataAmount,
    /// Time within the data in which something waited.
    pub behind: Seconds,
    /// Time within the data in which the oldest byte that waited was older than the target.
    pub over_target: Seconds,
    /// What waited at the end of the data.
    pub final_backlog: DataAmount,
    /// How it ends.
    pub outcome: Outcome,
}

/// Whether a link keeps up with the writes in the long run.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The link sends at least as much on average as is written.
    Sustained(Sustained),
    /// The link never catches up. A worst RPO would only say how long the data is.
    NeverCatchesUp {
        /// By how much the backlog grows per hour on average.
        growth_per_hour: DataAmount,
    },
}

/// What is known of a link that catches up.
#[derive(Debug, Clone, PartialEq)]
pub struct Sustained {
    /// The largest age of a byte when it is sent.
    pub worst: Seconds,
    /// What `worst` may be at most, if coarse buckets hide bursts in them and their peaks are known.
    pub worst_upper: Option<Seconds>,
    /// The share of the time in which something waited.
    pub share_behind: f64,
    /// Days of the time zone in order, up to the one on which the queue is empty for good.
    pub worst_per_day: Vec<WorstOfDay>,
    /// Times in which something waited and the target was missed.
    pub episodes: Vec<Episode>,
}

/// The largest age on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorstOfDay {
    /// The day in the plan's time zone.
    pub day: Date,
    /// The largest age of the oldest unsent byte on it.
    pub worst: Seconds,
}

/// A time in which something waited without a break, and the target was missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Episode {
    /// From the first byte that waited to the empty queue.
    pub span: Span,
    /// The largest age in it.
    pub worst: Seconds,
}

impl RpoOnLink {
    /// Whether the link catches up.
    pub const fn sustained(&self) -> Option<&Sustained> {
        match &self.outcome {
            Outcome::Sustained(sustained) => Some(sustained),
            Outcome::NeverCatchesUp { .. } => None,
        }
    }
}

/// A link to try.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trial<'a> {
    pub(crate) grid: &'a Grid,
    pub(crate) time_zone: &'a TimeZone,
    pub(crate) trace: Trace<'a>,
    /// What replication gets of the link.
    pub(crate) service: &'a Service,
    pub(crate) target: Seconds,
    pub(crate) nominal: BytesPerSec,
    /// What buckets may hide of the backlog, in bytes; `None` if nothing or if it isn't known.
    pub(crate) hidden_backlog: Option<f64>,
}

impl Trial<'_> {
    pub(crate) fn run(&self) -> RpoOnLink {
        let data_seconds = self.trace.seconds();
        let backlog = Backlog::on(self.trace, self.service);
        let (mean, mean_link) = (self.trace.mean(), self.service.mean_until(data_seconds));
        let mut diary = Diary::new(self.target.get() + ROUNDING_SECONDS, data_seconds);
        follow(self.trace, self.service, |event| diary.note(event));
        let outcome = if is_sustained(mean, mean_link) {
            Outcome::Sustained(self.sustained(&diary, backlog))
        } else {
            Outcome::NeverCatchesUp {
                growth_per_hour: DataAmount::computed((mean - mean_link) * 3_600.0),
            }
        };
        RpoOnLink {
            link: self.nominal,
            target: self.target,
            largest_backlog: DataAmount::computed(backlog.largest),
            behind: Seconds::computed(diary.behind),
            over_target: Seconds::computed(diary.over_target),
            final_backlog: DataAmount::computed(backlog.last),
            outcome,
        }
    }

    fn sustained(&self, diary: &Diary, backlog: Backlog) -> Sustained {
        let until = diary.data_seconds.max(diary.last_end());
        let upper = self.constant_rate().zip(self.hidden_backlog);
        let upper = upper.map(|(link, hidden)| (backlog.largest + hidden) / link);
        let episode = |wait: &Wait| Episode {
            span: Span {
                start: self.grid.moment(wait.start),
                end: self.grid.moment(wait.end),
            },
            worst: Seconds::computed(wait.worst),
        };
        Sustained {
            worst: Seconds::computed(diary.worst),
            worst_upper: upper.map(Seconds::computed),
            share_behind: diary.behind / diary.data_seconds,
            worst_per_day: worst_per_day(&days(self.grid, self.time_zone, until), &diary.stretches),
            episodes: diary.missed.iter().map(episode).collect(),
        }
    }

    fn constant_rate(&self) -> Option<f64> {
        match self.service.segments() {
            [only] => Some(only.rate),
            _ => None,
        }
    }
}

fn worst_per_day(days: &[Day], stretches: &[Stretch]) -> Vec<WorstOfDay> {
    let mut stretches = stretches.iter().peekable();
    let mut worst_of_days = Vec::with_capacity(days.len());
    let mut start_of_day = f64::NEG_INFINITY;
    for day in days {
        let mut worst = 0.0_f64;
        while let Some(stretch) = stretches.peek().filter(|stretch| stretch.start < day.end) {
            worst = worst.max(largest_age_between(stretch, start_of_day, day.end));
            if stretch.end > day.end {
                break;
            }
            stretches.next();
        }
        start_of_day = day.end;
        worst_of_days.push(WorstOfDay {
            day: day.date,
            worst: Seconds::computed(worst),
        });
    }
    worst_of_days
}

fn largest_age_between(stretch: &Stretch, from: f64, until: f64) -> f64 {
    let age_at = |moment: f64| stretch.age_at(moment.clamp(stretch.start, stretch.end));
    age_at(from).max(age_at(until))
}

#[derive(Debug, Clone, Copy)]
struct Wait {
    start: f64,
    end: f64,
    worst: f64,
}

/// What is noted of a queue while it is followed.
#[derive(Debug)]
struct Diary {
    limit: f64,
    data_seconds: f64,
    behind: f64,
    over_target: f64,
    worst: f64,
    worst_of_wait: f64,
    missed: Vec<Wait>,
    stretches: Vec<Stretch>,
}

impl Diary {
    fn new(limit: f64, data_seconds: f64) -> Self {
        Self {
            limit,
            data_seconds,
            behind: 0.0,
            over_target: 0.0,
            worst: 0.0,
            worst_of_wait: 0.0,
            missed: Vec::new(),
            stretches: Vec::new(),
        }
    }

    fn note(&mut self, event: Event) {
        match event {
            Event::Sends(stretch) => self.note_stretch(stretch),
            Event::WasBehind { start, end } => {
                self.worst = self.worst.max(self.worst_of_wait);
                let worst = std::mem::take(&mut self.worst_of_wait);
                if worst > self.limit {
                    self.missed.push(Wait { start, end, worst });
                }
            }
        }
    }

    fn note_stretch(&mut self, stretch: Stretch) {
        self.worst_of_wait = self.worst_of_wait.max(stretch.largest_age());
        let end = stretch.end.min(self.data_seconds);
        if end > stretch.start {
            let seconds = end - stretch.start;
            let age_at_end = stretch.age_at(end);
            self.behind += seconds;
            self.over_target +=
                seconds_above(self.limit, stretch.age_at_start, age_at_end, seconds);
        }
        self.stretches.push(stretch);
    }

    fn last_end(&self) -> f64 {
        self.stretches.last().map_or(0.0, |stretch| stretch.end)
    }
}
