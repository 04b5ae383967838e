//! Reads the settings' values, noting every problem on the way.

use std::error::Error;
use std::path::{Path, PathBuf};

use super::layers::{Found, Layers, Spelling};
use super::origin::Origin;
use super::parse::{Parsed, Unfit};
use super::problem::{Problem, SettingsError};
use super::setting::Setting;
use super::table::VCENTER_PASSWORD;
use crate::error_chain::with_causes;

/// A setting cannot be used; the problem has been noted.
#[derive(Debug)]
pub(super) struct Refused;

pub(super) type Checked<T> = Result<T, Refused>;

/// The settings' values, and the problems met while reading them.
pub(super) struct Values<'l> {
    layers: &'l Layers,
    /// Which `[[vcenter]]` is read, if any.
    vcenter: Option<usize>,
    problems: Vec<Problem>,
}

impl<'l> Values<'l> {
    /// Reads settings with what is already known to be wrong.
    pub(super) fn check<T>(
        layers: &'l Layers,
        problems: &[Problem],
        read: impl Fn(&mut Self) -> Checked<T>,
    ) -> Result<T, SettingsError> {
        let mut values = Self {
            layers,
            vcenter: None,
            problems: problems.to_vec(),
        };
        match read(&mut values) {
            Ok(value) if values.problems.is_empty() => Ok(value),
            _ => Err(SettingsError {
                problems: values.problems,
            }),
        }
    }

    /// Reads the settings of a `[[vcenter]]`.
    pub(super) fn of_vcenter<T>(
        &mut self,
        index: usize,
        read: impl FnOnce(&mut Self) -> Checked<T>,
    ) -> Checked<T> {
        let before = self.vcenter.replace(index);
        let value = read(self);
        self.vcenter = before;
        value
    }

    pub(super) fn layers(&self) -> &'l Layers {
        self.layers
    }

    /// Whether the settings of a `[[vcenter]]` are read.
    pub(super) fn is_in_table(&self) -> bool {
        self.vcenter.is_some()
    }

    /// Which layer gives the setting, if any does.
    pub(super) fn origin(&self, setting: &'static Setting) -> Option<Origin> {
        self.find(setting).map(|found| found.origin)
    }

    fn find(&self, setting: &'static Setting) -> Option<Found> {
        self.layers.find(setting, self.vcenter)
    }

    /// The setting's text, if it has one.
    pub(super) fn text(&mut self, setting: &'static Setting) -> Checked<Option<String>> {
        match self.find(setting).map(|found| found.spelling) {
            Some(Spelling::Text(text)) => Ok(Some(text)),
            Some(Spelling::List(list)) => Ok(Some(list.join(","))),
            Some(Spelling::Fault(fault)) => self.refuse(setting, fault),
            None => Ok(None),
        }
    }

    /// The file that the setting names, if any.
    pub(super) fn path(&mut self, setting: &'static Setting) -> Checked<Option<PathBuf>> {
        let (Some(text), Some(origin)) = (self.text(setting)?, self.origin(setting)) else {
            return Ok(None);
        };
        match self.layers.resolve(&text, &origin) {
            Ok(path) => Ok(Some(path)),
            Err(fault) => self.refuse(setting, fault),
        }
    }

    /// The same if it fits.
    pub(super) fn fitting_path(
        &mut self,
        setting: &'static Setting,
        check: impl Fn(&Path) -> Parsed<()>,
    ) -> Checked<Option<PathBuf>> {
        let path = self.path(setting)?;
        if let Some(path) = &path
            && let Err(unfit) = check(path)
        {
            return self.unfit(setting, &path.display().to_string(), unfit);
        }
        Ok(path)
    }

    /// The elements of a list. Layers without lists separate them by commas.
    pub(super) fn list<T>(
        &mut self,
        setting: &'static Setting,
        parse: impl Fn(&str) -> Parsed<T>,
    ) -> Checked<Vec<T>> {
        let (elements, whole): (Vec<String>, _) = match self.find(setting).map(|it| it.spelling) {
            Some(Spelling::Text(text)) => {
                (text.split(',').map(str::to_owned).collect(), Some(text))
            }
            Some(Spelling::List(list)) => (list, None),
            Some(Spelling::Fault(fault)) => return self.refuse(setting, fault),
            None => return Ok(Vec::new()),
        };
        let mut parsed = Vec::new();
        for element in &elements {
            match parse(element.trim()) {
                Ok(value) => parsed.push(value),
                Err(unfit) => {
                    let shown = whole.as_ref().unwrap_or(element);
                    return self.unfit(setting, shown, unfit);
                }
            }
        }
        Ok(parsed)
    }

    /// The setting's value, if it has a text.
    pub(super) fn optional<T>(
        &mut self,
        setting: &'static Setting,
        parse: impl Fn(&str) -> Parsed<T>,
    ) -> Checked<Option<T>> {
        let Some(text) = self.text(setting)? else {
            return Ok(None);
        };
        match parse(text.trim()) {
            Ok(value) => Ok(Some(value)),
            Err(unfit) => self.unfit(setting, &text, unfit),
        }
    }

    /// The value of a setting that must have one.
    pub(super) fn required<T>(
        &mut self,
        setting: &'static Setting,
        parse: impl Fn(&str) -> Parsed<T>,
    ) -> Checked<T> {
        match self.optional(setting, parse)? {
            Some(value) => Ok(value),
            None => self.missing(setting),
        }
    }

    /// Notes why a parser does not accept a text.
    pub(super) fn unfit<T>(
        &mut self,
        setting: &'static Setting,
        text: &str,
        unfit: Unfit,
    ) -> Checked<T> {
        match unfit {
            Unfit::NotAllowed => self.refuse(setting, format!("is {text:?}")),
            Unfit::Because(reason) => self.refuse(setting, format!("is {text:?}, {reason}")),
            Unfit::Secret(fault) => self.refuse(setting, fault.to_owned()),
        }
    }

    /// Notes that nothing gives a setting. A file that was not understood may have it.
    pub(super) fn missing<T>(&mut self, setting: &'static Setting) -> Checked<T> {
        if self.layers.is_file_whole() {
            self.refuse(setting, "is missing".to_owned())
        } else {
            Err(Refused)
        }
    }

    /// Which of two settings that are given counts, although they exclude each other: that of the stronger layer.
    pub(super) fn stronger(
        &mut self,
        first: &'static Setting,
        second: &'static Setting,
    ) -> Checked<&'static Setting> {
        match (self.origin(first), self.origin(second)) {
            (Some(one), Some(other)) if one.is_beside(&other) => {
                let key = second.key.filter(|_| other.is_in_file());
                let beside = key.unwrap_or(second.name);
                self.refuse(first, format!("is given beside {beside}"))
            }
            (one, other) if one > other => Ok(first),
            _ => Ok(second),
        }
    }

    /// Notes that the setting names something that cannot be used.
    pub(super) fn unusable<T>(
        &mut self,
        setting: &'static Setting,
        value: &str,
        error: &dyn Error,
    ) -> Checked<T> {
        let reason = with_causes(error);
        self.refuse(
            setting,
            format!("is {value:?}, which cannot be used ({reason})"),
        )
    }

    /// Notes a problem, once.
    pub(super) fn refuse<T>(&mut self, setting: &'static Setting, fault: String) -> Checked<T> {
        let origin = self.origin(setting);
        let allowed = if origin.is_some_and(|origin| origin.is_in_file()) {
            setting.allowed_in_file()
        } else {
            setting.allowed
        };
        self.note(setting, fault, allowed)
    }

    /// Notes a problem whose cure the fault says.
    pub(super) fn refuse_alone<T>(&mut self, setting: &'static Setting, fault: &str) -> Checked<T> {
        self.note(setting, fault.to_owned(), "")
    }

    fn note<T>(
        &mut self,
        setting: &'static Setting,
        fault: String,
        allowed: &'static str,
    ) -> Checked<T> {
        let problem = Problem {
            name: self.layers.name_of(setting, self.vcenter),
            fault: self.without_password(fault),
            allowed,
        };
        // What all vCenters share is read for each.
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
        Err(Refused)
    }

    fn without_password(&self, fault: String) -> String {
        let password = self.layers.find_outside(&VCENTER_PASSWORD);
        let Some(Spelling::Text(password)) = password.map(|found| found.spelling) else {
            return fault;
        };
        // Values are shown escaped.
        let escaped = format!("{password:?}");
        if fault.contains(&password) || fault.contains(escaped.trim_matches('"')) {
            "is not shown, because it holds the password".to_owned()
        } else {
            fault
        }
    }
}
