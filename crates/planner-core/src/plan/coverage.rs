//! How much the data covers, and so how sure a plan is.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use super::grid::{Grid, Span};
use super::sum::Sum;
use super::window::largest;
use super::wire::Wire;
use crate::units::{BytesPerSec, Seconds};

const HOUR: f64 = 3_600.0;
const DAY: f64 = 86_400.0;

/// What the data covers.
#[derive(Debug, Clone, PartialEq)]
pub struct Coverage {
    /// From the first bucket to the last.
    pub window: Span,
    /// Lengths of the present buckets, shortest first.
    pub resolutions: Vec<Resolution>,
    /// Length of all present buckets.
    pub covered: Seconds,
    /// Seconds that samples cover, over all series, divided by those that they would cover without a gap.
    pub share_present: f64,
    /// The share of the bytes in present buckets that stand in for absent samples.
    pub share_filled: f64,
    /// How far to trust the plan.
    pub verdict: Verdict,
    /// Days of the week on which something was observed, Monday first.
    pub weekdays_seen: Vec<Weekday>,
    /// The hour with the highest mean rate on the wire; `None` if less than an hour is covered.
    pub busiest_hour: Option<BusiestHour>,
    /// Whole days that the covered time amounts to.
    pub complete_days: u32,
    /// The chance that tomorrow's peak is higher than any seen, if days are alike: `1 / (D + 1)` after D days. `None` before
    /// the first day is complete.
    pub chance_of_a_higher_day: Option<f64>,
}

/// How much was observed in buckets of one length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resolution {
    /// Length of such a bucket.
    pub bucket: Seconds,
    /// Length of all of them.
    pub covered: Seconds,
}

/// An hour, which may begin at any moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BusiestHour {
    /// Its start; the earliest if several hours are equally busy.
    pub start: Timestamp,
    /// Mean rate on the wire.
    pub rate: BytesPerSec,
}

/// How far to trust a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Less than 24 hours are covered.
    Preliminary,
    /// Less than 7 days are covered.
    Short,
    /// 7 days or more are covered.
    Sufficient,
}

impl Verdict {
    /// The verdict on this much covered time.
    pub fn of(covered: Seconds) -> Self {
        if covered.get() < DAY {
            Self::Preliminary
        } else if covered.get() < 7.0 * DAY {
            Self::Short
        } else {
            Self::Sufficient
        }
    }
}

impl Coverage {
    pub(crate) fn new(sum: &Sum, wire: &Wire, time_zone: &TimeZone) -> Self {
        let grid = wire.grid();
        let mut by_length: BTreeMap<u64, u64> = BTreeMap::new();
        let mut weekdays = BTreeSet::new();
        for ((length, _, is_present), bucket) in wire.buckets().zip(grid.buckets()) {
            if is_present {
                *by_length.entry(length).or_default() += length;
                weekdays.extend(weekdays_of(bucket, grid, time_zone));
            }
        }
        let covered = by_length.values().sum::<u64>();
        let complete_days = u32::try_from(covered / 86_400).unwrap_or(u32::MAX);
        let covered = Seconds::computed(covered as f64);
        let resolution = |(length, covered): (u64, u64)| Resolution {
            bucket: Seconds::computed(length as f64),
            covered: Seconds::computed(covered as f64),
        };
        Self {
            window: grid.span(),
            resolutions: by_length.into_iter().map(resolution).collect(),
            covered,
            share_present: sum.share_present(),
            share_filled: sum.share_filled(),
            verdict: Verdict::of(covered),
            weekdays_seen: (1..=7)
                .filter(|day| weekdays.contains(day))
                .filter_map(|day| Weekday::from_monday_one_offset(day).ok())
                .collect(),
            busiest_hour: busiest_hour(wire, covered),
            complete_days,
            chance_of_a_higher_day: chance_of_a_higher_day(complete_days),
        }
    }
}

/// The chance that the next day beats the highest of `days` days, if any order of them is equally likely.
pub fn chance_of_a_higher_day(days: u32) -> Option<f64> {
    (days > 0).then(|| 1.0 / (f64::from(days) + 1.0))
}

/// The days of the week that a bucket touches, as numbers from 1 for Monday.
fn weekdays_of(
    (start, end): (i64, i64),
    grid: &Grid,
    time_zone: &TimeZone,
) -> impl Iterator<Item = i8> {
    let date = |second: i64| {
        time_zone
            .to_datetime(grid.moment(grid.offset(second)))
            .date()
    };
    let last = date(end - 1);
    let days = date(start).series(jiff::Span::new().days(1));
    let days = days.take_while(move |day| *day <= last).take(7);
    days.map(|day| day.weekday().to_monday_one_offset())
}

fn busiest_hour(wire: &Wire, covered: Seconds) -> Option<BusiestHour> {
    if covered.get() < HOUR {
        return None;
    }
    let hour = largest(wire.grid().seconds_of_buckets(), wire.rates(), HOUR)?;
    Some(BusiestHour {
        start: wire.grid().moment(hour.start),
        rate: BytesPerSec::computed(hour.bytes / HOUR),
    })
}
