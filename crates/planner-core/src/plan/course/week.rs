//! The hours of a week.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::plan::wire::Wire;
use crate::units::BytesPerSec;

const HOUR: f64 = 3_600.0;
const DAY: f64 = 86_400.0;

/// Days from Monday on, each with its 24 hours.
#[derive(Debug, Clone, PartialEq)]
pub struct Week {
    days: Vec<[HourOfWeek; 24]>,
}

/// An hour of the week in civil time.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct HourOfWeek {
    /// The mean rate on the wire. `None` if less than half an hour was observed.
    pub mean: Option<BytesPerSec>,
    /// Whether the oldest unsent byte was older than the RPO at some moment.
    pub is_late: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Building {
    seconds: f64,
    bytes: f64,
    is_late: bool,
}

/// An hour of the calendar, in seconds after the start of the data.
struct CivilHour {
    start: f64,
    end: f64,
    /// Its place in the week.
    place: usize,
}

impl Week {
    /// The hours of the seven days, Monday first.
    pub fn days(&self) -> &[[HourOfWeek; 24]] {
        &self.days
    }

    /// `late` are the times in which the RPO was missed, in order.
    pub(super) fn new(wire: &Wire, late: &[(f64, f64)], time_zone: &TimeZone) -> Option<Self> {
        let present = wire.buckets().filter(|(_, _, is_present)| *is_present);
        let covered: u64 = present.map(|(length, _, _)| length).sum();
        if (covered as f64) < DAY {
            return None;
        }
        let hours = civil_hours(wire, time_zone);
        let mut week = [Building::default(); 7 * 24];
        let mut from = 0.0;
        let buckets = wire.buckets().map(|(length, rate, is_present)| {
            let start = from;
            from += length as f64;
            (start, from, is_present.then_some(rate))
        });
        overlaps(&hours, buckets, |hour, seconds, rate| {
            if let (Some(cell), Some(rate)) = (week.get_mut(hour), rate) {
                cell.seconds += seconds;
                cell.bytes += rate * seconds;
            }
        });
        let late = late.iter().map(|(start, end)| (*start, *end, ()));
        overlaps(&hours, late, |hour, _, ()| {
            if let Some(cell) = week.get_mut(hour) {
                cell.is_late = true;
            }
        });
        let days = week.chunks_exact(24).map(|day| {
            let mut hours = [HourOfWeek::default(); 24];
            for (hour, cell) in hours.iter_mut().zip(day) {
                *hour = HourOfWeek {
                    mean: (cell.seconds >= HOUR / 2.0)
                        .then(|| BytesPerSec::computed(cell.bytes / cell.seconds)),
                    is_late: cell.is_late,
                };
            }
            hours
        });
        Some(Self {
            days: days.collect(),
        })
    }
}

/// The hours that the data touches.
fn civil_hours(wire: &Wire, time_zone: &TimeZone) -> Vec<CivilHour> {
    let span = wire.grid().span();
    let offset = |at: Timestamp| at.duration_since(span.start).as_secs_f64();
    let mut hours = Vec::new();
    let mut at = span.start;
    while at < span.end {
        let civil = time_zone.to_datetime(at);
        let into_the_hour = i64::from(civil.minute()) * 60 + i64::from(civil.second());
        let Ok(next) = at.checked_add(jiff::SignedDuration::from_secs(3_600 - into_the_hour))
        else {
            break;
        };
        let day = usize::from(civil.weekday().to_monday_zero_offset().unsigned_abs());
        hours.push(CivilHour {
            start: offset(at),
            end: offset(next),
            place: day * 24 + usize::from(civil.hour().unsigned_abs()),
        });
        at = next;
    }
    hours
}

/// Visits what hours and stretches of time have in common, both in order.
fn overlaps<T: Copy>(
    hours: &[CivilHour],
    stretches: impl Iterator<Item = (f64, f64, T)>,
    mut visit: impl FnMut(usize, f64, T),
) {
    let mut rest = hours;
    for (start, end, of) in stretches {
        while let [first, later @ ..] = rest
            && first.end <= start
        {
            rest = later;
        }
        for hour in rest.iter().take_while(|hour| hour.start < end) {
            let seconds = end.min(hour.end) - start.max(hour.start);
            if seconds > 0.0 {
                visit(hour.place, seconds, of);
            }
        }
    }
}
