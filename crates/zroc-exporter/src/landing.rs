//! `/`: the state of each vCenter, what the last cycle found, what to do about troubles, and where to go.

mod answer;
mod cycle_facts;
mod grid;
mod notice;
mod vcenters;

use askama::Template;
use jiff::Timestamp;
use tokio::time::Instant;

use self::answer::Answer;
use self::grid::Grid;
use self::notice::Notice;
use self::vcenters::VcenterRow;
use crate::settings::{Effective, TableInForce};
use crate::status::VcenterStatus;
use crate::version::LONG_VERSION;

/// The style sheet of the page.
pub const STYLE: &str = concat!(
    include_str!("../templates/tokens.css"),
    include_str!("../templates/style.css")
);

/// What the page is made of.
#[derive(Debug)]
pub struct Landing<'a> {
    /// The vCenters, in the order of the settings.
    pub vcenters: &'a [VcenterStatus],
    /// The settings in force.
    pub settings: &'a Effective,
    /// Why the settings could not be read again.
    pub reload_problem: Option<String>,
    /// When the page is made, by this machine's clock: for people.
    pub at: Timestamp,
    /// The same moment by a clock that is never set.
    pub now: Instant,
}

#[derive(Debug, Template)]
#[template(path = "landing.html")]
struct Page {
    program: &'static str,
    names: String,
    at: String,
    answer: Answer,
    vcenters: Vec<VcenterRow>,
    notices: Vec<Notice>,
    states: Grid,
    cycle: Grid,
    warnings: Vec<String>,
    settings: Vec<TableInForce>,
}

impl Landing<'_> {
    /// The page.
    ///
    /// # Errors
    /// None, unless the template has an error.
    pub fn render(self) -> Result<String, askama::Error> {
        let Self {
            vcenters,
            settings,
            reload_problem,
            at,
            now,
        } = self;
        let page = Page {
            program: LONG_VERSION,
            names: answer::names(&vcenters.iter().map(grid::name).collect::<Vec<_>>()),
            at: at.strftime("%a %-d %b %Y %H:%M:%S UTC").to_string(),
            answer: Answer::new(vcenters, now),
            vcenters: vcenters.iter().map(|it| VcenterRow::of(it, now)).collect(),
            notices: notice::all(vcenters, now, reload_problem.as_deref()),
            states: cycle_facts::states(vcenters),
            cycle: cycle_facts::cycle(vcenters),
            warnings: settings.warnings().collect(),
            settings: settings.tables(),
        };
        page.render()
    }
}
