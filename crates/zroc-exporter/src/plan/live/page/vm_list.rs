//! One page of the table of the VMs.

use planner_core::plan::assumptions::Inputs;
use planner_core::plan::whole::Plan;

use crate::plan::live::listing::{COLUMNS, Listing};
use crate::plan::live::pairs::Pairs;
use crate::plan::report::{Row, vms};

/// How many VMs a page has.
const ON_A_PAGE: usize = 50;

/// A part of the VMs, with the ways to the others.
#[derive(Debug)]
pub(super) struct VmList {
    pub(super) title: String,
    pub(super) note: &'static str,
    /// What the form that filters sends beside its field.
    pub(super) kept: Vec<(String, String)>,
    pub(super) find: String,
    /// Asks for all VMs.
    pub(super) all: String,
    pub(super) head: Vec<Column>,
    pub(super) rows: Vec<Row>,
    /// Which of how many these are.
    pub(super) place: String,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

/// The head of a column.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) is_number: bool,
    pub(super) text: String,
    pub(super) below: String,
    /// How the table is sorted by it: a value of `aria-sort`, or empty.
    pub(super) sorted: &'static str,
    /// Asks for the table sorted by it.
    pub(super) query: String,
}

impl VmList {
    pub(super) fn new(plan: &Plan, inputs: &Inputs, listing: &Listing, pairs: &Pairs) -> Self {
        let picked = listing.pick(&plan.vms);
        let pages = picked.len().div_ceil(ON_A_PAGE).max(1);
        let page = listing.page.min(pages);
        let first = (page - 1) * ON_A_PAGE;
        let shown = picked.iter().skip(first).take(ON_A_PAGE);
        let rows = shown.map(|vm| Row {
            is_chosen: false,
            cells: vms::cells(vm, inputs),
        });
        let rows: Vec<Row> = rows.collect();
        let to = |page: usize| pairs.with("page", page.to_string()).query();
        let of = if listing.find.is_empty() {
            format!("{} VMs", picked.len())
        } else {
            format!("{} of {} VMs whose name fits", picked.len(), plan.vms.len())
        };
        let place = match rows.len() {
            0 => "No VM has a name that fits".to_owned(),
            shown => format!("{} to {} of {of}", first + 1, first + shown),
        };
        let unpaged = pairs.without(&["page"]);
        Self {
            title: format!("The {} VMs", plan.vms.len()),
            note: "Rates before compression. A head of a column sorts.",
            kept: unpaged.without(&["find"]).into_vec(),
            find: pairs.last("find").unwrap_or_default().to_owned(),
            all: unpaged.without(&["find"]).query(),
            head: head(inputs, listing, &unpaged),
            rows,
            place,
            before: (page > 1).then(|| to(page - 1)),
            after: (page < pages).then(|| to(page + 1)),
        }
    }
}

fn head(inputs: &Inputs, listing: &Listing, pairs: &Pairs) -> Vec<Column> {
    let columns = vms::head(inputs).into_iter().zip(COLUMNS);
    let columns = columns.map(|(cell, name)| {
        let is_sorted = listing.column == name;
        // Figures begin with the largest, names with the first.
        let is_next_descending = if is_sorted {
            !listing.is_descending
        } else {
            cell.is_number
        };
        let sort = if is_next_descending {
            format!("-{name}")
        } else {
            name.to_owned()
        };
        Column {
            is_number: cell.is_number,
            text: cell.text,
            below: cell.below,
            sorted: match (is_sorted, listing.is_descending) {
                (false, _) => "",
                (true, true) => "descending",
                (true, false) => "ascending",
            },
            query: pairs.with("sort", sort).query(),
        }
    });
    columns.collect()
}
