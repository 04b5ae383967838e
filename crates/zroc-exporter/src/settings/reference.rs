//! The table of settings for people, in Markdown.

use std::fmt::Write as _;

use super::setting::{Section, Setting};
use super::table::SETTINGS;

/// The table of the README.
pub fn reference() -> String {
    let mut table =
        "| variable | in the file | flag | default | |\n|---|---|---|---|---|\n".to_owned();
    for setting in SETTINGS {
        let _ = writeln!(
            table,
            "| {} | {} | {} | {} | {} |",
            quoted(setting.variable()),
            quoted(key(setting).as_deref()),
            quoted(setting.flag.map(|flag| format!("--{flag}")).as_deref()),
            quoted(setting.default),
            setting.help,
        );
    }
    table
}

/// The key, with the table that it belongs into unless that is a vCenter's.
fn key(setting: &Setting) -> Option<String> {
    let key = setting.key?;
    Some(match setting.section {
        Section::Top | Section::Vcenter => key.to_owned(),
        Section::Http | Section::Log => {
            let table = setting.section.table().unwrap_or_default();
            format!("{table}.{key}")
        }
    })
}

fn quoted(text: Option<&str>) -> String {
    text.map_or(String::new(), |text| format!("`{text}`"))
}
