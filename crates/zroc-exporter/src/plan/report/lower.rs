//! What a chart over time shows below the rates: what waits, or how old it is.

use planner_core::plan::course::{Age, Column};
use planner_core::plan::grid::Span;
use planner_core::plan::words::{digits, duration, observed_gigabytes};

use super::chart::{Chart, PathData};
use super::scale::Linear;
use super::shown::{gigabytes, whole};

pub(super) const TOP: f64 = 226.0;
pub(super) const HEIGHT: f64 = 58.0;
pub(super) const BOTTOM: f64 = TOP + HEIGHT;

/// What the lower half shows.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lower<'a> {
    Nothing,
    /// What waits, from the columns.
    Waiting,
    /// The age of what waits.
    Ages(&'a [Age]),
}

/// A line to draw.
struct Course {
    /// Places in columns, and values in the unit.
    points: Vec<(f64, f64)>,
    unit: &'static str,
    name: &'static str,
    /// The place of the highest point, its value, and that in words.
    highest: Option<(f64, f64, String)>,
}

impl Lower<'_> {
    pub(super) fn draw(self, chart: &mut Chart, span: Span, columns: &[Column]) {
        let units = columns.len() as f64;
        match self {
            Self::Nothing => {}
            Self::Waiting => waiting(columns).draw(chart, units),
            Self::Ages(ages) => by_age(ages, span, units).draw(chart, units),
        }
    }
}

fn waiting(columns: &[Column]) -> Course {
    let points = columns.iter().zip(0_u32..).map(|(column, place)| {
        let waiting = column.waiting.map_or(0.0, gigabytes);
        (f64::from(place) + 0.5, waiting)
    });
    let most = columns.iter().zip(0_u32..);
    let most = most.filter_map(|(column, place)| Some((column.waiting?, place)));
    let highest = most.max_by_key(|(waiting, _)| *waiting);
    Course {
        points: points.collect(),
        unit: "GB",
        name: "waiting to be sent",
        highest: highest.map(|(waiting, place)| {
            let words = whole(&observed_gigabytes(waiting));
            (f64::from(place) + 0.5, gigabytes(waiting), words)
        }),
    }
}

fn by_age(ages: &[Age], span: Span, units: f64) -> Course {
    let oldest = ages.iter().max_by_key(|age| age.age);
    let (unit, scale) = match oldest.map_or(0.0, |oldest| oldest.age.get()) {
        longest if longest >= 7_200.0 => ("h", 3_600.0),
        longest if longest >= 120.0 => ("min", 60.0),
        _ => ("s", 1.0),
    };
    let seconds = span.length().get();
    let point = |age: &Age| (age.at.get() / seconds * units, age.age.get() / scale);
    Course {
        points: ages.iter().map(point).collect(),
        unit,
        name: "RPO: age of the oldest byte not sent yet",
        highest: oldest.map(|oldest| {
            let (x, value) = point(oldest);
            (x, value, whole(&duration(oldest.age)))
        }),
    }
}

impl Course {
    fn draw(self, chart: &mut Chart, units: f64) {
        let most = self.highest.as_ref().map_or(0.0, |(_, most, _)| *most);
        let values = Linear::up_to(most);
        let y = |value: f64| HEIGHT * (1.0 - values.place(value));
        for mark in values.marks() {
            let class = if mark > 0.0 { "grid" } else { "axis" };
            chart.line((0.0, TOP + y(mark)), (100.0, TOP + y(mark)), class);
            chart.text((0.0, TOP + y(mark) + 4.0), -7.0, "end", digits(mark));
        }
        chart.text((0.0, TOP - 14.0), -7.0, "end", self.unit);
        chart.text((0.0, TOP - 14.0), 0.0, "", self.name);
        let (area, line) = area_and_line(&self.points, y);
        let paths = vec![area.path("waiting"), line.path("waiting-line")];
        chart.frame(TOP, HEIGHT, units, paths);
        let Some((place, most, words)) = self.highest.filter(|(_, most, _)| *most > 0.0) else {
            return;
        };
        let x = place / units * 100.0;
        let class = if x > 85.0 {
            "end over halo"
        } else {
            "over halo"
        };
        chart.text((x, TOP + y(most) - 4.0), 0.0, class, words);
    }
}

fn area_and_line(points: &[(f64, f64)], y: impl Fn(f64) -> f64) -> (PathData, PathData) {
    let (mut area, mut line) = (PathData::default(), PathData::default());
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return (area, line);
    };
    area.move_to(first.0, y(0.0));
    for (place, (x, value)) in points.iter().enumerate() {
        area.line_to(*x, y(*value));
        if place == 0 {
            line.move_to(*x, y(*value));
        } else {
            line.line_to(*x, y(*value));
        }
    }
    area.line_to(last.0, y(0.0));
    area.close();
    (area, line)
}
