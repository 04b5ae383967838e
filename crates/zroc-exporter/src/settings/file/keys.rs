//! Which keys each table of the file may have, and what is said about the others.

use crate::settings::nearest::nearest;
use crate::settings::setting::{DEFAULTS, Section, Setting};
use crate::settings::table::{NAME, SETTINGS};

/// A key is shown up to this many characters.
const MOST_CHARACTERS_SHOWN: usize = 64;

/// A table of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TableKind {
    Top,
    Http,
    Log,
    Defaults,
    Vcenter,
}

impl TableKind {
    /// What a message puts in front of a key.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::Top => "",
            Self::Http => "http.",
            Self::Log => "log.",
            Self::Defaults => "defaults.",
            Self::Vcenter => "vcenter.",
        }
    }

    fn has(self, setting: &Setting) -> bool {
        match self {
            Self::Top => setting.section == Section::Top,
            Self::Http => setting.section == Section::Http,
            Self::Log => setting.section == Section::Log,
            Self::Defaults => setting.has_default_for_all(),
            Self::Vcenter => setting.section == Section::Vcenter,
        }
    }

    fn keys(self) -> impl Iterator<Item = &'static str> {
        let settings = SETTINGS.iter().filter(move |setting| self.has(setting));
        settings.filter_map(|setting| setting.key)
    }

    pub(super) fn knows(self, key: &str) -> bool {
        self.keys().any(|known| known == key)
    }

    /// What is wrong with a key that the table does not know.
    pub(super) fn fault_of(self, key: &str) -> String {
        if key == "password" {
            return "is not accepted in a file, so that the file is no secret: give `password_file`"
                .to_owned();
        }
        if self == Self::Defaults && Some(key) == NAME.key {
            return "belongs into `[[vcenter]]`, because no two may have the same".to_owned();
        }
        // Environment variables are recognised too.
        let lower = key.to_lowercase();
        let plain = lower.strip_prefix("vcenter_").unwrap_or(&lower);
        let known = self.keys().chain(self.tables());
        if let Some(nearest) = nearest(plain, known) {
            return format!("is not a setting; did you mean `{nearest}`?");
        }
        let elsewhere = SETTINGS
            .iter()
            .find(|setting| [Some(key), Some(plain)].contains(&setting.key));
        match elsewhere.map(|setting| setting.section) {
            Some(Section::Top) => "belongs before all tables".to_owned(),
            Some(Section::Vcenter) => "belongs into `[defaults]` or `[[vcenter]]`".to_owned(),
            Some(Section::Http) => "belongs into `[http]`".to_owned(),
            Some(Section::Log) => "belongs into `[log]`".to_owned(),
            None => "is not a setting".to_owned(),
        }
    }

    /// The tables that it may have.
    fn tables(self) -> impl Iterator<Item = &'static str> {
        let sections = Section::TABLES.iter().filter_map(|section| section.table());
        let all = sections.chain([DEFAULTS]);
        all.filter(move |_| self == Self::Top)
    }
}

/// The key as a message may show it, however long it is and whatever it holds.
pub(super) fn shown(key: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if key.len() <= MOST_CHARACTERS_SHOWN && key.chars().all(is_plain) {
        return key.to_owned();
    }
    let beginning: String = key.chars().take(MOST_CHARACTERS_SHOWN).collect();
    format!("{beginning:?}")
}
