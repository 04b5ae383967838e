//! The settings in force, each with where it comes from, for people and for programs. Secrets are masked.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::http::HttpSettings;
use super::layers::{Found, Layers, Spelling};
use super::nearest::UnknownVariable;
use super::origin::Origin;
use super::parse;
use super::setting::{DEFAULTS, Form, Section, Setting};
use super::table::{HTTP_HOST, HTTP_PORT, LISTEN, NAME, SETTINGS, VCENTER_HOST, VCENTER_LABEL};
use super::toml_value::literal;
use crate::version::VERSION;

/// Comments behind values begin in this column, if the value leaves room.
const COMMENT_COLUMN: usize = 48;

/// The settings in force.
#[derive(Debug)]
pub struct Effective {
    top: Vec<InForce>,
    http: Vec<InForce>,
    log: Vec<InForce>,
    /// One for each vCenter.
    vcenters: Vec<Vec<InForce>>,
    /// Whether vCenters have tables of their own.
    has_tables: bool,
    unknown_variables: Vec<UnknownVariable>,
}

/// The settings in force of one table of the file, for people.
#[derive(Debug, PartialEq, Eq)]
pub struct TableInForce {
    /// The table, or which vCenter it is about. Empty before all tables.
    pub name: String,
    /// The settings that have a value.
    pub lines: Vec<LineInForce>,
}

/// One setting in force, for people.
#[derive(Debug, PartialEq, Eq)]
pub struct LineInForce {
    /// The key.
    pub key: &'static str,
    /// The value; `None` for a secret.
    pub value: Option<String>,
    /// Where it comes from; `None` for a default.
    pub origin: Option<String>,
}

/// One setting in force.
#[derive(Debug, Clone)]
struct InForce {
    setting: &'static Setting,
    /// `None` if nothing gives it.
    given: Option<(Shown, Origin)>,
}

#[derive(Debug, Clone)]
enum Shown {
    Value(Value),
    Masked,
}

impl Effective {
    /// The settings in force, after they have been found valid.
    pub fn of(layers: &Layers, http_settings: &HttpSettings, labelled: bool) -> Self {
        let of_section = |section| in_force(layers, section, None);
        let vcenters = match layers.vcenters() {
            Some(count) => (0..count)
                .map(|index| in_force(layers, Section::Vcenter, Some(index)))
                .collect(),
            None => vec![of_section(Section::Vcenter)],
        };
        let mut http = of_section(Section::Http);
        if let Some(listen) = http.iter_mut().find(|it| *it.setting == LISTEN) {
            let addresses = http_settings.listen.iter().map(ToString::to_string);
            let origin = [&LISTEN, &HTTP_HOST, &HTTP_PORT]
                .into_iter()
                .filter_map(|setting| layers.find(setting, None))
                .map(|found| found.origin)
                .max();
            listen.given = origin.map(|origin| (Shown::Value(addresses.collect()), origin));
        }
        let mut top = of_section(Section::Top);
        if let Some(label) = top.iter_mut().find(|it| *it.setting == VCENTER_LABEL)
            && let Some(first) = layers.place_of_vcenter(0)
        {
            // The tables ask for it.
            let shown = Shown::Value(labelled.into());
            label.given = Some((shown, Origin::File(first)));
        }
        Self {
            top,
            http,
            log: of_section(Section::Log),
            vcenters,
            has_tables: layers.vcenters().is_some(),
            unknown_variables: layers.unknown_variables(),
        }
    }

    /// With those settings of `start` that only a new start changes.
    #[must_use]
    pub fn with_start_of(self, start: &Self) -> Self {
        Self {
            http: start.http.clone(),
            log: start.log.clone(),
            ..self
        }
    }

    /// What is odd about the environment.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        self.unknown_variables.iter().map(ToString::to_string)
    }

    /// As tables for people.
    pub fn tables(&self) -> Vec<TableInForce> {
        let vcenters = self.vcenters.iter();
        let vcenters = vcenters.map(|vcenter| table(name_of(vcenter), vcenter));
        let exporter = [
            table(String::new(), &self.top),
            table("http".to_owned(), &self.http),
            table("log".to_owned(), &self.log),
        ];
        exporter.into_iter().chain(vcenters).collect()
    }

    /// As a file that gives the same settings, but for secrets.
    pub fn to_toml(&self) -> String {
        let mut text = format!("# The settings in force of zroc-exporter {VERSION}.\n");
        for unknown in &self.unknown_variables {
            let _ = writeln!(text, "# Warning: {unknown}");
        }
        write_entries(&mut text, "", &self.top);
        write_entries(&mut text, "[http]\n", &self.http);
        write_entries(&mut text, "[log]\n", &self.log);
        for vcenter in &self.vcenters {
            let heading = if self.has_tables {
                "[[vcenter]]\n".to_owned()
            } else {
                format!("[{DEFAULTS}]\n")
            };
            write_entries(&mut text, &heading, vcenter);
        }
        text
    }

    /// As JSON, in the form of the file. A setting is an object with `value` and `origin`; one that is not given is left out,
    /// and the value of a secret is null.
    pub fn to_json(&self) -> Value {
        let mut object = entries(&self.top);
        let warnings = self.unknown_variables.iter().map(ToString::to_string);
        object.insert("version".to_owned(), VERSION.into());
        object.insert("warnings".to_owned(), warnings.collect());
        object.insert("http".to_owned(), entries(&self.http).into());
        object.insert("log".to_owned(), entries(&self.log).into());
        let vcenters = self.vcenters.iter().map(|vcenter| entries(vcenter));
        object.insert("vcenter".to_owned(), vcenters.collect());
        object.into()
    }
}

/// Which vCenter these settings are about.
fn name_of(vcenter: &[InForce]) -> String {
    let value = |wanted: &Setting| {
        let found = vcenter.iter().find(|it| it.setting == wanted)?;
        match &found.given {
            Some((Shown::Value(value), _)) => Some(plain(value)),
            _ => None,
        }
    };
    let name = value(&NAME).or_else(|| value(&VCENTER_HOST));
    name.unwrap_or_else(|| "vcenter".to_owned())
}

fn table(name: String, settings: &[InForce]) -> TableInForce {
    let given = settings.iter().filter_map(|InForce { setting, given }| {
        let (shown, origin) = given.as_ref()?;
        let value = match shown {
            Shown::Value(value) => Some(plain(value)),
            Shown::Masked => None,
        };
        Some(LineInForce {
            key: key(setting),
            value,
            origin: (*origin != Origin::Default).then(|| origin.to_string()),
        })
    });
    TableInForce {
        name,
        lines: given.collect(),
    }
}

/// A value as people write it.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(elements) => {
            let elements: Vec<String> = elements.iter().map(plain).collect();
            elements.join(", ")
        }
        other => other.to_string(),
    }
}

fn in_force(layers: &Layers, section: Section, vcenter: Option<usize>) -> Vec<InForce> {
    SETTINGS
        .iter()
        .filter(|setting| setting.section == section)
        .filter(|setting| setting.key.is_some() || setting.form == Form::Secret)
        .filter(|setting| vcenter.is_some() || **setting != NAME)
        .map(|setting| InForce {
            setting,
            given: layers.find(setting, vcenter).and_then(|found| {
                let shown = shown(layers, setting, &found)?;
                Some((shown, found.origin))
            }),
        })
        .collect()
}

fn shown(layers: &Layers, setting: &Setting, found: &Found) -> Option<Shown> {
    let list = |list: &[String]| Value::from(list.to_vec());
    let value = match (&found.spelling, setting.form) {
        (_, Form::Secret) => return Some(Shown::Masked),
        // A proxy's user name and password.
        (Spelling::Text(text), Form::Text) if setting.is_hidden() && text.contains('@') => {
            return Some(Shown::Masked);
        }
        (Spelling::Text(text), Form::Path) => {
            let path = layers.resolve(text, &found.origin).ok()?;
            path.to_str()?.into()
        }
        (Spelling::Text(text), Form::Patterns | Form::Names(_) | Form::Addresses) => {
            let elements = text.split(',').map(|element| element.trim().to_owned());
            elements.collect()
        }
        (Spelling::Text(text), form) => typed(form, text.trim()),
        (Spelling::List(elements), _) => list(elements),
        (Spelling::Fault(_), _) => return None,
    };
    Some(Shown::Value(value))
}

/// A text of any layer, as the file has it.
pub(super) fn typed(form: Form, text: &str) -> Value {
    let number = || serde_json::from_str::<serde_json::Number>(text).ok();
    match form {
        Form::Switch => parse::switch(text).unwrap_or(false).into(),
        Form::Number(..) | Form::Duration(_) => match number() {
            Some(number) => number.into(),
            None => text.into(),
        },
        _ => text.into(),
    }
}

/// The setting's key, or the name of the secret that the file does not accept.
fn key(setting: &Setting) -> &'static str {
    setting.key.unwrap_or("password")
}

fn write_entries(text: &mut String, heading: &str, entries: &[InForce]) {
    let _ = write!(text, "\n{heading}");
    for InForce { setting, given } in entries {
        let key = key(setting);
        let _ = match given {
            Some((Shown::Value(value), origin)) => {
                let line = format!("{key} = {}", literal(value));
                writeln!(text, "{line:<COMMENT_COLUMN$}  # {origin}")
            }
            Some((Shown::Masked, origin)) => {
                writeln!(text, "# {key} = \"<secret, from {origin}>\"")
            }
            None => writeln!(text, "# {key} is not given"),
        };
    }
}

fn entries(entries: &[InForce]) -> Map<String, Value> {
    let given = entries.iter().filter_map(|InForce { setting, given }| {
        let (shown, origin) = given.as_ref()?;
        let value = match shown {
            Shown::Value(value) => value.clone(),
            Shown::Masked => Value::Null,
        };
        let key = key(setting).to_owned();
        Some((
            key,
            json!({"value": value, "origin": origin_as_json(origin)}),
        ))
    });
    given.collect()
}

fn origin_as_json(origin: &Origin) -> Value {
    match origin {
        Origin::Default => json!({"layer": "default"}),
        Origin::File(place) | Origin::Vcenter(place) => {
            json!({"layer": "file", "file": *place.file, "line": place.line})
        }
        Origin::Variable(name) => json!({"layer": "variable", "name": name}),
        Origin::Flag(flag) => json!({"layer": "flag", "name": format!("--{flag}")}),
    }
}
