//! The RPO on the link that is there.

use planner_core::plan::assumptions::Assumptions;
use planner_core::plan::link::{DailyRate, Link};
use planner_core::plan::rpo::{Outcome, RpoOnLink};
use planner_core::units::MegabitPerSec;
use serde::Serialize;

#[derive(Debug, Serialize)]
pub(super) struct Rpo {
    link_megabit_per_second: f64,
    schedule: Vec<Daily>,
    target_seconds: f64,
    sustained: bool,
    worst_seconds: Option<f64>,
    worst_seconds_upper: Option<f64>,
    largest_backlog_bytes: f64,
    seconds_behind: f64,
    share_behind: Option<f64>,
    seconds_over_target: f64,
    final_backlog_bytes: f64,
    backlog_growth_bytes_per_hour: Option<f64>,
    worst_per_day: Option<Vec<Day>>,
    episodes: Option<Vec<Episode>>,
}

#[derive(Debug, Serialize)]
struct Daily {
    from: String,
    to: String,
    megabit_per_second: f64,
}

#[derive(Debug, Serialize)]
struct Day {
    day: String,
    worst_seconds: f64,
}

#[derive(Debug, Serialize)]
struct Episode {
    start: String,
    end: String,
    worst_seconds: f64,
}

impl Rpo {
    pub(super) fn new(rpo: &RpoOnLink, assumptions: &Assumptions) -> Self {
        let schedule = assumptions.link.as_ref().map(Link::schedule);
        let daily = |daily: &DailyRate| Daily {
            from: daily.from.to_string(),
            to: daily.to.to_string(),
            megabit_per_second: MegabitPerSec::from(daily.rate).get(),
        };
        let sustained = rpo.sustained();
        let days = sustained.map(|it| {
            let days = it.worst_per_day.iter().map(|day| Day {
                day: day.day.to_string(),
                worst_seconds: day.worst.get(),
            });
            days.collect()
        });
        let episodes = sustained.map(|it| {
            let episodes = it.episodes.iter().map(|episode| Episode {
                start: episode.span.start.to_string(),
                end: episode.span.end.to_string(),
                worst_seconds: episode.worst.get(),
            });
            episodes.collect()
        });
        Self {
            link_megabit_per_second: MegabitPerSec::from(rpo.link).get(),
            schedule: schedule.unwrap_or_default().iter().map(daily).collect(),
            target_seconds: rpo.target.get(),
            sustained: sustained.is_some(),
            worst_seconds: sustained.map(|it| it.worst.get()),
            worst_seconds_upper: sustained.and_then(|it| Some(it.worst_upper?.get())),
            largest_backlog_bytes: rpo.largest_backlog.get(),
            seconds_behind: rpo.behind.get(),
            share_behind: sustained.map(|it| it.share_behind),
            seconds_over_target: rpo.over_target.get(),
            final_backlog_bytes: rpo.final_backlog.get(),
            backlog_growth_bytes_per_hour: match &rpo.outcome {
                Outcome::Sustained(_) => None,
                Outcome::NeverCatchesUp { growth_per_hour } => Some(growth_per_hour.get()),
            },
            worst_per_day: days,
            episodes,
        }
    }
}
