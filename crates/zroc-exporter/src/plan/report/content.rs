//! What the report and the page `/planner` show alike.

use super::figure::Figure;
use super::subject::Subject;
use super::table::Table;
use super::tiles::{self, Tile};
use super::verdict::{self, Answer};
use super::{bursts, causes, curve, shown, tables, week};
use crate::version;

/// The parts of a plan in the order in which people read them.
#[derive(Debug)]
pub(in crate::plan) struct Content {
    pub(in crate::plan) title: String,
    pub(in crate::plan) made: String,
    pub(in crate::plan) answer: Answer,
    pub(in crate::plan) basis: Vec<String>,
    pub(in crate::plan) rates: Vec<Tile>,
    pub(in crate::plan) recovery: Vec<Tile>,
    pub(in crate::plan) curve: Option<Figure>,
    pub(in crate::plan) links: Vec<Table>,
    pub(in crate::plan) bursts: Vec<Figure>,
    pub(in crate::plan) more: Vec<Table>,
    pub(in crate::plan) groups: Option<Table>,
    pub(in crate::plan) not_in_the_sums: Vec<Table>,
    pub(in crate::plan) inputs: Vec<(String, String, bool)>,
    pub(in crate::plan) seen: String,
    pub(in crate::plan) factor: String,
}

impl Content {
    pub(in crate::plan) fn new(subject: &Subject<'_>) -> Self {
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
        Self {
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
            not_in_the_sums: tables::not_in_the_sums(subject),
            inputs: tables::inputs(subject),
            seen: tables::seen(subject, &clock),
            factor: format!(
                "written × {:.3}: compression {}, overhead {}, growth × {:.3}",
                assumptions.wire_factor(),
                shown::percent(assumptions.compression.get()),
                shown::percent(assumptions.overhead.get()),
                assumptions.growth.factor(),
            ),
        }
    }
}
