//! A link, and what it is at other times of day.

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use thiserror::Error;

use super::grid::Grid;
use super::service::{Segment, Service};
use crate::units::BytesPerSec;

/// A link with a constant rate, which another one replaces at some times of day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    nominal: BytesPerSec,
    schedule: Vec<DailyRate>,
}

/// The rate of a link from one time of day to another, over midnight if the end comes before the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DailyRate {
    /// Civil time at which it begins.
    pub from: Time,
    /// Civil time at which it ends.
    pub to: Time,
    /// Nominal rate in that time.
    pub rate: BytesPerSec,
}

/// Why a link can't be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LinkError {
    /// Nothing would ever arrive.
    #[error("a link of 0 sends nothing: give a rate above 0")]
    Zero,
    /// The time has no length.
    #[error("the time from {from} to {from} has no length: give two different times")]
    EqualEnds {
        /// Both ends.
        from: Time,
    },
    /// Two rates hold at once.
    #[error("two rates are given for {at}: let one end where the other begins")]
    Overlap {
        /// A time of day at which both hold.
        at: Time,
    },
}

impl DailyRate {
    fn holds_at(&self, time: Time) -> bool {
        if self.from < self.to {
            self.from <= time && time < self.to
        } else {
            self.from <= time || time < self.to
        }
    }
}

impl Link {
    /// A link with its nominal rate, and the rates that replace it by time of day.
    ///
    /// # Errors
    ///
    /// If a rate is zero, a time has no length, or two times overlap.
    pub fn new(nominal: BytesPerSec, schedule: Vec<DailyRate>) -> Result<Self, LinkError> {
        let rates = schedule.iter().map(|daily| daily.rate);
        if rates.chain([nominal]).any(|rate| rate.get() <= 0.0) {
            return Err(LinkError::Zero);
        }
        for (place, daily) in schedule.iter().enumerate() {
            if daily.from == daily.to {
                return Err(LinkError::EqualEnds { from: daily.from });
            }
            let others = schedule.iter().enumerate();
            let mut others = others.filter(|(other, _)| *other != place);
            if others.any(|(_, other)| other.holds_at(daily.from)) {
                return Err(LinkError::Overlap { at: daily.from });
            }
        }
        Ok(Self { nominal, schedule })
    }

    /// The nominal rate outside of the schedule.
    pub const fn nominal(&self) -> BytesPerSec {
        self.nominal
    }

    /// The rates by time of day.
    pub fn schedule(&self) -> &[DailyRate] {
        &self.schedule
    }

    fn rate_at(&self, time: Time) -> Option<BytesPerSec> {
        let daily = self.schedule.iter().find(|daily| daily.holds_at(time));
        daily.map(|daily| daily.rate)
    }
}

/// The rates of a link over the time of a grid and after it, with the rate outside of the schedule left open.
#[derive(Debug, Clone)]
pub(crate) struct LinkTimes {
    /// End of each part in seconds after the grid's start, and the rate that the schedule sets in it.
    parts: Vec<(f64, Option<f64>)>,
}

impl LinkTimes {
    /// The times of `link`'s schedule. They reach beyond the grid by its length and two days: what piles up on a link
    /// that is fast enough on average is sent by then.
    pub(crate) fn new(link: &Link, time_zone: &TimeZone, grid: &Grid) -> Self {
        if link.schedule.is_empty() {
            return Self {
                parts: vec![(f64::INFINITY, None)],
            };
        }
        let start = grid.moment(0.0);
        let end = grid.moment(2.0 * grid.seconds() + 2.0 * 86_400.0);
        let mut starts = vec![start];
        starts.extend(changes(link, time_zone, start, end).filter(|at| start < *at && *at < end));
        starts.sort_unstable();
        starts.dedup();
        let ends = starts.iter().skip(1).copied().chain([end]);
        let seconds = |at: Timestamp| at.duration_since(start).as_secs_f64();
        let mut parts: Vec<(f64, Option<f64>)> = Vec::with_capacity(starts.len() + 1);
        for (from, until) in starts.iter().zip(ends) {
            let rate = link.rate_at(time_zone.to_datetime(*from).time());
            let rate = rate.map(BytesPerSec::get);
            match parts.last_mut() {
                Some((end, same)) if *same == rate => *end = seconds(until),
                _ => parts.push((seconds(until), rate)),
            }
        }
        parts.push((f64::INFINITY, None));
        Self { parts }
    }

    /// The rates that replication gets if the link has the rate `base` outside of the schedule.
    pub(crate) fn service(&self, base: f64, usable_share: f64) -> Service {
        let parts = self.parts.iter();
        Service::new(parts.map(|(until, rate)| Segment {
            until: *until,
            rate: rate.unwrap_or(base) * usable_share,
        }))
    }
}

/// All moments at which the rate may change: those whose civil time is an end of the schedule, in either fold, and those
/// at which the clock is set.
fn changes<'a>(
    link: &'a Link,
    time_zone: &'a TimeZone,
    start: Timestamp,
    end: Timestamp,
) -> impl Iterator<Item = Timestamp> + 'a {
    let first = time_zone.to_datetime(start).date();
    let last = time_zone.to_datetime(end).date();
    let days = first.series(jiff::Span::new().days(1));
    let days = days.take_while(move |day| *day <= last);
    let civil = days.flat_map(|day| {
        let ends = link
            .schedule
            .iter()
            .flat_map(|daily| [daily.from, daily.to]);
        ends.map(move |time| day.to_datetime(time))
    });
    let moments = civil.flat_map(|civil| {
        let moment = time_zone.to_ambiguous_timestamp(civil);
        [moment.earlier(), moment.later()].into_iter().flatten()
    });
    let clock_changes = time_zone.following(start).map(|change| change.timestamp());
    moments.chain(clock_changes.take_while(move |change| *change < end))
}
