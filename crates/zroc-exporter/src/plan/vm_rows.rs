//! One row per VM, for CSV and for workbooks.

use planner_core::plan::assumptions::Inputs;
use planner_core::plan::percent::Percent;
use planner_core::plan::vm_figures::VmFigures;
use planner_core::plan::whole::Plan;
use planner_core::units::{BytesPerSec, Gib, MegabytePerSec};

use crate::spreadsheet::harmless;

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Text(String),
    Number(f64),
    /// Not known.
    Empty,
}

impl Cell {
    fn text(text: Option<&str>) -> Self {
        text.map_or(Self::Empty, |text| Self::Text(text.to_owned()))
    }

    fn number(number: Option<f64>) -> Self {
        number.map_or(Self::Empty, Self::Number)
    }

    fn truth(value: Option<bool>) -> Self {
        Self::text(value.map(|value| if value { "true" } else { "false" }))
    }
}

/// Names of the columns.
pub(super) fn header(inputs: &Inputs) -> Vec<String> {
    let quantiles = inputs.quantiles.iter();
    let quantiles = quantiles.map(|percent| format!("q{}_megabyte_per_second", percent.get()));
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    let mut header = names(&["vcenter", "vm", "moref", "mean_megabyte_per_second"]);
    header.extend(quantiles);
    header.extend(names(&[
        "peak_megabyte_per_second",
        "gib_per_day",
        "share",
        "coverage",
        "disks",
        "provisioned_gib",
        "written_gib",
        "journal_gib",
        "journal_extrapolated",
        "journal_over_limit",
    ]));
    header
}

/// The rows in the order of the header.
pub(super) fn rows(plan: &Plan, inputs: &Inputs) -> impl Iterator<Item = Vec<Cell>> {
    let percents: Vec<Percent> = inputs.quantiles.iter().collect();
    plan.vms.iter().map(move |vm| row(vm, &percents))
}

fn row(vm: &VmFigures, percents: &[Percent]) -> Vec<Cell> {
    let megabyte = |rate: BytesPerSec| Cell::Number(MegabytePerSec::from(rate).get());
    let gib = |amount| Gib::from(amount).get();
    let identity = &vm.vm;
    let mut row = vec![
        Cell::text(identity.vcenter.as_deref()),
        Cell::text(Some(&identity.name)),
        Cell::text(identity.moref.as_deref()),
        megabyte(vm.mean),
    ];
    row.extend(percents.iter().map(|percent| {
        let found = vm.quantiles.iter().find(|(known, _)| known == percent);
        found.map_or(Cell::Empty, |(_, rate)| megabyte(*rate))
    }));
    row.extend([
        vm.peak.map_or(Cell::Empty, megabyte),
        Cell::Number(Gib::from(vm.per_day).get()),
        Cell::Number(vm.share),
        Cell::Number(vm.coverage),
        Cell::number(vm.volumes.map(f64::from)),
        Cell::number(vm.provisioned.map(gib)),
        Cell::number(vm.journal.map(|it| gib(it.written))),
        Cell::number(vm.journal.map(|it| gib(it.size))),
        Cell::truth(vm.journal.map(|it| it.is_extrapolated)),
        Cell::truth(vm.journal.map(|it| it.is_over_limit)),
    ]);
    row
}

/// The rows as CSV. Numbers are not rounded.
pub(super) fn csv(plan: &Plan, inputs: &Inputs) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header(inputs))?;
    for row in rows(plan, inputs) {
        writer.write_record(row.iter().map(|cell| match cell {
            Cell::Text(text) => harmless(text),
            Cell::Number(number) => number.to_string(),
            Cell::Empty => String::new(),
        }))?;
    }
    writer
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))
}
