//! Rows with a header, from CSV or a sheet.

use csv::{ReaderBuilder, Trim};

use super::error::{ListError, MOST_ENTRIES};

/// Columns with names of VMs, and with their references.
pub(super) const NAMES: [&str; 3] = ["vm", "vmname", "name"];
pub(super) const MOREFS: [&str; 3] = ["vmid", "moref", "vmmoref"];

/// Rows with a header.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Names of the columns: letters and digits in lower case.
    header: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    line: usize,
    cells: Vec<String>,
}

/// Other spellings of a column's name are the same name.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).take(100).collect()
}

impl Table {
    /// A table from rows, of which the first is the header; `None` without any.
    pub(super) fn new(
        rows: impl IntoIterator<Item = (usize, Vec<String>)>,
    ) -> Result<Option<Self>, ListError> {
        let mut rows = rows.into_iter();
        let Some((_, header)) = rows.next() else {
            return Ok(None);
        };
        let mut table = Self::with_header(header.iter().map(String::as_str));
        for (line, cells) in rows {
            table.push(line, cells)?;
        }
        Ok(Some(table))
    }

    fn with_header<'h>(names: impl Iterator<Item = &'h str>) -> Self {
        Self {
            header: names.map(plain).collect(),
            rows: Vec::new(),
        }
    }

    fn push(&mut self, line: usize, cells: Vec<String>) -> Result<(), ListError> {
        if self.rows.len() == MOST_ENTRIES {
            return Err(ListError::TooLong);
        }
        self.rows.push(Row { line, cells });
        Ok(())
    }

    /// The table in a text; `None` if its first line is not a header that names VMs.
    pub(super) fn of_csv(text: &str) -> Result<Option<Self>, ListError> {
        let first = text.lines().next().unwrap_or_default();
        let delimiter = [b';', b'\t']
            .into_iter()
            .find(|it| first.as_bytes().contains(it));
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter.unwrap_or(b','))
            .has_headers(false)
            .flexible(true)
            .trim(Trim::All)
            .from_reader(text.as_bytes());
        let mut records = reader.records();
        let Some(header) = records.next() else {
            return Ok(None);
        };
        let mut table = Self::with_header(header?.iter());
        if !table.names_vms() {
            return Ok(None);
        }
        for record in records {
            let record = record?;
            let line = record.position().map_or(0, csv::Position::line);
            let line = usize::try_from(line).unwrap_or(usize::MAX);
            table.push(line, record.iter().map(str::to_owned).collect())?;
        }
        Ok(Some(table))
    }

    /// Whether a column has names or references of VMs.
    pub(super) fn names_vms(&self) -> bool {
        let mut columns = NAMES.iter().chain(&MOREFS);
        columns.any(|name| self.has(name))
    }

    /// Whether there is a column of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.header.iter().any(|it| it == name)
    }

    /// The rows with their lines.
    pub(super) fn rows(&self) -> impl Iterator<Item = (usize, Cells<'_>)> {
        let header = &self.header;
        self.rows.iter().map(move |row| {
            let cells = &row.cells;
            (row.line, Cells { header, cells })
        })
    }
}

/// The cells of one row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cells<'t> {
    header: &'t [String],
    cells: &'t [String],
}

impl<'t> Cells<'t> {
    /// The first cell of these columns that is not empty.
    pub(super) fn text(self, names: &[&str]) -> Option<&'t str> {
        let mut cells = names.iter().filter_map(|name| {
            let place = self.header.iter().position(|it| it == name)?;
            self.cells.get(place)
        });
        cells.find(|cell| !cell.is_empty()).map(String::as_str)
    }

    /// Whether the cell says yes: booleans may be text.
    pub(super) fn is_true(self, name: &str) -> bool {
        let text = self.text(&[name]).unwrap_or_default();
        ["true", "yes", "1"]
            .iter()
            .any(|yes| text.eq_ignore_ascii_case(yes))
    }

    /// A size in MiB. RVTools wrote `MB` before it wrote `MiB`, and always meant 1,048,576 bytes.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 2^60"
    )]
    pub(super) fn mebibytes(self, names: &[&str]) -> Option<u64> {
        let size: f64 = self.text(names)?.parse().ok()?;
        let bytes = size * 1_048_576.0;
        (0.0..=1e18).contains(&bytes).then_some(bytes as u64)
    }
}
