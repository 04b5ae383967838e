//! A table with a column for each vCenter.

use planner_core::plan::words::{digits, duration};
use planner_core::units::Seconds;

use crate::printable::printable;
use crate::status::VcenterStatus;

/// What is shown where nothing is known.
pub(super) const UNKNOWN: &str = "–";

/// A table with a column for each vCenter.
#[derive(Debug)]
pub(super) struct Grid {
    pub(super) vcenters: Vec<String>,
    pub(super) rows: Vec<GridRow>,
}

/// A fact, and what it is at each vCenter.
#[derive(Debug)]
pub(super) struct GridRow {
    pub(super) name: String,
    pub(super) cells: Vec<String>,
    /// Whether it sums up those above.
    pub(super) is_sum: bool,
}

impl Grid {
    pub(super) fn of(vcenters: &[VcenterStatus], rows: Vec<GridRow>) -> Self {
        Self {
            vcenters: vcenters.iter().map(name).collect(),
            rows,
        }
    }
}

/// A row with what is known of each vCenter.
pub(super) fn row(
    name: &str,
    vcenters: &[VcenterStatus],
    known: impl Fn(&VcenterStatus) -> Option<String>,
) -> GridRow {
    let cells = vcenters.iter().map(known);
    GridRow {
        name: name.to_owned(),
        cells: cells
            .map(|cell| cell.unwrap_or_else(|| UNKNOWN.to_owned()))
            .collect(),
        is_sum: false,
    }
}

pub(super) fn name(vcenter: &VcenterStatus) -> String {
    printable(vcenter.name.as_str())
}

pub(super) fn count(number: usize) -> String {
    digits(number as f64)
}

/// A length of time in its two largest units.
pub(super) fn seconds(time: f64) -> String {
    let time = Seconds::new(time.max(0.0));
    time.map_or_else(|| UNKNOWN.to_owned(), duration)
}
