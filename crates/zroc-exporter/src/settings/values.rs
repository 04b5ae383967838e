//! Reads the settings' texts, noting every problem on the way.

use std::collections::HashMap;
use std::error::Error;
use std::ffi::OsString;

use config::{Config, Environment};
use vsphere_soap::Proxy;

use super::parse::{Parsed, Unfit};
use super::problem::{Problem, SettingsError};
use super::table::SETTINGS;
use crate::error_chain::with_causes;

/// Not even a part of their values is shown: a password may be in them, by right or by mistake.
const MAY_HOLD_A_PASSWORD: [&str; 5] = [
    "VCENTER_HOST",
    "VCENTER_PASSWORD",
    "VCENTER_PASSWORD_FILE",
    "HTTPS_PROXY",
    "ALL_PROXY",
];

/// A setting cannot be used; the problem has been noted.
#[derive(Debug)]
pub(super) struct Refused;

pub(super) type Checked<T> = Result<T, Refused>;

/// The settings' texts, and the problems met while reading them.
pub(super) struct Values {
    texts: HashMap<String, String>,
    /// Values that are not in UTF-8.
    not_unicode: HashMap<&'static str, OsString>,
    /// The variables about proxies, whose names other programs write in lower case too.
    proxy_variables: HashMap<&'static str, String>,
    problems: Vec<Problem>,
}

impl Values {
    pub(super) fn gather(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let defaults = SETTINGS.iter().filter_map(|setting| {
            setting
                .default
                .map(|default| (setting.name.to_owned(), default.to_owned()))
        });
        let mut given = HashMap::new();
        let mut not_unicode = HashMap::new();
        for name in SETTINGS.iter().map(|setting| setting.name) {
            match variable(name).map(OsString::into_string) {
                Some(Ok(text)) => {
                    given.insert(name.to_owned(), text);
                }
                Some(Err(value)) => {
                    not_unicode.insert(name, value);
                }
                None => {}
            }
        }
        let proxy_variables = Proxy::VARIABLES.into_iter().filter_map(|name| {
            let value = variable(name)?.into_string().ok()?;
            Some((name, value))
        });
        let proxy_variables = proxy_variables.collect();
        let layer = |texts| {
            Environment::default()
                .ignore_empty(true)
                .source(Some(texts))
        };
        let layers = Config::builder()
            .add_source(layer(defaults.collect()))
            .add_source(layer(given))
            .build()
            .and_then(Config::try_deserialize);
        #[expect(clippy::expect_used, reason = "both layers are flat maps of strings")]
        let texts = layers.expect("maps of strings can be merged");
        Self {
            texts,
            not_unicode,
            proxy_variables,
            problems: Vec::new(),
        }
    }

    /// Reads something from the texts. It counts only if nothing was refused on the way.
    pub(super) fn check<T>(
        mut self,
        read: impl Fn(&mut Self) -> Checked<T>,
    ) -> Result<T, SettingsError> {
        match read(&mut self) {
            Ok(value) if self.problems.is_empty() => Ok(value),
            _ => Err(SettingsError {
                problems: self.problems,
            }),
        }
    }

    /// The setting's text, if it is given or has a default.
    pub(super) fn text(&mut self, name: &'static str) -> Checked<Option<String>> {
        match self.not_unicode.get(name) {
            Some(_) if MAY_HOLD_A_PASSWORD.contains(&name) => {
                self.refuse(name, "is not in UTF-8".to_owned())
            }
            Some(value) => self.refuse(
                name,
                format!("is {:?}, which is not in UTF-8", value.display()),
            ),
            None => Ok(self.texts.get(&name.to_lowercase()).cloned()),
        }
    }

    /// The value of one of [`Proxy::VARIABLES`].
    pub(super) fn proxy_variable(&self, name: &str) -> Option<String> {
        self.proxy_variables.get(name).cloned()
    }

    /// The setting's value, if it has a text.
    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Parsed<T>,
    ) -> Checked<Option<T>> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        match parse(text.trim()) {
            Ok(value) => Ok(Some(value)),
            Err(Unfit::NotAllowed) => self.refuse(name, format!("is {text:?}")),
            Err(Unfit::Because(reason)) => self.refuse(name, format!("is {text:?}, {reason}")),
            Err(Unfit::Secret(fault)) => self.refuse(name, fault.to_owned()),
        }
    }

    /// The value of a setting that must have one.
    pub(super) fn required<T>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Parsed<T>,
    ) -> Checked<T> {
        match self.optional(name, parse)? {
            Some(value) => Ok(value),
            None => self.refuse(name, "is missing".to_owned()),
        }
    }

    /// Notes that the setting names something that cannot be used.
    pub(super) fn unusable<T>(
        &mut self,
        name: &'static str,
        value: &str,
        error: &dyn Error,
    ) -> Checked<T> {
        let reason = with_causes(error);
        self.refuse(
            name,
            format!("is {value:?}, which cannot be used ({reason})"),
        )
    }

    /// Notes a problem.
    pub(super) fn refuse<T>(&mut self, name: &'static str, fault: String) -> Checked<T> {
        let password = self.texts.get("vcenter_password");
        // Values are shown escaped.
        let is_shown = |password: &String| {
            let escaped = format!("{password:?}");
            fault.contains(password.as_str()) || fault.contains(escaped.trim_matches('"'))
        };
        let is_secret = password.is_some_and(is_shown);
        let fault = if is_secret {
            "is not shown, because it holds the password".to_owned()
        } else {
            fault
        };
        let setting = SETTINGS
            .iter()
            .find(|setting| setting.name.eq_ignore_ascii_case(name));
        let allowed = setting.map_or("", |setting| setting.allowed);
        self.problems.push(Problem {
            name,
            fault,
            allowed,
        });
        Err(Refused)
    }
}
