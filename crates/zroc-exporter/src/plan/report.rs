//! `--format html`: the plan as one file to read, mail and print; and what a page shows of it.

mod bursts;
mod causes;
mod chart;
mod content;
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
pub(super) mod vms;
mod week;

use askama::Template;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::digest::{SHA256, digest};

pub(super) use self::chart::Shape;
pub(super) use self::content::Content;
pub(super) use self::shown::{name, time};
pub(super) use self::subject::Subject;
pub(super) use self::table::Row;
use self::table::Table;

/// The style of the report.
pub(super) const STYLE: &str = concat!(
    include_str!("../../templates/tokens.css"),
    include_str!("../../templates/report.css")
);

#[derive(Debug, Template)]
#[template(path = "report.html")]
struct Report<'a> {
    style: &'static str,
    /// Allows this style and nothing else.
    policy: String,
    content: Content,
    vms: Table,
    drift: &'a [String],
}

/// The report of a plan.
pub(super) fn render(subject: &Subject<'_>) -> Result<String, askama::Error> {
    let report = Report {
        style: STYLE,
        policy: policy(),
        content: Content::new(subject),
        vms: vms::table(subject),
        drift: subject.drift,
    };
    report.render()
}

/// The document loads nothing and runs nothing.
pub(crate) fn policy() -> String {
    let hash = BASE64_STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{hash}'")
}
