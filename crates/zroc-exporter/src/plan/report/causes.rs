//! Who causes the link.

use planner_core::plan::causes::Cause;
use planner_core::plan::links::CriticalInterval;
use planner_core::plan::words::{digits, needed_figures, observed_gigabytes};

use super::chart::Chart;
use super::figure::Figure;
use super::shown::{cut, gigabytes, name, percent, time, whole};
use super::subject::Subject;
use super::table::{Table, number, word};

/// How many causes have a bar of their own.
const SHOWN: usize = 10;
/// The most characters of a name beside a bar.
const LONGEST_LABEL: usize = 34;
const ROW: f64 = 30.0;
const TOP: f64 = 24.0;

/// `None` if nothing was written.
pub(super) fn figure(subject: &Subject<'_>) -> Option<Figure> {
    let critical = subject.critical()?;
    let (shown, rest) = critical
        .causes
        .split_at_checked(SHOWN)
        .unwrap_or((&critical.causes, &[]));
    let finding = sentence(subject)?;
    Some(Figure {
        is_wide: false,
        drawn: format!(
            "{} {}, {} on the wire. Each bar begins where the one before it ends.",
            subject.clock().span(critical.span),
            subject.clock().zone(),
            whole(&observed_gigabytes(critical.bytes)),
        ),
        chart: chart(shown, rest, &finding),
        finding,
        keys: Vec::new(),
        summary: "The causes as a table",
        tables: vec![table(critical)],
    })
}

/// `sql-01 writes 74 % of the 3 min 20 s that decide about the link.`
pub(super) fn sentence(subject: &Subject<'_>) -> Option<String> {
    let critical = subject.critical()?;
    let first = critical.causes.first()?;
    Some(format!(
        "{} writes {} of the {} that decide about the link.",
        label(first),
        percent(first.share),
        time(critical.span.length()),
    ))
}

fn label(cause: &Cause) -> String {
    let vm = name(&cause.vm.name);
    match &cause.disk {
        Some(disk) => format!("{vm} {}", name(disk)),
        None => vm,
    }
}

fn chart(shown: &[Cause], rest: &[Cause], finding: &str) -> Chart {
    let rows = shown.len() + usize::from(!rest.is_empty());
    let mut chart = Chart::new("causes", "bars", TOP + ROW * rows as f64 + 22.0);
    "Who wrote in the interval that decides about the link".clone_into(&mut chart.title);
    finding.clone_into(&mut chart.description);
    chart.text((0.0, 11.0), 0.0, "strong", "VM");
    chart.text((100.0, 11.0), 0.0, "end", "share, and the link without it");
    let mut so_far = 0.0;
    let mut y = TOP;
    for (place, cause) in shown.iter().enumerate() {
        let text = format!("{} {}", place + 1, cut(&label(cause), LONGEST_LABEL));
        let class = if place == 0 { "name strong" } else { "name" };
        chart.text((0.0, y + 11.0), 0.0, class, text);
        let without = cause.link_without.map_or_else(String::new, |link| {
            format!(", {} Mbit/s", needed_figures(link).0)
        });
        let right = format!("{}{without}", percent(cause.share));
        chart.text((100.0, y + 11.0), 0.0, "end halo", whole(&right));
        chart.rect(0.0, 100.0, y + 16.0, 6.0, "rail");
        chart.rect(so_far, bar(cause.share), y + 16.0, 6.0, "data");
        so_far += cause.share * 100.0;
        y += ROW;
    }
    if !rest.is_empty() {
        let share: f64 = rest.iter().map(|cause| cause.share).sum();
        chart.text(
            (0.0, y + 11.0),
            0.0,
            "name",
            format!("the other {}", rest.len()),
        );
        let right = format!("{} together", percent(share));
        chart.text((100.0, y + 11.0), 0.0, "end halo", whole(&right));
        chart.rect(0.0, 100.0, y + 16.0, 6.0, "rail");
        chart.rect(so_far.min(99.6), bar(share), y + 16.0, 6.0, "rest");
        y += ROW;
    }
    for mark in [0_u32, 25, 50, 75, 100] {
        let class = match mark {
            0 => "",
            100 => "end",
            _ => "middle",
        };
        let text = whole(&format!("{mark} %"));
        chart.text((f64::from(mark), y + 11.0), 0.0, class, text);
    }
    chart
}

/// The length of a bar, which can be seen however small the share is.
fn bar(share: f64) -> f64 {
    (share * 100.0).max(0.4)
}

fn table(critical: &CriticalInterval) -> Table {
    let head = vec![
        word("VM"),
        word("Disk"),
        number("GB on the wire"),
        number("Share"),
        number("Link without it").below("Mbit/s"),
    ];
    let mut table = Table::new("", "", head);
    for cause in critical.causes.iter().take(3 * SHOWN) {
        table.row(vec![
            word(name(&cause.vm.name)),
            word(cause.disk.as_deref().map_or("all".to_owned(), name)),
            number(digits(gigabytes(cause.bytes))),
            number(percent(cause.share)),
            number(
                cause
                    .link_without
                    .map_or("–".to_owned(), |link| needed_figures(link).0),
            ),
        ]);
    }
    table
}
