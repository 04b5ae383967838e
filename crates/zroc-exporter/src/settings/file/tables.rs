//! The tables of the file, as far as they can be read, and what is wrong with the others.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{TableKind, shown};
use super::source::Source;
use crate::settings::origin::{Origin, Place};
use crate::settings::problem::Problem;
use crate::settings::setting::{DEFAULTS, Section, Setting};

/// More are a mistake, and each costs memory and messages.
pub(crate) const MOST_VCENTERS: usize = 100;

/// Syntax errors after these are likely to be consequences of them.
const MOST_SYNTAX_ERRORS: usize = 10;

/// A value in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    /// As digits.
    Integer(String),
    Float(String),
    Switch(bool),
    /// A list of strings.
    List(Vec<String>),
    /// Something that no setting is, by the name of its type.
    Other(&'static str),
}

#[derive(Debug)]
struct Entry {
    value: Value,
    line: usize,
}

type Table = BTreeMap<String, Entry>;

/// What the file says.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    name: Arc<str>,
    /// Paths in the file are relative to it.
    pub(crate) folder: PathBuf,
    top: Table,
    http: Table,
    log: Table,
    defaults: Table,
    /// One for each `[[vcenter]]`, with its line; `None` where the file has no such table.
    vcenters: Option<Vec<(usize, Table)>>,
    pub(crate) problems: Vec<Problem>,
    /// Whether all of it was understood, so that what is missing is really missing.
    pub(crate) is_whole: bool,
}

impl Tables {
    /// There is no file.
    pub(crate) fn absent() -> Self {
        Self {
            is_whole: true,
            ..Self::default()
        }
    }

    /// There is a file, but nobody knows what it says.
    pub(crate) fn unreadable(problem: Problem) -> Self {
        Self {
            problems: vec![problem],
            ..Self::default()
        }
    }

    pub(crate) fn parse(source: Source) -> Self {
        let (document, errors) = DeTable::parse_recoverable(&source.text);
        let mut reader = Reader {
            newlines: source.text.match_indices('\n').map(|(at, _)| at).collect(),
            tables: Self {
                name: source.name.into(),
                folder: source.folder,
                is_whole: errors.is_empty(),
                ..Self::default()
            },
        };
        for error in errors.iter().take(MOST_SYNTAX_ERRORS) {
            let at = error.span().map_or(0, |span| span.start);
            // The rest of the error quotes the line, which may hold a secret.
            reader.note(at, format!("cannot be read as TOML: {}", error.message()));
        }
        reader.document(document.into_inner());
        reader.tables
    }

    /// Where a line of the file is.
    fn place(&self, line: usize) -> Place {
        Place {
            file: Arc::clone(&self.name),
            line,
        }
    }

    /// How many `[[vcenter]]` there are, if any.
    pub(crate) fn vcenters(&self) -> Option<usize> {
        self.vcenters.as_ref().map(Vec::len)
    }

    /// Where the `[[vcenter]]` begins.
    pub(crate) fn place_of_vcenter(&self, index: usize) -> Option<Place> {
        let (line, _) = self.vcenters.as_ref()?.get(index)?;
        Some(self.place(*line))
    }

    /// What the file says about a setting, and where. Of vCenters, the table with this index beats the defaults.
    pub(crate) fn find(
        &self,
        setting: &Setting,
        vcenter: Option<usize>,
    ) -> Option<(&Value, Origin)> {
        let key = setting.key?;
        let own = vcenter.and_then(|index| self.vcenters.as_ref()?.get(index));
        if setting.section == Section::Vcenter
            && let Some(entry) = own.and_then(|(_, table)| table.get(key))
        {
            return Some((&entry.value, Origin::Vcenter(self.place(entry.line))));
        }
        let table = match setting.section {
            Section::Top => &self.top,
            Section::Http => &self.http,
            Section::Log => &self.log,
            Section::Vcenter => &self.defaults,
        };
        let entry = table.get(key)?;
        Some((&entry.value, Origin::File(self.place(entry.line))))
    }
}

struct Reader {
    /// Where in the text the line breaks are.
    newlines: Vec<usize>,
    tables: Tables,
}

impl Reader {
    fn line(&self, at: usize) -> usize {
        self.newlines.partition_point(|newline| *newline < at) + 1
    }

    fn note(&mut self, at: usize, fault: String) {
        self.note_about(at, "", fault);
    }

    fn note_about(&mut self, at: usize, what: &str, fault: String) {
        let place = self.tables.place(self.line(at));
        let name = if what.is_empty() {
            place.to_string()
        } else {
            format!("{place}: {what}")
        };
        self.tables.problems.push(Problem {
            name,
            fault,
            allowed: "",
        });
    }

    fn document(&mut self, document: DeTable<'_>) {
        let mut top = DeTable::new();
        for (key, value) in document {
            let at = key.span().start;
            match key.get_ref().as_ref() {
                "http" => self.tables.http = self.one(at, "http", TableKind::Http, value),
                "log" => self.tables.log = self.one(at, "log", TableKind::Log, value),
                DEFAULTS => {
                    self.tables.defaults = self.one(at, DEFAULTS, TableKind::Defaults, value);
                }
                "vcenter" => self.tables.vcenters = self.vcenters(at, value),
                _ => {
                    top.insert(key, value);
                }
            }
        }
        self.tables.top = self.entries(TableKind::Top, top);
    }

    fn one(
        &mut self,
        at: usize,
        name: &str,
        kind: TableKind,
        value: Spanned<DeValue<'_>>,
    ) -> Table {
        match value.into_inner() {
            DeValue::Table(table) => self.entries(kind, table),
            other => {
                let fault = format!("is {}: write `[{name}]`", type_of(&other));
                self.note_about(at, name, fault);
                Table::new()
            }
        }
    }

    fn vcenters(&mut self, at: usize, value: Spanned<DeValue<'_>>) -> Option<Vec<(usize, Table)>> {
        let DeValue::Array(array) = value.into_inner() else {
            self.tables.is_whole = false;
            let fault = "is not a list of tables: write `[[vcenter]]` before the settings of each";
            self.note_about(at, "vcenter", fault.to_owned());
            return None;
        };
        if array.is_empty() {
            self.note_about(at, "vcenter", "is an empty list".to_owned());
            return None;
        }
        if array.len() > MOST_VCENTERS {
            let fault = format!("is there more than {MOST_VCENTERS} times");
            self.note_about(at, "[[vcenter]]", fault);
        }
        let mut vcenters = Vec::new();
        for table in array.into_iter().take(MOST_VCENTERS) {
            let begin = table.span().start;
            let line = self.line(begin);
            match table.into_inner() {
                DeValue::Table(table) => {
                    vcenters.push((line, self.entries(TableKind::Vcenter, table)));
                }
                other => {
                    let fault = format!("is {}: write `[[vcenter]]`", type_of(&other));
                    self.note_about(begin, "vcenter", fault);
                }
            }
        }
        Some(vcenters)
    }

    /// What is known of a table. The rest is noted.
    fn entries(&mut self, kind: TableKind, table: DeTable<'_>) -> Table {
        let mut entries = Table::new();
        for (key, value) in table {
            let at = key.span().start;
            let key = key.into_inner();
            if kind.knows(&key) {
                let entry = Entry {
                    value: Value::from(value.into_inner()),
                    line: self.line(at),
                };
                entries.insert(key.into_owned(), entry);
            } else {
                let name = format!("{}{}", kind.prefix(), shown(&key));
                self.note_about(at, &name, kind.fault_of(&key));
            }
        }
        entries
    }
}

impl Value {
    /// Its type, in words.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Integer(_) | Self::Float(_) => "a number",
            Self::Switch(_) => "true or false",
            Self::List(_) => "a list",
            Self::Other(kind) => kind,
        }
    }
}

impl From<DeValue<'_>> for Value {
    fn from(value: DeValue<'_>) -> Self {
        match value {
            DeValue::String(text) => Self::Text(text.into_owned()),
            DeValue::Integer(digits) => {
                let number = i64::from_str_radix(digits.as_str(), digits.radix());
                // A number out of this range is out of every other too.
                Self::Integer(number.map_or_else(|_| digits.to_string(), |it| it.to_string()))
            }
            DeValue::Float(digits) => Self::Float(digits.as_str().to_owned()),
            DeValue::Boolean(switch) => Self::Switch(switch),
            DeValue::Array(array) => {
                let texts = array.iter().map(|element| element.get_ref().as_str());
                match texts.map(|text| text.map(str::to_owned)).collect() {
                    Some(texts) => Self::List(texts),
                    None => Self::Other("a list of other values than strings"),
                }
            }
            DeValue::Datetime(_) | DeValue::Table(_) => Self::Other(type_of(&value)),
        }
    }
}

fn type_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
