//! What the operator gave on the command line and in the environment, before anybody looks into it.

use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::fmt;

use super::setting::Setting;
use super::table::{STANDARD_INPUT, ZROC_CONFIG};

/// Flags and environment variables.
///
/// `Debug` shows names only: values may be secret.
#[derive(Clone, Default)]
pub struct Given {
    /// By name. Where the environment has a name twice, the first counts, as in `getenv`.
    variables: BTreeMap<OsString, OsString>,
    /// By the flag's name, without dashes.
    flags: HashMap<&'static str, Vec<OsString>>,
}

impl<K: Into<OsString>, V: Into<OsString>> FromIterator<(K, V)> for Given {
    /// From environment variables.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        let mut given = Self::default();
        for (name, value) in variables {
            let name = given.variables.entry(name.into());
            name.or_insert_with(|| value.into());
        }
        given
    }
}

impl Given {
    /// Adds what a flag was given; a flag that is not given has no values.
    #[must_use]
    pub fn with_flag(mut self, flag: &'static str, values: Vec<OsString>) -> Self {
        if !values.is_empty() {
            self.flags.insert(flag, values);
        }
        self
    }

    /// The value of an environment variable. An empty one is an absent one.
    pub(super) fn variable(&self, name: &str) -> Option<&OsStr> {
        let value = self.variables.get(OsStr::new(name))?;
        (!value.is_empty()).then_some(value)
    }

    pub(super) fn flag(&self, setting: &Setting) -> Option<&[OsString]> {
        self.flags.get(setting.flag?).map(Vec::as_slice)
    }

    /// Whether the file of settings is standard input, which can be read only once.
    pub fn is_from_standard_input(&self) -> bool {
        let flag = self.flag(&ZROC_CONFIG).and_then(<[_]>::last);
        let name = flag.map(OsString::as_os_str);
        name.or_else(|| self.variable(ZROC_CONFIG.name)) == Some(OsStr::new(STANDARD_INPUT))
    }

    /// The names of all environment variables that are not empty.
    pub(super) fn variables(&self) -> impl Iterator<Item = &OsStr> {
        let given = self.variables.iter().filter(|(_, value)| !value.is_empty());
        given.map(|(name, _)| name.as_os_str())
    }
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Given")
            .field("variables", &self.variables.keys())
            .field("flags", &self.flags.keys())
            .finish()
    }
}
