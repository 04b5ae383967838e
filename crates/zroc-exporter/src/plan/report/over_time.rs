//! The rate on the wire over time against the link, and what would have waited below it.

use std::num::NonZeroUsize;

use planner_core::plan::course::Column;
use planner_core::plan::grid::Span;
use planner_core::plan::words::{digits, needed_figures};
use planner_core::units::{BytesPerSec, DataAmount};

use super::chart::{Chart, PathData};
use super::lower::{self, Lower};
use super::scale::Linear;
use super::shown::{Clock, megabit, megabit_digits, whole};
use super::time_axis;

/// How many columns a chart has at the most. A peak is in its column whatever their number.
const COLUMNS: NonZeroUsize = NonZeroUsize::new(960).unwrap();
const TOP: f64 = 34.0;
const HEIGHT: f64 = 150.0;

/// What is drawn.
#[derive(Debug)]
pub(super) struct OverTime<'a> {
    pub(super) id: &'static str,
    pub(super) clock: &'a Clock<'a>,
    pub(super) span: Span,
    pub(super) columns: &'a [Column],
    /// What the upper half is called.
    pub(super) name: String,
    pub(super) link: Option<BytesPerSec>,
    pub(super) need: Option<(BytesPerSec, String)>,
    pub(super) lower: Lower<'a>,
    /// The interval that decides about the link.
    pub(super) critical: Option<Span>,
    /// Times that are marked by their numbers, from 1 on.
    pub(super) numbered: &'a [Span],
}

/// Whether a line at this rate leaves the writes to be seen. A link far above them is named and does not flatten them.
fn fits(rate: f64, highest: f64) -> bool {
    rate <= 4.0 * highest || highest <= 0.0
}

/// How many columns show a span: one for each of its finest samples, if there are not too many.
pub(super) fn columns_for(span: Span, finest_seconds: f64) -> NonZeroUsize {
    let seconds = span.length().get();
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of columns, which is cut off"
    )]
    let samples = (seconds / finest_seconds).ceil().max(1.0) as usize;
    NonZeroUsize::new(samples).map_or(COLUMNS, |samples| samples.min(COLUMNS))
}

impl OverTime<'_> {
    pub(super) fn chart(&self) -> Chart {
        let has_lower = !matches!(self.lower, Lower::Nothing);
        let bottom = if has_lower {
            lower::BOTTOM
        } else {
            TOP + HEIGHT
        };
        let mut chart = Chart::new(self.id, "", bottom + 20.0);
        let highest = self.columns.iter().filter_map(|column| column.rate);
        let highest = highest.map(|rate| megabit(rate.high)).fold(0.0, f64::max);
        let marked = [self.link, self.need.as_ref().map(|(need, _)| *need)];
        let marked = marked.into_iter().flatten().map(megabit);
        let marked = marked.filter(|rate| fits(*rate, highest));
        let rates = Linear::up_to(marked.fold(highest, f64::max));
        self.draw_rate_axis(&mut chart, rates);
        time_axis::draw(&mut chart, self.clock, self.span, TOP, bottom);
        self.draw_gaps(&mut chart, has_lower);
        self.draw_rates(&mut chart, rates);
        self.draw_lines(&mut chart, rates, highest);
        self.lower.draw(&mut chart, self.span, self.columns);
        for (place, numbered) in self.numbered.iter().enumerate() {
            let x = self.x(numbered.start);
            chart.line((x, TOP - 6.0), (x, TOP), "tick");
            chart.text(
                (x, TOP - 9.0),
                0.0,
                "middle strong",
                (place + 1).to_string(),
            );
        }
        chart
    }

    fn x(&self, at: jiff::Timestamp) -> f64 {
        time_axis::place(self.span, at) * 100.0
    }

    fn units(&self) -> f64 {
        self.columns.len() as f64
    }

    fn draw_rate_axis(&self, chart: &mut Chart, rates: Linear) {
        for mark in rates.marks() {
            let y = TOP + HEIGHT * (1.0 - rates.place(mark));
            let class = if mark > 0.0 { "grid" } else { "axis" };
            chart.line((0.0, y), (100.0, y), class);
            chart.text((0.0, y + 4.0), -7.0, "end", digits(mark));
            chart.text((100.0, y + 4.0), 7.0, "", digits(mark / 8.0));
        }
        chart.text((0.0, 11.0), -7.0, "end", "Mbit/s");
        chart.text((100.0, 11.0), 7.0, "", "MB/s");
        chart.text((0.0, 11.0), 0.0, "", self.name.clone());
    }

    /// Marks where nothing was observed.
    fn draw_gaps(&self, chart: &mut Chart, has_lower: bool) {
        let mut before = 0;
        for run in self
            .columns
            .chunk_by(|one, other| one.rate.is_some() == other.rate.is_some())
        {
            let first = before;
            before += run.len();
            if run.first().is_none_or(|column| column.rate.is_some()) {
                continue;
            }
            let x = first as f64 / self.units() * 100.0;
            let width = run.len() as f64 / self.units() * 100.0;
            chart.rect(x, width, TOP, HEIGHT, "hatched");
            if has_lower {
                chart.rect(x, width, lower::TOP, lower::HEIGHT, "hatched");
            }
        }
    }

    fn draw_rates(&self, chart: &mut Chart, rates: Linear) {
        let y = |rate: BytesPerSec| HEIGHT * (1.0 - rates.place(megabit(rate)));
        let (mut band, mut mean, mut excess) = (
            PathData::default(),
            PathData::default(),
            PathData::default(),
        );
        let mut is_after_gap = true;
        for (place, column) in self.columns.iter().enumerate() {
            let (left, right) = (place as f64, place as f64 + 1.0);
            let Some(rate) = column.rate else {
                is_after_gap = true;
                continue;
            };
            // A column of one bucket is an area below its rate; else from the lowest to the highest.
            let low = if rate.low == rate.high {
                HEIGHT
            } else {
                y(rate.low)
            };
            add_box(&mut band, (left, right), y(rate.high), low);
            if let Some(link) = self.link.filter(|link| rate.high > *link) {
                add_box(&mut excess, (left, right), y(rate.high), y(link));
            }
            let middle = y(rate.mean);
            if is_after_gap {
                mean.move_to(left, middle);
            } else {
                mean.line_to(left, middle);
            }
            mean.line_to(right, middle);
            is_after_gap = false;
        }
        let paths = vec![band.path("band"), excess.path("excess"), mean.path("mean")];
        chart.frame(TOP, HEIGHT, self.units(), paths);
    }

    fn draw_lines(&self, chart: &mut Chart, rates: Linear, highest: f64) {
        let is_inside = |rate: BytesPerSec| fits(megabit(rate), highest);
        let y = |rate: BytesPerSec| TOP + HEIGHT * (1.0 - rates.place(megabit(rate)));
        if let Some((need, rpo)) = &self.need
            && is_inside(*need)
        {
            chart.line((0.0, y(*need)), (100.0, y(*need)), "need-line");
            let text = format!("needed for {rpo}: {}", needed_figures(*need).0);
            chart.text((100.0, y(*need) - 5.0), -4.0, "end need halo", whole(&text));
        }
        if let Some(link) = self.link {
            let text = format!("your link: {}", megabit_digits(link));
            if is_inside(link) {
                chart.line((0.0, y(link)), (100.0, y(link)), "link-line");
                chart.text((0.0, y(link) - 5.0), 4.0, "strong halo", whole(&text));
            } else {
                chart.text(
                    (0.0, TOP + 14.0),
                    4.0,
                    "strong halo",
                    whole(&format!("{text}, far above")),
                );
            }
        }
        if let Some(critical) = self.critical {
            let (from, to) = (self.x(critical.start), self.x(critical.end));
            chart.line((from, TOP - 6.0), (to, TOP - 6.0), "bracket");
            for x in [from, to] {
                chart.line((x, TOP - 6.0), (x, TOP + HEIGHT), "bracket-side");
            }
            let (x, shift, class) = if to > 60.0 {
                (from, -6.0, "end strong")
            } else {
                (to, 6.0, "strong")
            };
            chart.text((x, TOP - 2.0), shift, class, "decides about the link");
        }
    }
}

fn add_box(path: &mut PathData, (left, right): (f64, f64), top: f64, bottom: f64) {
    path.move_to(left, bottom);
    path.line_to(left, top);
    path.line_to(right, top);
    path.line_to(right, bottom);
    path.close();
}

/// The most that waits in a column.
pub(super) fn most_waiting(columns: &[Column]) -> Option<DataAmount> {
    columns.iter().filter_map(|column| column.waiting).max()
}
