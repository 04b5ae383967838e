//! The table of the VMs.

use std::cmp::Reverse;

use planner_core::plan::assumptions::Inputs;
use planner_core::plan::vm_figures::VmFigures;

use super::shown::{gib_digits, megabyte_digits, name, percent, size_needed};
use super::subject::Subject;
use super::table::{Cell, Table, number, word};

/// How many VMs a report lists.
const VMS_SHOWN: usize = 500;

/// The VMs that write most.
pub(super) fn table(subject: &Subject<'_>) -> Table {
    let plan = subject.plan;
    let note = match plan.vms.len().saturating_sub(VMS_SHOWN) {
        0 => "Rates before compression. Largest first.".to_owned(),
        more => format!(
            "Rates before compression. Largest first; {more} more are in the CSV and the workbook."
        ),
    };
    let caption = format!("The {} VMs", plan.vms.len());
    let mut table = Table::new(caption, note, head(subject.inputs));
    let mut vms: Vec<_> = plan.vms.iter().collect();
    vms.sort_by_key(|vm| Reverse(vm.mean));
    for vm in vms.into_iter().take(VMS_SHOWN) {
        table.row(cells(vm, subject.inputs));
    }
    table
}

/// The columns.
pub(in crate::plan) fn head(inputs: &Inputs) -> Vec<Cell> {
    let quantile = inputs.quantiles.first();
    vec![
        word("VM"),
        number("Mean").below("MB/s"),
        number(format!("{} %", quantile.get())).below("MB/s"),
        number("Peak").below("MB/s"),
        number("Written").below("GiB a day"),
        number("Share").below("of all"),
        number("Journal"),
        number("Disks").below("GiB"),
        number("Present"),
    ]
}

/// A VM in the order of the columns.
pub(in crate::plan) fn cells(vm: &VmFigures, inputs: &Inputs) -> Vec<Cell> {
    let first = inputs.quantiles.first();
    let quantile = vm.quantiles.iter().find(|(percent, _)| *percent == first);
    let journal = match vm.journal {
        None => number("not known"),
        Some(journal) => {
            let cell = number(size_needed(journal.size));
            if journal.is_over_limit {
                cell.below("▲ over the limit")
            } else {
                cell
            }
        }
    };
    vec![
        word(name(&vm.vm.name)),
        number(megabyte_digits(vm.mean)),
        number(quantile.map_or("–".to_owned(), |(_, rate)| megabyte_digits(*rate))),
        number(vm.peak.map_or("–".to_owned(), megabyte_digits)),
        number(gib_digits(vm.per_day)),
        number(percent(vm.share)),
        journal,
        number(vm.provisioned.map_or("–".to_owned(), gib_digits)),
        number(percent(vm.coverage)),
    ]
}
