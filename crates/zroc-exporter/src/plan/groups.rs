//! The file of groups: `vm,vpg[,priority,history,rpo]`.

use std::path::Path;

use csv::{ReaderBuilder, Trim};
use planner_core::plan::assumptions::History;
use planner_core::plan::demand::{Group, Priority};
use planner_core::plan::notation;

use super::error::PlanError;
use super::naming::{Key, Unmatched};
use crate::bounded_read;

/// The longest file.
const LONGEST: u64 = 16 * 1_024 * 1_024;
/// The most groups: each has a sum of its own.
const MOST_GROUPS: usize = 1_000;

/// One row: a VM in a group.
#[derive(Debug)]
pub(super) struct GroupRow {
    pub(super) key: Key,
    line: u64,
    /// The group without members.
    pub(super) group: Group,
}

impl GroupRow {
    pub(super) fn unmatched(&self, reason: &'static str) -> Unmatched {
        Unmatched {
            entry: self.key.shown(),
            from: format!("--groups line {}", self.line),
            reason,
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum GroupsError {
    #[error(transparent)]
    Csv(#[from] csv::Error),
    #[error("its header is not vm,vpg[,priority,history,rpo]: {0:?} is not known or comes twice")]
    Header(String),
    #[error("its header lacks vm or vpg")]
    Incomplete,
    #[error("line {line}: {problem}")]
    Row { line: u64, problem: String },
    #[error("it has more than {MOST_GROUPS} groups")]
    TooMany,
    #[error("it has no row")]
    Empty,
}

const COLUMNS: [&str; 5] = ["vm", "vpg", "priority", "history", "rpo"];

/// Reads the file.
pub(super) fn read(path: &Path) -> Result<Vec<GroupRow>, PlanError> {
    let content =
        bounded_read::read(path, LONGEST).map_err(|error| PlanError::file(path, error))?;
    parse(&content).map_err(|error| PlanError::file(path, error))
}

fn parse(content: &[u8]) -> Result<Vec<GroupRow>, GroupsError> {
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let first = content
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let is_semicolon = first.contains(&b';') && !first.contains(&b',');
    let mut reader = ReaderBuilder::new()
        .delimiter(if is_semicolon { b';' } else { b',' })
        .trim(Trim::All)
        .from_reader(content);
    let places = places(reader.headers()?)?;
    let mut rows: Vec<GroupRow> = Vec::new();
    let mut groups: Vec<Group> = Vec::new();
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |column: usize| {
            let place = places.get(column).copied().flatten();
            place
                .and_then(|place| record.get(place))
                .unwrap_or_default()
        };
        let row = row([0, 1, 2, 3, 4].map(cell), line)?;
        match groups.iter().find(|group| group.name == row.group.name) {
            Some(group) if *group != row.group => {
                let name = &row.group.name;
                let problem = format!(
                    "the group {name:?} has another priority, history or RPO here than in an earlier row"
                );
                return Err(GroupsError::Row { line, problem });
            }
            Some(_) => {}
            None if groups.len() == MOST_GROUPS => return Err(GroupsError::TooMany),
            None => groups.push(row.group.clone()),
        }
        rows.push(row);
    }
    if rows.is_empty() {
        return Err(GroupsError::Empty);
    }
    Ok(rows)
}

/// Where each of [`COLUMNS`] is.
fn places(header: &csv::StringRecord) -> Result<[Option<usize>; 5], GroupsError> {
    let mut places = [None; 5];
    for (place, name) in header.iter().enumerate() {
        let name = name.to_ascii_lowercase();
        let column = COLUMNS.iter().position(|known| *known == name);
        match column.and_then(|column| places.get_mut(column)) {
            Some(slot) if slot.is_none() => *slot = Some(place),
            _ => return Err(GroupsError::Header(name.chars().take(60).collect())),
        }
    }
    match places {
        [Some(_), Some(_), ..] => Ok(places),
        _ => Err(GroupsError::Incomplete),
    }
}

fn row([vm, vpg, priority, history, rpo]: [&str; 5], line: u64) -> Result<GroupRow, GroupsError> {
    let problem = |problem: String| GroupsError::Row { line, problem };
    if vm.is_empty() || vpg.is_empty() {
        return Err(problem("it lacks the VM or the group".to_owned()));
    }
    let priority = match &*priority.to_ascii_lowercase() {
        "" | "medium" => Priority::Medium,
        "high" => Priority::High,
        "low" => Priority::Low,
        _ => return Err(problem(format!("{priority:?} is not high, medium or low"))),
    };
    let time = |text: &str| match text {
        "" => Ok(None),
        text => notation::time(text)
            .map(Some)
            .map_err(|error| problem(error.to_string())),
    };
    let history = match time(history)? {
        None => None,
        Some(history) => match History::new(history) {
            Some(history) => Some(history),
            None => return Err(problem("a history is from 1h to 30d".to_owned())),
        },
    };
    Ok(GroupRow {
        key: Key::of_word(vm),
        line,
        group: Group {
            name: vpg.into(),
            priority,
            history,
            rpo: time(rpo)?,
            members: Vec::new(),
        },
    })
}
