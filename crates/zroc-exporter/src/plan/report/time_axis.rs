//! Moments along a chart.

use jiff::{SignedDuration, Timestamp, Unit};
use planner_core::plan::grid::Span;

use super::chart::Chart;
use super::shown::Clock;

/// Where a moment is within a span, from 0 to 1.
pub(super) fn place(span: Span, at: Timestamp) -> f64 {
    let seconds = |from: Timestamp, to: Timestamp| to.duration_since(from).as_secs_f64();
    (seconds(span.start, at) / seconds(span.start, span.end)).clamp(0.0, 1.0)
}

/// Distances between marks in seconds: of an axis, the first one that gives eight marks at the most.
const DISTANCES: [i64; 12] = [
    60, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400, 172_800,
];

/// Draws marks below `bottom`, with lines from `top` on at midnight.
pub(super) fn draw(chart: &mut Chart, clock: &Clock<'_>, span: Span, top: f64, bottom: f64) {
    let seconds = span.end.duration_since(span.start).as_secs();
    let fits = |distance: &i64| seconds / distance <= 8;
    let distance = DISTANCES.into_iter().find(fits);
    // Beyond that, marks are days apart.
    let distance = distance.unwrap_or_else(|| (seconds / 8 / 86_400 + 1) * 86_400);
    for (number, mark) in marks(clock, span, distance).into_iter().enumerate() {
        let x = place(span, mark) * 100.0;
        let civil = clock.0.to_datetime(mark);
        let is_midnight = civil.hour() == 0 && civil.minute() == 0;
        let format = if is_midnight { "%a %-d %b" } else { "%H:%M" };
        let from = if is_midnight { top } else { bottom };
        chart.line(
            (x, from),
            (x, bottom + 4.0),
            if is_midnight { "grid" } else { "tick" },
        );
        // A narrow chart has room for every other mark.
        let class = match (x, number % 2) {
            (x, _) if x < 4.0 => "",
            (x, 0) if x > 96.0 => "end",
            (x, _) if x > 96.0 => "end wide-only",
            (_, 0) => "middle",
            _ => "middle wide-only",
        };
        chart.text((x, bottom + 16.0), 0.0, class, clock.format(mark, format));
    }
}

/// Moments whose civil time is a multiple of the distance.
fn marks(clock: &Clock<'_>, span: Span, distance: i64) -> Vec<Timestamp> {
    let mut marks = Vec::new();
    let midnight = clock.0.to_datetime(span.start).date();
    let days = midnight.series(jiff::Span::new().days(1));
    let per_day = (86_400 / distance).max(1);
    let day_step = (distance / 86_400).max(1);
    for (day, date) in (0_i64..).zip(days) {
        let Ok(start) = date.to_zoned(clock.0.clone()) else {
            break;
        };
        if start.timestamp() > span.end {
            break;
        }
        if day % day_step != 0 {
            continue;
        }
        let within = (0..per_day).filter_map(|step| {
            let civil = date
                .at(0, 0, 0, 0)
                .checked_add(SignedDuration::from_secs(step * distance));
            let moment = civil.ok()?.to_zoned(clock.0.clone()).ok()?;
            Some(moment.timestamp())
        });
        marks.extend(within.filter(|at| span.start <= *at && *at <= span.end));
    }
    marks.dedup();
    marks
}

/// A moment some seconds earlier or later, on a whole minute.
pub(super) fn shifted(at: Timestamp, seconds: i64) -> Timestamp {
    let shifted = at
        .checked_add(SignedDuration::from_secs(seconds))
        .unwrap_or(at);
    shifted.round(Unit::Minute).unwrap_or(shifted)
}
