//! Settings: read once from the environment, checked all together, then only passed along.

mod collection;
mod http;
mod log;
mod parse;
mod password;
mod problem;
mod table;
mod values;
mod vcenter;

use std::ffi::OsString;

use self::values::{Checked, Values};

pub use self::collection::CollectionSettings;
pub use self::http::HttpSettings;
pub use self::log::{LogFormat, LogSettings};
pub use self::password::{Oddity, Password};
pub use self::problem::{Problem, SettingsError};
pub use self::table::{SETTINGS, Setting};
pub use self::vcenter::VcenterSettings;

/// All settings of the exporter, valid.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The vCenter to read from.
    pub vcenter: VcenterSettings,
    /// What to collect, and how often.
    pub collection: CollectionSettings,
    /// Where to listen.
    pub http: HttpSettings,
    /// What to log.
    pub log: LogSettings,
}

impl Settings {
    /// Reads all settings. `variable` looks a variable up, usually in the process environment.
    ///
    /// # Errors
    /// Lists every setting that cannot be used.
    pub fn load(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, SettingsError> {
        Values::gather(variable).check(Self::read)
    }

    fn read(values: &mut Values) -> Checked<Self> {
        let vcenter = VcenterSettings::read(values);
        let collection = CollectionSettings::read(values);
        let http = HttpSettings::read_with_web_config(values);
        let log = LogSettings::read(values);
        Ok(Self {
            vcenter: vcenter?,
            collection: collection?,
            http: http?,
            log: log?,
        })
    }
}

impl HttpSettings {
    /// Reads only where the exporter listens, for commands that need nothing else.
    ///
    /// # Errors
    /// Lists what is wrong with `HTTP_HOST` and `HTTP_PORT`. The web config file is not looked at.
    pub fn load(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, SettingsError> {
        Values::gather(variable).check(Self::read)
    }
}
