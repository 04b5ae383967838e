//! A chart with the sentence that it shows, and its figures as a table.

use super::chart::Chart;
use super::table::Table;

/// A chart in the report.
#[derive(Debug)]
pub(in crate::plan) struct Figure {
    /// Whether it takes the whole width.
    pub(in crate::plan) is_wide: bool,
    /// What it shows, as a sentence with numbers.
    pub(in crate::plan) finding: String,
    /// What is drawn, in which unit.
    pub(in crate::plan) drawn: String,
    pub(in crate::plan) chart: Chart,
    /// What shades mean: a class and its meaning.
    pub(in crate::plan) keys: Vec<(&'static str, String)>,
    /// What opens the tables.
    pub(in crate::plan) summary: &'static str,
    pub(in crate::plan) tables: Vec<Table>,
}
