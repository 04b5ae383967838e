//! The worst RPO against the link.

use planner_core::plan::answers::CurvePoint;
use planner_core::plan::links::LinkForRpo;
use planner_core::plan::words::{digits, needed_figures, needed_rate};
use planner_core::units::{BytesPerSec, Seconds};

use super::chart::{Chart, PathData, Shape};
use super::figure::Figure;
use super::scale::Logarithmic;
use super::shown::{megabit, megabit_digits, time, whole};
use super::subject::Subject;
use super::table::{Table, number};

const TOP: f64 = 26.0;
const HEIGHT: f64 = 196.0;
const BOTTOM: f64 = TOP + HEIGHT;
/// The least time on the axis: what waits less than a second doesn't wait.
const FLOOR_SECONDS: f64 = 1.0;
const SHORTEST_SAMPLE_SECONDS: f64 = 20.0;
const UNITS: f64 = 1_000.0;

/// Times to mark.
const MARKS: [(f64, &str); 8] = [
    (1.0, "1 s"),
    (10.0, "10 s"),
    (60.0, "1 min"),
    (300.0, "5 min"),
    (3_600.0, "1 h"),
    (21_600.0, "6 h"),
    (86_400.0, "1 d"),
    (604_800.0, "7 d"),
];

/// `None` if nothing was written.
pub(super) fn figure(subject: &Subject<'_>) -> Option<Figure> {
    let answers = &subject.plan.answers;
    let (first, last) = (answers.curve.first()?, answers.curve.last()?);
    let need = answers.links_for_rpo.first()?;
    let worst_on_link = answers
        .rpo
        .as_ref()
        .map(|rpo| (rpo.link, rpo.sustained().map(|it| it.worst)));
    let drawing = Drawing {
        curve: &answers.curve,
        need,
        link: worst_on_link,
        across: across(first, last, need, worst_on_link.map(|(link, _)| link)),
        down: Logarithmic::new(FLOOR_SECONDS, longest(&answers.curve)),
    };
    let mut tables = Vec::new();
    let mut table = Table::new(
        "",
        "",
        vec![number("Mbit/s"), number("MB/s"), number("worst RPO")],
    );
    for point in &answers.curve {
        table.row(vec![
            number(megabit_digits(point.link)),
            number(super::shown::megabyte_digits(point.link)),
            number(time(point.worst)),
        ]);
    }
    tables.push(table);
    Some(Figure {
        is_wide: false,
        finding: finding(need, worst_on_link),
        drawn: format!(
            "Worst RPO against a constant link, both logarithmic, {} points. From {} Mbit/s on, nothing ever waits.",
            answers.curve.len(),
            needed_figures(last.link).0
        ),
        chart: drawing.chart(),
        keys: Vec::new(),
        summary: "The points as a table",
        tables,
    })
}

fn longest(curve: &[CurvePoint]) -> f64 {
    let longest = curve.iter().map(|point| point.worst.get());
    longest.fold(60.0, f64::max) * 1.5
}

fn across(
    first_point: &CurvePoint,
    last_point: &CurvePoint,
    need: &LinkForRpo,
    link: Option<BytesPerSec>,
) -> Logarithmic {
    let rates = [
        Some(first_point.link),
        Some(last_point.link),
        Some(need.link),
        link,
    ];
    let rates = rates.into_iter().flatten().map(megabit);
    let rates = rates.filter(|rate| *rate > 0.0);
    let slowest = rates.clone().fold(f64::INFINITY, f64::min);
    let fastest = rates.fold(0.0, f64::max);
    Logarithmic::new(slowest * 0.8, fastest * 1.15)
}

fn finding(need: &LinkForRpo, link: Option<(BytesPerSec, Option<Seconds>)>) -> String {
    let needed = format!(
        "An RPO of {} needs {}",
        time(need.rpo),
        whole(&needed_rate(need.link))
    );
    match link {
        None => format!("{needed}."),
        Some((link, None)) => {
            format!(
                "{needed}. {} Mbit/s never catches up.",
                megabit_digits(link)
            )
        }
        Some((link, Some(worst))) => format!(
            "{needed}. On {} Mbit/s the worst RPO is {}.",
            megabit_digits(link),
            time(worst)
        ),
    }
}

struct Drawing<'a> {
    curve: &'a [CurvePoint],
    need: &'a LinkForRpo,
    link: Option<(BytesPerSec, Option<Seconds>)>,
    across: Logarithmic,
    down: Logarithmic,
}

impl Drawing<'_> {
    fn x(&self, rate: f64) -> f64 {
        self.across.place(rate) * 100.0
    }

    fn y(&self, seconds: f64) -> f64 {
        BOTTOM - self.down.place(seconds) * HEIGHT
    }

    fn chart(&self) -> Chart {
        let mut chart = Chart::new("curve", "one-axis", BOTTOM + 38.0);
        "Worst RPO against link".clone_into(&mut chart.title);
        chart.description = finding(self.need, self.link);
        self.draw_axes(&mut chart);
        self.draw_curve(&mut chart);
        self.draw_points(&mut chart);
        chart
    }

    fn draw_axes(&self, chart: &mut Chart) {
        let slowest = self.curve.first().map_or(0.0, |point| megabit(point.link));
        let never = self.x(slowest);
        chart.rect(0.0, never, TOP, HEIGHT, "hatched");
        let shortest = self.y(SHORTEST_SAMPLE_SECONDS);
        chart.rect(never, 100.0 - never, shortest, BOTTOM - shortest, "rail");
        for (seconds, text) in MARKS {
            if self.down.holds(seconds) {
                let y = self.y(seconds);
                let class = if seconds <= FLOOR_SECONDS {
                    "axis"
                } else {
                    "grid"
                };
                chart.line((0.0, y), (100.0, y), class);
                chart.text((0.0, y + 4.0), -7.0, "end", whole(text));
            }
        }
        for mark in self.across.marks() {
            let x = self.x(mark);
            chart.line((x, TOP), (x, BOTTOM + 4.0), "grid");
            chart.text((x, BOTTOM + 17.0), 0.0, "middle", digits(mark));
            chart.text((x, BOTTOM + 32.0), 0.0, "middle", digits(mark / 8.0));
        }
        chart.text((0.0, BOTTOM + 17.0), -7.0, "end", "Mbit/s");
        chart.text((0.0, BOTTOM + 32.0), -7.0, "end", "MB/s");
        chart.text((0.0, 11.0), -36.0, "", "worst RPO");
        chart.text(
            (never, BOTTOM - 7.0),
            6.0,
            "",
            whole("shorter than a sample of 20 s"),
        );
    }

    fn draw_curve(&self, chart: &mut Chart) {
        let mut line = PathData::default();
        for (place, point) in self.curve.iter().enumerate() {
            let x = self.across.place(megabit(point.link)) * UNITS;
            let y = self.y(point.worst.get()) - TOP;
            if place == 0 {
                line.move_to(x, y);
            } else {
                line.line_to(x, y);
            }
        }
        chart.frame(TOP, HEIGHT, UNITS, vec![line.path("curve")]);
        let slowest = self.curve.first().map_or(0.0, |point| megabit(point.link));
        let never = self.x(slowest);
        chart.text(
            (never, TOP + 14.0),
            6.0,
            "halo",
            format!("never catches up below the mean, {}", digits(slowest)),
        );
    }

    fn draw_points(&self, chart: &mut Chart) {
        let (need_x, need_y) = (self.x(megabit(self.need.link)), self.y(self.need.rpo.get()));
        draw_guides(chart, need_x, need_y);
        if let Some((link, Some(worst))) = self.link {
            let (x, y) = (self.x(megabit(link)), self.y(worst.get()));
            draw_guides(chart, x, y);
            chart.shapes.push(Shape::Dot { x, y });
            // The curve falls: what is to the right above it or to the left below it is free.
            let need_is_below = need_y > y + 48.0 || need_x < x;
            let (shift, class, first) = if x > 60.0 && need_is_below && y + 34.0 < BOTTOM {
                (-10.0, "end strong halo", y + 18.0)
            } else if x > 70.0 {
                (-10.0, "end strong halo", (y - 22.0).max(TOP + 26.0))
            } else {
                (10.0, "strong halo", (y - 22.0).max(TOP + 26.0))
            };
            let text = format!("your link: {}", megabit_digits(link));
            chart.text((x, first), shift, class, whole(&text));
            chart.text((x, first + 14.0), shift, class, time(worst));
        }
        chart.shapes.push(Shape::Diamond {
            x: need_x,
            y: need_y,
        });
        let text = format!(
            "needed for {}: {}",
            time(self.need.rpo),
            needed_figures(self.need.link).0
        );
        let (shift, class) = if need_x > 45.0 {
            (-14.0, "end need halo")
        } else {
            (14.0, "need halo")
        };
        chart.text((need_x, need_y + 4.0), shift, class, whole(&text));
    }
}

/// Lines from a point to both axes.
fn draw_guides(chart: &mut Chart, x: f64, y: f64) {
    chart.line((x, y), (x, BOTTOM), "guide");
    chart.line((0.0, y), (x, y), "guide");
}
