//! `--format html`: the plan as one file to read, mail and print.

mod bursts;
mod causes;
mod chart;
mod curve;
mod figure;
mod lower;
mod over_time;
mod scale;
mod shown;
mod subject;
mod table;
mod tables;
mod tiles;
mod time_axis;
mod verdict;
mod week;

use askama::Template;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::digest::{SHA256, digest};

use self::chart::Shape;
use self::figure::Figure;
pub(super) use self::subject::Subject;
use self::table::Table;
use self::tiles::Tile;
use self::verdict::Answer;
use crate::version;

/// The style of the report.
const STYLE: &str = concat!(
    include_str!("../../templates/tokens.css"),
    include_str!("../../templates/report.css")
);

#[derive(Debug, Template)]
#[template(path = "report.html")]
struct Report {
    style: &'static str,
    /// Allows this style and nothing else.
    policy: String,
    title: String,
    made: String,
    answer: Answer,
    basis: Vec<String>,
    rates: Vec<Tile>,
    recovery: Vec<Tile>,
    curve: Option<Figure>,
    links: Vec<Table>,
    bursts: Vec<Figure>,
    more: Vec<Table>,
    groups: Option<Table>,
    vms: Table,
    not_in_the_sums: Vec<Table>,
    drift: Vec<String>,
    inputs: Vec<(String, String, bool)>,
    seen: String,
    factor: String,
}

/// The report of a plan.
pub(super) fn render(subject: &Subject<'_>) -> Result<String, askama::Error> {
    let clock = subject.clock();
    let vms = match subject.plan.vms.len() {
        1 => "one VM".to_owned(),
        count => format!("{count} VMs"),
    };
    let figures = [
        Some(bursts::whole_time(subject)),
        bursts::close_up(subject),
        causes::figure(subject),
        week::figure(subject),
    ];
    let assumptions = &subject.inputs.assumptions;
    let report = Report {
        style: STYLE,
        policy: policy(),
        title: format!("Replication plan for {vms}"),
        made: format!(
            "Made {} {} by zroc-exporter {}.",
            clock.moment(subject.made_at),
            clock.zone(),
            version::VERSION
        ),
        answer: Answer::new(subject),
        basis: verdict::basis(subject),
        rates: tiles::rates(subject),
        recovery: tiles::recovery(subject),
        curve: curve::figure(subject),
        links: vec![tables::links(subject), tables::averages(subject)],
        bursts: figures.into_iter().flatten().collect(),
        more: [tables::scenarios(subject), Some(tables::disk(subject))]
            .into_iter()
            .flatten()
            .collect(),
        groups: tables::groups(subject),
        vms: tables::vms(subject),
        not_in_the_sums: tables::not_in_the_sums(subject),
        drift: subject.drift.to_vec(),
        inputs: tables::inputs(subject),
        seen: tables::seen(subject, &clock),
        factor: format!(
            "written × {:.3}: compression {}, overhead {}, growth × {:.3}",
            assumptions.wire_factor(),
            shown::percent(assumptions.compression.get()),
            shown::percent(assumptions.overhead.get()),
            assumptions.growth.factor(),
        ),
    };
    report.render()
}

/// The document loads nothing and runs nothing.
fn policy() -> String {
    let hash = BASE64_STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{hash}'")
}
