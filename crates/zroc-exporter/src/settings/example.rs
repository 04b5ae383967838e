//! A file with every key, all commented out.

use std::fmt::Write as _;

use super::effective::typed;
use super::setting::{DEFAULTS, Section, Setting};
use super::table::{NAME, SETTINGS, VCENTER_HOST};
use super::toml_value::literal;

/// Lines of a comment are about as long as this.
const COLUMNS: usize = 100;

const BEGIN: &str = "\
# Settings of zroc-exporter. Every line with a `#` directly before a word is a setting with its default or an example:
# remove the `#` and correct the value. Paths are relative to this file. A flag or an environment variable beats the file.
";

const OF_VCENTERS: &str = "\
# One such table for each vCenter, with all keys of `[defaults]`, which count where it has none. With such tables,
# variables and flags about one vCenter (`VCENTER_*`, `--vcenter.*`) are refused.
";

/// The file that `config --example` prints.
pub fn example() -> String {
    let mut text = BEGIN.to_owned();
    for section in [Section::Top, Section::Http, Section::Log] {
        if let Some(table) = section.table() {
            let _ = write!(text, "\n[{table}]\n");
        }
        let settings = SETTINGS.iter();
        settings
            .filter(|setting| setting.section == section)
            .for_each(|setting| write_setting(&mut text, setting));
    }
    let _ = write!(text, "\n[{DEFAULTS}]\n");
    let shared = SETTINGS
        .iter()
        .filter(|setting| setting.has_default_for_all());
    shared.for_each(|setting| write_setting(&mut text, setting));
    let _ = write!(text, "\n{OF_VCENTERS}#[[vcenter]]\n");
    write_setting(&mut text, &NAME);
    write_setting(&mut text, &VCENTER_HOST);
    text
}

fn write_setting(text: &mut String, setting: &Setting) {
    let Some(key) = setting.key else { return };
    let mut about = format!(
        "{}. Give {}.",
        sentence(setting.help),
        setting.allowed_in_file()
    );
    if let Some(variable) = setting.variable() {
        let _ = write!(about, " Variable {variable}.");
    }
    if let Some(flag) = setting.flag {
        let _ = write!(about, " Flag --{flag}.");
    }
    text.push('\n');
    write_comment(text, &about);
    let _ = writeln!(text, "#{key} = {}", value(setting));
}

/// The default or, where there is none, the example.
fn value(setting: &Setting) -> String {
    match setting.default {
        Some(default) => literal(&typed(setting.form, default)),
        None => setting.example.to_owned(),
    }
}

fn sentence(help: &str) -> String {
    // `vCenter` stays as it is.
    let is_word = help.chars().nth(1).is_some_and(char::is_lowercase);
    match help.split_at_checked(1) {
        Some((first, rest)) if is_word => format!("{}{rest}", first.to_uppercase()),
        _ => help.to_owned(),
    }
}

fn write_comment(text: &mut String, about: &str) {
    let mut line = "#".to_owned();
    for word in about.split(' ') {
        if line.len() + word.len() > COLUMNS {
            let _ = writeln!(text, "{line}");
            "#".clone_into(&mut line);
        }
        let _ = write!(line, " {word}");
    }
    let _ = writeln!(text, "{line}");
}
