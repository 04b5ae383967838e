//! What the data covers.

use jiff::civil::Weekday;
use planner_core::plan::assumptions::Inputs;
use planner_core::plan::coverage::{BusiestHour, Verdict};
use planner_core::plan::whole::Plan;
use planner_core::units::MegabitPerSec;
use serde::Serialize;

#[derive(Debug, Serialize)]
pub(super) struct Window {
    start: String,
    end: String,
    time_zone: String,
    resolutions: Vec<Resolution>,
    hours_covered: f64,
    share_present: f64,
    share_filled: f64,
    verdict: &'static str,
    weekdays_seen: Vec<&'static str>,
    busiest_hour: Option<Hour>,
    complete_days: u32,
    chance_of_a_higher_day: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Resolution {
    bucket_seconds: f64,
    hours: f64,
}

#[derive(Debug, Serialize)]
struct Hour {
    start: String,
    megabit_per_second: f64,
}

/// The word for a verdict.
pub(in crate::plan) const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Preliminary => "preliminary",
        Verdict::Short => "short",
        Verdict::Sufficient => "sufficient",
    }
}

const fn day(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "mon",
        Weekday::Tuesday => "tue",
        Weekday::Wednesday => "wed",
        Weekday::Thursday => "thu",
        Weekday::Friday => "fri",
        Weekday::Saturday => "sat",
        Weekday::Sunday => "sun",
    }
}

impl Window {
    pub(super) fn new(plan: &Plan, inputs: &Inputs) -> Self {
        let coverage = &plan.coverage;
        let resolutions = coverage.resolutions.iter().map(|resolution| Resolution {
            bucket_seconds: resolution.bucket.get(),
            hours: resolution.covered.get() / 3_600.0,
        });
        let hour = |hour: BusiestHour| Hour {
            start: hour.start.to_string(),
            megabit_per_second: MegabitPerSec::from(hour.rate).get(),
        };
        let time_zone = inputs.time_zone.iana_name().unwrap_or("UTC");
        Self {
            start: coverage.window.start.to_string(),
            end: coverage.window.end.to_string(),
            time_zone: time_zone.to_owned(),
            resolutions: resolutions.collect(),
            hours_covered: coverage.covered.get() / 3_600.0,
            share_present: coverage.share_present,
            share_filled: coverage.share_filled,
            verdict: word(coverage.verdict),
            weekdays_seen: coverage.weekdays_seen.iter().copied().map(day).collect(),
            busiest_hour: coverage.busiest_hour.map(hour),
            complete_days: coverage.complete_days,
            chance_of_a_higher_day: coverage.chance_of_a_higher_day,
        }
    }
}
