//! The JSON schema of the file.

use serde_json::{Map, Value, json};

use super::effective::typed;
use super::file::MOST_VCENTERS;
use super::setting::{DEFAULTS, Form, Section, Setting};
use super::table::SETTINGS;

/// A day. The parser of durations has the same bound.
const LONGEST_SECONDS: u32 = 86_400;

/// The schema that editors and checkers use.
pub fn schema() -> Value {
    let mut top = properties(|setting| setting.section == Section::Top);
    let tables = [
        ("http", table(|setting| setting.section == Section::Http)),
        ("log", table(|setting| setting.section == Section::Log)),
        (DEFAULTS, table(Setting::has_default_for_all)),
        (
            "vcenter",
            json!({
                "type": "array",
                "minItems": 1,
                "maxItems": MOST_VCENTERS,
                "items": table(|setting| setting.section == Section::Vcenter),
            }),
        ),
    ];
    top.extend(tables.map(|(name, table)| (name.to_owned(), table)));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of zroc-exporter",
        "type": "object",
        "additionalProperties": false,
        "properties": top,
    })
}

fn table(has: impl Fn(&Setting) -> bool) -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties(has),
    })
}

fn properties(has: impl Fn(&Setting) -> bool) -> Map<String, Value> {
    let settings = SETTINGS.iter().filter(|setting| has(setting));
    let keys = settings.filter_map(|setting| Some((setting.key?.to_owned(), property(setting))));
    keys.collect()
}

fn property(setting: &Setting) -> Value {
    let text = json!({"type": "string", "minLength": 1});
    let mut property = match setting.form {
        Form::Text | Form::Path | Form::Secret => text,
        Form::Switch => json!({"type": "boolean"}),
        Form::Number(least, most) => {
            json!({"type": "integer", "minimum": least, "maximum": most})
        }
        Form::Duration(least_ms) => json!({
            "type": ["number", "string"],
            "minimum": f64::from(least_ms) / 1e3,
            "maximum": LONGEST_SECONDS,
            "pattern": "[0-9]",
        }),
        Form::Choice(words) => {
            let other_case = words.iter().map(|word| match word.to_lowercase() {
                lower if lower == *word => word.to_uppercase(),
                lower => lower,
            });
            let words = words.iter().map(|word| (*word).to_owned());
            json!({"enum": words.chain(other_case).collect::<Vec<_>>()})
        }
        Form::Patterns => json!({"type": "array", "items": text}),
        Form::Names(most) => json!({"type": "array", "items": text, "maxItems": most}),
        Form::Addresses => json!({"type": "array", "items": text, "minItems": 1}),
    };
    property["description"] =
        format!("{}. Give {}.", setting.help, setting.allowed_in_file()).into();
    if let Some(default) = setting.default {
        property["default"] = typed(setting.form, default);
    }
    property
}
