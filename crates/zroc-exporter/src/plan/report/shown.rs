//! How the report writes names and quantities.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use planner_core::plan::grid::Span;
use planner_core::plan::words::{digits, duration};
use planner_core::units::{BytesPerSec, DataAmount, Gib, MegabitPerSec, MegabytePerSec, Seconds};

/// The most characters of a name that are shown.
const LONGEST_NAME: usize = 80;

/// A name that can't change how the text around it is read, and not longer than a line.
pub(in crate::plan) fn name(text: &str) -> String {
    let is_odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let shown = text.chars().map(|c| if is_odd(c) { '\u{fffd}' } else { c });
    // Not more than has to be looked at is copied: a name may be a megabyte long.
    cut(
        &shown.take(LONGEST_NAME + 1).collect::<String>(),
        LONGEST_NAME,
    )
}

/// The first characters of a text; `…` stands for the rest.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

/// A quantity that is broken over lines at most before the same in another unit.
pub(super) fn whole(text: &str) -> String {
    text.replace(' ', "\u{a0}").replace("\u{a0}(", " (")
}

pub(in crate::plan) fn time(time: Seconds) -> String {
    whole(&duration(time))
}

pub(super) fn megabit(rate: BytesPerSec) -> f64 {
    MegabitPerSec::from(rate).get()
}

pub(super) fn megabit_digits(rate: BytesPerSec) -> String {
    digits(megabit(rate))
}

pub(super) fn megabyte_digits(rate: BytesPerSec) -> String {
    digits(MegabytePerSec::from(rate).get())
}

/// A size to order, rounded up: whole GiB, from 1 TiB on tenths of a TiB.
pub(super) fn size_needed(size: DataAmount) -> String {
    let gib = Gib::from(size).get();
    let text = if gib < 1_024.0 {
        format!("{} GiB", (gib - 1e-9).ceil().max(0.0))
    } else {
        let tib = (gib / 1_024.0 * 10.0 - 1e-9).ceil() / 10.0;
        format!("{tib:.1} TiB")
    };
    whole(&text)
}

pub(super) fn gib_digits(size: DataAmount) -> String {
    digits(Gib::from(size).get())
}

pub(super) fn gigabytes(amount: DataAmount) -> f64 {
    amount.get() / 1e9
}

pub(super) fn percent(share: f64) -> String {
    let value = share * 100.0;
    let text = if value != 0.0 && value < 0.05 {
        "under 0.1 %".to_owned()
    } else if value < 10.0 {
        format!("{value:.1} %")
    } else {
        format!("{value:.0} %")
    };
    whole(&text)
}

/// Civil times of a plan.
#[derive(Debug)]
pub(super) struct Clock<'a>(pub(super) &'a TimeZone);

impl Clock<'_> {
    /// `Thu 26 Nov, 02:10`
    pub(super) fn moment(&self, at: Timestamp) -> String {
        self.format(at, "%a %-d %b, %H:%M")
    }

    /// `02:10`, or `02:10:20` where the seconds matter.
    pub(super) fn time_of_day(&self, at: Timestamp) -> String {
        let with_seconds = at.as_second() % 60 != 0;
        self.format(at, if with_seconds { "%H:%M:%S" } else { "%H:%M" })
    }

    /// `Thu 26 Nov, 02:10 to 02:31`; with both days where they differ.
    pub(super) fn span(&self, span: Span) -> String {
        let civil = |at| self.0.to_datetime(at).date();
        let day = self.format(span.start, "%a %-d %b, ");
        let start = self.time_of_day(span.start);
        if civil(span.start) == civil(span.end) {
            return format!("{day}{start} to {}", self.time_of_day(span.end));
        }
        let end_day = self.format(span.end, "%a %-d %b, ");
        format!("{day}{start} to {end_day}{}", self.time_of_day(span.end))
    }

    pub(super) fn format(&self, at: Timestamp, format: &str) -> String {
        self.0.to_datetime(at).strftime(format).to_string()
    }

    pub(super) fn zone(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }
}
