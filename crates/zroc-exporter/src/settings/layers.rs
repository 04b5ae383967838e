//! The layers that give settings: flags, environment, file and defaults.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::file::{Source, Tables, Value};
use super::given::Given;
use super::nearest::{UnknownVariable, unknown_variables};
use super::origin::{Origin, Place};
use super::problem::Problem;
use super::setting::{Form, Section, Setting};
use super::table::{ALL_PROXY, BATCH_DELAY, HTTPS_PROXY, NO_PROXY, ZROC_CONFIG};
use crate::error_chain::with_causes;

/// A path that begins with this is in the folder that systemd puts a unit's credentials into.
const CREDENTIALS: &str = "$CREDENTIALS_DIRECTORY/";
const CREDENTIALS_DIRECTORY: &str = "CREDENTIALS_DIRECTORY";

/// All that the operator gave, layer by layer. Nothing but the file's form has been looked at.
#[derive(Debug)]
pub struct Layers {
    given: Given,
    file: Tables,
}

/// The value of a setting as its layer spells it.
pub(super) struct Found {
    pub(super) spelling: Spelling,
    pub(super) origin: Origin,
}

pub(super) enum Spelling {
    Text(String),
    /// From a layer that has lists.
    List(Vec<String>),
    /// It cannot be the value of this setting, whatever it says: a predicate that follows the setting's name.
    Fault(String),
}

impl Layers {
    /// Reads the file, if one is given. Blocks as long as the file system or standard input does.
    pub fn gather(given: Given) -> Self {
        let mut layers = Self {
            given,
            file: Tables::absent(),
        };
        let Some(Found { spelling, .. }) = layers.find(&ZROC_CONFIG, None) else {
            return layers;
        };
        let path = match spelling {
            Spelling::Text(path) => PathBuf::from(path),
            Spelling::List(_) => return layers,
            Spelling::Fault(fault) => return layers.without_file(fault),
        };
        match Source::read(&path) {
            Ok(source) => layers.file = Tables::parse(source),
            Err(error) => {
                let path = path.display().to_string();
                let reason = with_causes(&error);
                return layers
                    .without_file(format!("is {path:?}, which cannot be used ({reason})"));
            }
        }
        layers
    }

    /// With this text in place of the file, as if it were in this path.
    pub fn with_file(given: Given, path: &Path, text: String) -> Self {
        Self {
            given,
            file: Tables::parse(Source::new(path, text)),
        }
    }

    /// The file is asked for, but cannot be read.
    fn without_file(mut self, fault: String) -> Self {
        let name = self.name_of(&ZROC_CONFIG, None);
        self.file = Tables::unreadable(Problem {
            name,
            fault,
            allowed: ZROC_CONFIG.allowed,
        });
        self
    }

    /// Environment variables that were probably meant to be settings.
    pub fn unknown_variables(&self) -> Vec<UnknownVariable> {
        unknown_variables(&self.given)
    }

    /// Whether the vCenter at this place has a `BATCH_DELAY` other than the default.
    pub(super) fn gives_batch_delay(&self, index: usize) -> bool {
        let vcenter = self.vcenters().map(|_| index);
        let found = self.find(&BATCH_DELAY, vcenter);
        found.is_some_and(|found| found.origin > Origin::Default)
    }

    /// How many `[[vcenter]]` the file has, if any.
    pub(super) fn vcenters(&self) -> Option<usize> {
        self.file.vcenters()
    }

    pub(super) fn place_of_vcenter(&self, index: usize) -> Option<Place> {
        self.file.place_of_vcenter(index)
    }

    /// What is wrong with the form of the file.
    pub(super) fn file_problems(&self) -> &[Problem] {
        &self.file.problems
    }

    /// Whether the file was understood, or there is none.
    pub(super) fn is_file_whole(&self) -> bool {
        self.file.is_whole
    }

    /// The strongest layer that gives the setting. `vcenter` is the index of a `[[vcenter]]`. Flags and variables about one
    /// vCenter do not count for these tables.
    pub(super) fn find(&self, setting: &'static Setting, vcenter: Option<usize>) -> Option<Found> {
        let is_open = vcenter.is_none() || !setting.is_of_one_vcenter();
        let outside = is_open.then(|| self.find_outside(setting)).flatten();
        outside
            .or_else(|| self.find_in_file(setting, vcenter))
            .or_else(|| {
                let default = setting.default?;
                Some(Found {
                    spelling: Spelling::Text(default.to_owned()),
                    origin: Origin::Default,
                })
            })
    }

    /// What flags and environment give.
    pub(super) fn find_outside(&self, setting: &'static Setting) -> Option<Found> {
        if let Some(values) = self.given.flag(setting)
            && let Some(flag) = setting.flag
        {
            let spelling = match (setting.form, values) {
                (Form::Addresses, values) => texts(setting, values),
                (_, [.., last]) => text(setting, last),
                (_, []) => return None,
            };
            let origin = Origin::Flag(flag);
            return Some(Found { spelling, origin });
        }
        let (name, value) = self.variable(setting)?;
        Some(Found {
            spelling: text(setting, value),
            origin: Origin::Variable(name),
        })
    }

    /// The environment variable that gives the setting. Programs write those about proxies in lower case too.
    fn variable(&self, setting: &Setting) -> Option<(&'static str, &OsStr)> {
        let is_about_proxies = [HTTPS_PROXY, ALL_PROXY, NO_PROXY].contains(setting);
        let lower = setting.key.filter(|_| is_about_proxies);
        let mut names = setting.variable().into_iter().chain(lower);
        names.find_map(|name| Some((name, self.given.variable(name)?)))
    }

    /// The text of an environment variable whose name is not that of a setting.
    pub fn plain_variable(&self, name: &str) -> Option<String> {
        self.given.variable(name)?.to_str().map(str::to_owned)
    }

    pub(super) fn find_in_file(&self, setting: &Setting, vcenter: Option<usize>) -> Option<Found> {
        let (value, origin) = self.file.find(setting, vcenter)?;
        let spelling = spelling(setting.form, value);
        Some(Found { spelling, origin })
    }

    /// How a message names the setting: by what gives it or, if nothing does, by what could.
    pub(super) fn name_of(&self, setting: &'static Setting, vcenter: Option<usize>) -> String {
        let key = setting.key.unwrap_or(setting.name);
        let section = setting.section;
        match self.find(setting, vcenter).map(|found| found.origin) {
            Some(Origin::Vcenter(place)) => format!("{place}: vcenter.{key}"),
            Some(Origin::File(place)) if section == Section::Vcenter => {
                format!("{place}: defaults.{key}")
            }
            Some(Origin::File(place)) => match section.table() {
                Some(table) => format!("{place}: {table}.{key}"),
                None => format!("{place}: {key}"),
            },
            Some(Origin::Flag(flag)) => format!("--{flag}"),
            Some(Origin::Variable(name)) => name.to_owned(),
            Some(Origin::Default) | None => {
                match vcenter.and_then(|it| self.place_of_vcenter(it)) {
                    Some(place) if section == Section::Vcenter => format!("{place}: vcenter.{key}"),
                    _ => setting.name.to_owned(),
                }
            }
        }
    }

    /// The path that a text stands for: in the file, paths are relative to it.
    ///
    /// # Errors
    /// A predicate that follows the setting's name.
    pub(super) fn resolve(&self, text: &str, origin: &Origin) -> Result<PathBuf, String> {
        if let Some(credential) = text.strip_prefix(CREDENTIALS) {
            return match self.plain_variable(CREDENTIALS_DIRECTORY) {
                Some(folder) => Ok(Path::new(&folder).join(credential)),
                None => Err(format!(
                    "is {text:?}, but {CREDENTIALS_DIRECTORY} is not set; systemd sets it for units with LoadCredential="
                )),
            };
        }
        if origin.is_in_file() {
            Ok(self.file.folder.join(text))
        } else {
            Ok(PathBuf::from(text))
        }
    }
}

/// A text of the environment or the command line.
fn text(setting: &Setting, value: &OsStr) -> Spelling {
    match value.to_str() {
        Some(text) => Spelling::Text(text.to_owned()),
        None if setting.is_hidden() => Spelling::Fault("is not in UTF-8".to_owned()),
        None => Spelling::Fault(format!("is {:?}, which is not in UTF-8", value.display())),
    }
}

fn texts(setting: &Setting, values: &[OsString]) -> Spelling {
    let mut list = Vec::new();
    for value in values {
        match text(setting, value) {
            Spelling::Text(text) => list.push(text),
            fault => return fault,
        }
    }
    Spelling::List(list)
}

/// A value of the file, if it has the type of the setting.
fn spelling(form: Form, value: &Value) -> Spelling {
    let text = |text: &str| Spelling::Text(text.to_owned());
    let is_a_string = matches!(
        form,
        Form::Text | Form::Path | Form::Secret | Form::Choice(_) | Form::Duration(_)
    );
    match (form, value) {
        (_, Value::Text(given)) if is_a_string => text(given),
        (Form::Switch, Value::Switch(given)) => text(if *given { "true" } else { "false" }),
        (Form::Number(..) | Form::Duration(_), Value::Integer(given))
        | (Form::Duration(_), Value::Float(given)) => text(given),
        (Form::Patterns | Form::Names(_) | Form::Addresses, Value::List(given)) => {
            Spelling::List(given.clone())
        }
        (_, other) => Spelling::Fault(format!("is {}", other.kind())),
    }
}
