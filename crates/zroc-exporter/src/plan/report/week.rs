//! The hours of the week.

use jiff::civil::Weekday;
use planner_core::plan::course::{HourOfWeek, Week};
use planner_core::plan::words::digits;

use super::chart::Chart;
use super::figure::Figure;
use super::shown::{megabit, time};
use super::subject::Subject;

const ROW: f64 = 17.0;
const TOP: f64 = 20.0;
/// The classes of the steps, from little to much.
const STEPS: [&str; 5] = ["h1", "h2", "h3", "h4", "h5"];
const TEXTS: [&str; 5] = [
    "middle i1",
    "middle i2",
    "middle i3",
    "middle i4",
    "middle i5",
];
const LATE_TEXTS: [&str; 5] = [
    "middle strong i1",
    "middle strong i2",
    "middle strong i3",
    "middle strong i4",
    "middle strong i5",
];

/// `None` if less than a day is covered.
pub(super) fn figure(subject: &Subject<'_>) -> Option<Figure> {
    let week = subject.plan.course.week(&subject.inputs.time_zone)?;
    let cells = || week.days().iter().flatten();
    let seen = cells().filter(|hour| hour.mean.is_some()).count();
    let late = cells().filter(|hour| hour.is_late).count();
    let rpo = time(subject.inputs.assumptions.rpos.first());
    let finding = match (subject.plan.answers.rpo.is_some(), late) {
        (false, _) => busiest(&week),
        (true, 0) => format!("The RPO of {rpo} is kept in every hour of the week."),
        (true, 1) => format!("The RPO of {rpo} is missed in one hour of the week."),
        (true, late) => format!("The RPO of {rpo} is missed in {late} hours of the week."),
    };
    let most = cells().filter_map(|hour| hour.mean).map(megabit);
    let most = most.fold(0.0, f64::max);
    let steps = Steps(super::scale::Linear::up_to(most / 1.25));
    let keys = steps.keys(late > 0);
    Some(Figure {
        is_wide: false,
        drawn: format!(
            "Mean Mbit/s on the wire of each hour of the week, {}. {seen} of 168 hours seen.",
            subject.clock().zone()
        ),
        chart: chart(&week, &steps, &finding),
        finding,
        keys,
        summary: "",
        tables: Vec::new(),
    })
}

fn busiest(week: &Week) -> String {
    let hours = week.days().iter().zip(1_i8..).flat_map(|(day, number)| {
        let hours = day.iter().enumerate();
        hours.filter_map(move |(hour, cell)| Some((cell.mean?, number, hour)))
    });
    let Some((rate, day, hour)) = hours.max_by_key(|(mean, ..)| *mean) else {
        return "No hour was seen.".to_owned();
    };
    format!(
        "The busiest hour is {} from {hour:02}:00 on, with {} Mbit/s on average.",
        day_name(day),
        digits(megabit(rate))
    )
}

fn day_name(number: i8) -> &'static str {
    match Weekday::from_monday_one_offset(number) {
        Ok(Weekday::Monday) => "Mon",
        Ok(Weekday::Tuesday) => "Tue",
        Ok(Weekday::Wednesday) => "Wed",
        Ok(Weekday::Thursday) => "Thu",
        Ok(Weekday::Friday) => "Fri",
        Ok(Weekday::Saturday) => "Sat",
        _ => "Sun",
    }
}

/// Round values at which shades change.
struct Steps(super::scale::Linear);

impl Steps {
    fn of(&self, rate: f64) -> usize {
        let bounds = self.0.marks().skip(1);
        bounds
            .filter(|bound| rate >= *bound)
            .count()
            .min(STEPS.len() - 1)
    }

    fn keys(&self, has_late: bool) -> Vec<(&'static str, String)> {
        let bounds: Vec<f64> = self.0.marks().skip(1).collect();
        let last = bounds.len().min(STEPS.len() - 1);
        let mut keys = Vec::new();
        for (place, class) in STEPS.iter().enumerate().take(last + 1) {
            let text = if let (0, Some(bound)) = (place, bounds.first()) {
                format!("under {}", digits(*bound))
            } else {
                let from = bounds.get(place.saturating_sub(1)).copied().unwrap_or(0.0);
                let more = if place == last { " and more" } else { "" };
                format!("{}{more}", digits(from))
            };
            keys.push((*class, text));
        }
        if has_late {
            keys.push(("late", "▲ RPO missed".to_owned()));
        }
        keys.push(("hatched", "not seen".to_owned()));
        keys
    }
}

fn chart(week: &Week, steps: &Steps, finding: &str) -> Chart {
    let mut chart = Chart::new("week", "week", TOP + 24.0 * ROW + 4.0);
    "Mean rate on the wire of each hour of the week".clone_into(&mut chart.title);
    finding.clone_into(&mut chart.description);
    let width = 100.0 / 7.0;
    for hour in (0_u32..24).step_by(2) {
        let y = TOP + f64::from(hour) * ROW + 12.0;
        chart.text((0.0, y), -7.0, "end", format!("{hour:02}:00"));
    }
    for (day, number) in week.days().iter().zip(1_i8..) {
        let x = f64::from(number - 1) * width;
        let middle = x + width / 2.0;
        chart.text((middle, 12.0), 0.0, "middle strong", day_name(number));
        for (hour, y) in day
            .iter()
            .zip((0_u32..).map(|hour| TOP + f64::from(hour) * ROW))
        {
            draw_hour(&mut chart, *hour, (x + 0.2, width - 0.4), y, steps);
        }
    }
    chart
}

fn draw_hour(chart: &mut Chart, hour: HourOfWeek, (x, width): (f64, f64), y: f64, steps: &Steps) {
    let height = ROW - 2.0;
    let Some(mean) = hour.mean.map(megabit) else {
        chart.rect(x, width, y, height, "hatched");
        return;
    };
    let step = steps.of(mean);
    let class = |classes: [&'static str; 5]| classes.get(step).copied().unwrap_or_default();
    chart.rect(x, width, y, height, class(STEPS));
    if hour.is_late {
        chart.rect(x, width, y, height, "ring");
    }
    let (text, classes) = if hour.is_late {
        (format!("▲\u{a0}{}", digits(mean)), LATE_TEXTS)
    } else {
        (digits(mean), TEXTS)
    };
    chart.text((x + width / 2.0, y + 11.5), 0.0, class(classes), text);
}
