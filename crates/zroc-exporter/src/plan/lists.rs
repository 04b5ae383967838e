//! Lists of VMs: TXT, CSV, and exports of RVTools as a workbook or as CSV tabs.

mod entry;
mod error;
mod rvtools;
mod table;
mod workbook;

use std::path::Path;

use self::error::{ListError, MOST_ENTRIES};
use self::table::Table;
use super::error::PlanError;
use super::naming::Key;
use crate::bounded_read;

pub(super) use self::entry::Entry;

/// The longest list.
const LONGEST: u64 = 64 * 1_024 * 1_024;

/// Reads a list.
pub(super) fn read(path: &Path) -> Result<Vec<Entry>, PlanError> {
    let content =
        bounded_read::read(path, LONGEST).map_err(|error| PlanError::file(path, error))?;
    let entries = parse(content).map_err(|error| PlanError::file(path, error))?;
    if entries.is_empty() {
        return Err(PlanError::file(path, ListError::Empty));
    }
    Ok(entries)
}

fn parse(content: Vec<u8>) -> Result<Vec<Entry>, ListError> {
    if content.starts_with(b"PK") {
        return rvtools::entries(&workbook::tables(content)?);
    }
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&content);
    let text = std::str::from_utf8(content).map_err(|_| ListError::NotUtf8)?;
    match Table::of_csv(text)? {
        Some(table) => rvtools::entries(&[table]),
        None => words(text),
    }
}

/// One name or reference per line.
fn words(text: &str) -> Result<Vec<Entry>, ListError> {
    let lines = text.lines().enumerate();
    let lines = lines.map(|(place, line)| (place + 1, line.trim()));
    let named = lines.filter(|(_, line)| !line.is_empty());
    let mut entries = Vec::new();
    for (line, word) in named {
        if entries.len() == MOST_ENTRIES {
            return Err(ListError::TooLong);
        }
        entries.push(Entry {
            key: Key::of_word(word),
            line,
            ..Entry::default()
        });
    }
    Ok(entries)
}
