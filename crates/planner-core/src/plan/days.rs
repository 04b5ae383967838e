//! Days as people in a time zone count them.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::grid::Grid;

/// A civil day and the part of it that the data covers, in seconds after the data's start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Day {
    pub(crate) date: Date,
    pub(crate) end: f64,
}

/// The days of a time zone from the start of the grid up to `until` seconds after it.
pub(crate) fn days(grid: &Grid, time_zone: &TimeZone, until: f64) -> Vec<Day> {
    let first = time_zone.to_datetime(grid.moment(0.0)).date();
    let mut days = Vec::new();
    for date in first.series(jiff::Span::new().days(1)) {
        let midnight = date.tomorrow().ok();
        let midnight = midnight.and_then(|next| next.to_zoned(time_zone.clone()).ok());
        let end = midnight.map_or(f64::INFINITY, |midnight| {
            midnight
                .timestamp()
                .duration_since(grid.moment(0.0))
                .as_secs_f64()
        });
        days.push(Day { date, end });
        if end >= until {
            break;
        }
    }
    days
}
