//! The rate over all the time, and the worst of it close up.

use planner_core::plan::grid::Span;
use planner_core::plan::rpo::Episode;
use planner_core::plan::words::{duration, needed_rate, observed_gigabytes, observed_rate};
use planner_core::units::Seconds;

use super::figure::Figure;
use super::lower::Lower;
use super::over_time::{OverTime, columns_for, most_waiting};
use super::shown::{megabit_digits, time, whole};
use super::subject::Subject;
use super::table::{Table, number, word};
use super::time_axis::shifted;

/// How many bursts are numbered.
const NUMBERED: usize = 12;
/// What a close-up shows before and after the burst, in seconds.
const BEFORE_SECONDS: i64 = 420;
const AFTER_SECONDS: i64 = 600;

/// All the time.
pub(super) fn whole_time(subject: &Subject<'_>) -> Figure {
    let course = &subject.plan.course;
    let span = course.span();
    let count = columns_for(span, subject.finest_seconds());
    let columns = course.columns(span, count);
    let episodes = subject.sustained().map_or(&[][..], |it| &it.episodes);
    let numbered: Vec<Span> = episodes.iter().take(NUMBERED).map(|it| it.span).collect();
    let column = Seconds::new(span.length().get() / count.get() as f64);
    let column = column.map_or_else(String::new, time);
    let clock = subject.clock();
    let over_time = OverTime {
        id: "time",
        clock: &clock,
        span,
        columns: &columns,
        name: format!("on the wire, {} VMs", subject.plan.vms.len()),
        link: subject.rpo().map(|rpo| rpo.link),
        need: need(subject),
        lower: if subject.rpo().is_some() {
            Lower::Waiting
        } else {
            Lower::Nothing
        },
        critical: None,
        numbered: &numbered,
    };
    let mut chart = over_time.chart();
    "The rate on the wire over time".clone_into(&mut chart.title);
    let finding = finding(subject);
    chart.description = format!(
        "{finding} The mean is {}, the highest rate of a bucket {}.",
        observed_rate(course.mean()),
        observed_rate(course.highest()),
    );
    let mut keys = vec![("band", "lowest to highest, and the mean".to_owned())];
    if subject.rpo().is_some() {
        keys.push(("excess", "above the link".to_owned()));
        keys.push(("waiting", "waiting".to_owned()));
    }
    if columns.iter().any(|column| column.rate.is_none()) {
        keys.push(("hatched", "no samples".to_owned()));
    }
    Figure {
        is_wide: true,
        finding,
        drawn: format!(
            "Lowest, mean and highest rate in each {column}, {}.",
            clock.zone()
        ),
        chart,
        keys,
        summary: "The bursts and the days as tables",
        tables: tables(subject, episodes),
    }
}

fn need(subject: &Subject<'_>) -> Option<(planner_core::units::BytesPerSec, String)> {
    let need = subject.need()?;
    Some((need.link, time(need.rpo)))
}

fn finding(subject: &Subject<'_>) -> String {
    let Some(rpo) = subject.rpo() else {
        let course = &subject.plan.course;
        return format!(
            "The mean is {}, the highest rate {}.",
            whole(&observed_rate(course.mean())),
            whole(&observed_rate(course.highest()))
        );
    };
    let link = whole(&format!("{} Mbit/s", megabit_digits(rpo.link)));
    let Some(sustained) = rpo.sustained() else {
        return format!("{link} never catches up with what is written.");
    };
    match sustained.episodes.len() {
        0 => format!("Every burst fits through {link} in time."),
        1 => format!("One burst does not fit through {link} in time."),
        count => format!("{count} bursts do not fit through {link} in time."),
    }
}

fn tables(subject: &Subject<'_>, episodes: &[Episode]) -> Vec<Table> {
    let clock = subject.clock();
    let mut tables = Vec::new();
    if !episodes.is_empty() {
        let head = vec![
            word("Burst"),
            word("From, to"),
            number("Lasted"),
            number("Worst RPO"),
        ];
        let mut table = Table::new("Bursts that miss the RPO", "", head);
        for (place, episode) in episodes.iter().enumerate().take(100) {
            table.row(vec![
                word((place + 1).to_string()),
                word(clock.span(episode.span)),
                number(time(episode.span.length())),
                number(time(episode.worst)),
            ]);
        }
        tables.push(table);
    }
    if let Some(sustained) = subject.sustained() {
        let mut table = Table::new("Days", "", vec![word("Day"), number("Worst RPO")]);
        for day in &sustained.worst_per_day {
            table.row(vec![
                word(day.day.strftime("%a %-d %b").to_string()),
                number(time(day.worst)),
            ]);
        }
        tables.push(table);
    }
    tables
}

/// The worst burst; without a link, the interval that decides. `None` if there is neither.
pub(super) fn close_up(subject: &Subject<'_>) -> Option<Figure> {
    let worst = subject.sustained().and_then(|sustained| {
        let episodes = sustained.episodes.iter();
        episodes.max_by_key(|episode| episode.worst)
    });
    let critical = subject.critical().map(|critical| critical.span);
    let around = worst.map(|worst| worst.span).or(critical)?;
    let span = Span {
        start: shifted(around.start, -BEFORE_SECONDS),
        end: shifted(around.end, AFTER_SECONDS),
    };
    let course = &subject.plan.course;
    // Steps that are much wider than a column show where they begin.
    let finest = subject.finest_seconds().min(span.length().get() / 240.0);
    let columns = course.columns(span, columns_for(span, finest));
    let ages = course.ages(span);
    let clock = subject.clock();
    let is_inside = |it: &Span| span.start <= it.start && it.end <= span.end;
    let over_time = OverTime {
        id: "close-up",
        clock: &clock,
        span,
        columns: &columns,
        name: "on the wire".to_owned(),
        link: subject.rpo().map(|rpo| rpo.link),
        need: need(subject),
        lower: if worst.is_some() {
            Lower::Ages(&ages)
        } else {
            Lower::Nothing
        },
        critical: critical.filter(is_inside),
        numbered: &[],
    };
    let mut chart = over_time.chart();
    "The worst time, close up".clone_into(&mut chart.title);
    let finding = match worst {
        Some(worst) => {
            format!(
                "The worst time, close up: data waits for {}, and the RPO reaches {}.",
                time(worst.span.length()),
                time(worst.worst)
            )
        }
        None => format!(
            "The time that decides about the link, close up: {}.",
            whole(
                &subject
                    .need()
                    .map_or_else(String::new, |need| needed_rate(need.link))
            )
        ),
    };
    chart.description.clone_from(&finding);
    let most = most_waiting(&columns).filter(|_| worst.is_some());
    let waited = most.map_or_else(String::new, |most| {
        format!(" {} waited at the most.", whole(&observed_gigabytes(most)))
    });
    Some(Figure {
        is_wide: false,
        finding,
        drawn: format!(
            "{} {}, {} in all.{waited}",
            clock.span(span),
            clock.zone(),
            duration(span.length()),
        ),
        chart,
        keys: Vec::new(),
        summary: "",
        tables: Vec::new(),
    })
}
