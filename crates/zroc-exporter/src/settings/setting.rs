//! What is known of a setting: its names in every layer, its form, default and help.

/// One setting, as operators know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// The environment variable or, where there is none, the key in the file. No two settings share it.
    pub name: &'static str,
    /// Whether `name` is an environment variable.
    pub is_variable: bool,
    /// The key in the file.
    pub key: Option<&'static str>,
    /// The table of the file that the key belongs into.
    pub section: Section,
    /// The flag, without its dashes.
    pub flag: Option<&'static str>,
    /// Which values it has.
    pub form: Form,
    /// The value taken when no layer gives one.
    pub default: Option<&'static str>,
    /// A value as the file spells it, for settings without a default.
    pub example: &'static str,
    /// What is accepted, in a few words.
    pub allowed: &'static str,
    /// What it does.
    pub help: &'static str,
    /// Whether no two vCenters may have the same value.
    is_unique: bool,
    /// Whether not even a part of the value may be shown: a password may be in it, by right or by mistake.
    is_hidden: bool,
}

/// A table of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Before all tables.
    Top,
    /// `[http]`
    Http,
    /// `[log]`
    Log,
    /// `[[vcenter]]`, and `[defaults]` for all of them.
    Vcenter,
}

impl Section {
    /// The sections with a table of their own, in the order of the file.
    pub const TABLES: [Self; 3] = [Self::Http, Self::Log, Self::Vcenter];

    /// The name of the table. Settings of vCenters may also be in `[defaults]`.
    pub fn table(self) -> Option<&'static str> {
        match self {
            Self::Top => None,
            Self::Http => Some("http"),
            Self::Log => Some("log"),
            Self::Vcenter => Some("vcenter"),
        }
    }
}

/// The table of the file with what all vCenters share.
pub(super) const DEFAULTS: &str = "defaults";

/// Which values a setting has. The file has types; the other layers have texts of the same meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A string.
    Text,
    /// The path of a file. In the file it is relative to the file.
    Path,
    /// A text that nobody may see. It is not accepted in the file.
    Secret,
    /// `true` or `false`.
    Switch,
    /// A whole number from the first to the second.
    Number(u32, u32),
    /// A number of seconds, or a string with a unit, of at least this many milliseconds.
    Duration(u32),
    /// One of these, in any case.
    Choice(&'static [&'static str]),
    /// A list of patterns. The other layers separate them by commas.
    Patterns,
    /// A list of at most this many names. The other layers separate them by commas.
    Names(usize),
    /// A list of addresses. The flag is repeated.
    Addresses,
}

impl Setting {
    pub(super) const fn new(name: &'static str, form: Form, allowed: &'static str) -> Self {
        Self {
            name,
            is_variable: true,
            key: None,
            section: Section::Vcenter,
            flag: None,
            form,
            default: None,
            example: "",
            allowed,
            help: "",
            is_unique: false,
            is_hidden: false,
        }
    }

    /// A setting that the file alone has, or the file and a flag.
    pub(super) const fn without_variable(mut self) -> Self {
        self.is_variable = false;
        self.key(self.name)
    }

    pub(super) const fn of(mut self, section: Section) -> Self {
        self.section = section;
        self
    }

    pub(super) const fn key(mut self, key: &'static str) -> Self {
        self.key = Some(key);
        self
    }

    pub(super) const fn flag(mut self, flag: &'static str) -> Self {
        self.flag = Some(flag);
        self
    }

    pub(super) const fn default(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    pub(super) const fn example(mut self, example: &'static str) -> Self {
        self.example = example;
        self
    }

    pub(super) const fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }

    /// No two vCenters may have the same value.
    pub(super) const fn unique(mut self) -> Self {
        self.is_unique = true;
        self
    }

    /// A password may be in the value, by right or by mistake.
    pub(super) const fn hidden(mut self) -> Self {
        self.is_hidden = true;
        self
    }

    /// The environment variable.
    pub fn variable(&self) -> Option<&'static str> {
        self.is_variable.then_some(self.name)
    }

    /// Whether it says how to reach a vCenter, so that there is one for each vCenter.
    pub(super) fn is_of_one_vcenter(&self) -> bool {
        self.name.starts_with("VCENTER_")
    }

    /// What the file accepts, where that is not what texts are.
    pub fn allowed_in_file(&self) -> &'static str {
        match self.form {
            Form::Switch => "`true` or `false`",
            Form::Patterns => {
                "a list of names with `*` and `?` as wildcards, such as `[\"web-*\", \"db-??\"]`"
            }
            Form::Names(_) => "a list of at most 16 names, such as `[\"Owner\", \"Cost centre\"]`",
            Form::Addresses => "a list of addresses with ports, such as `[\"127.0.0.1:9272\"]`",
            _ => self.allowed,
        }
    }

    /// Whether it can be in `[defaults]`.
    pub fn has_default_for_all(&self) -> bool {
        self.section == Section::Vcenter && !self.is_unique
    }

    /// Whether not even a part of the value may be shown in a message.
    pub fn is_hidden(&self) -> bool {
        self.is_hidden
    }
}
