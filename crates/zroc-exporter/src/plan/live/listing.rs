//! Which VMs the page lists, and in which order.

use planner_core::plan::vm_figures::VmFigures;
use planner_core::units::{BytesPerSec, DataAmount};

use super::bad_question::BadQuestion;
use super::pairs::Pairs;

/// Parameters of the page alone.
pub(super) const PARAMETERS: [&str; 3] = ["sort", "find", "page"];

/// What VMs can be sorted by, in the order of the columns.
pub(super) const COLUMNS: [&str; 9] = [
    "name", "mean", "quantile", "peak", "day", "share", "journal", "disks", "present",
];

/// The longest part of a name to look for, in characters.
const LONGEST: usize = 200;

/// Which VMs are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listing {
    /// One of [`COLUMNS`].
    pub(super) column: &'static str,
    pub(super) is_descending: bool,
    /// What names contain, in lower case.
    pub(super) find: String,
    /// From 1 on.
    pub(super) page: usize,
}

impl Listing {
    pub(super) fn parse(pairs: &Pairs) -> Result<Self, BadQuestion> {
        let sort = pairs.last("sort").unwrap_or("-mean");
        let word = sort.strip_prefix('-');
        let known = COLUMNS
            .into_iter()
            .find(|column| *column == word.unwrap_or(sort));
        let Some(column) = known else {
            let all = COLUMNS.join(", ");
            let problem = format!("sort is one of {all}, with a - before it for the largest first");
            return Err(BadQuestion::new(Some("sort"), problem));
        };
        let page = pairs.last("page").map(str::parse);
        let Ok(page @ 1..) = page.unwrap_or(Ok(1_usize)) else {
            let problem = "page is a number from 1 on".to_owned();
            return Err(BadQuestion::new(Some("page"), problem));
        };
        let find = pairs.last("find").unwrap_or_default();
        Ok(Self {
            column,
            is_descending: word.is_some(),
            find: find
                .chars()
                .take(LONGEST)
                .collect::<String>()
                .to_lowercase(),
            page,
        })
    }

    /// The VMs that are looked for, in order.
    pub(super) fn pick<'a>(&self, vms: &'a [VmFigures]) -> Vec<&'a VmFigures> {
        let is_meant = |vm: &&VmFigures| {
            self.find.is_empty() || vm.vm.name.to_lowercase().contains(&self.find)
        };
        let mut picked: Vec<&VmFigures> = vms.iter().filter(is_meant).collect();
        picked.sort_by(|one, other| {
            let order = if self.column == "name" {
                one.vm.name.cmp(&other.vm.name)
            } else {
                self.figure(one).total_cmp(&self.figure(other))
            };
            let order = if self.is_descending {
                order.reverse()
            } else {
                order
            };
            order.then_with(|| one.vm.cmp(&other.vm))
        });
        picked
    }

    /// What is not known is less than all that is.
    fn figure(&self, vm: &VmFigures) -> f64 {
        match self.column {
            "quantile" => vm.quantiles.first().map_or(-1.0, |(_, rate)| rate.get()),
            "peak" => vm.peak.map_or(0.0, BytesPerSec::get),
            "day" => vm.per_day.get(),
            "share" => vm.share,
            "journal" => vm.journal.map_or(-1.0, |it| it.size.get()),
            "disks" => vm.provisioned.map_or(-1.0, DataAmount::get),
            "present" => vm.coverage,
            _ => vm.mean.get(),
        }
    }
}
