//! Settings: read once from the environment, checked all together, then only passed along.

mod parse;
mod password;
mod problem;
mod table;
mod values;

use std::ffi::OsString;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use planner_core::inventory::filter::Filter;
use planner_core::collection::accumulators::Measures;
use planner_core::collection::source::SourceChoice;
use vsphere_soap::Trust;

use crate::state_file::StateFile;

pub use self::password::Password;
pub use self::problem::{Problem, SettingsError};
pub use self::table::{SETTINGS, Setting};

use self::values::Values;

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

/// How to reach a vCenter.
#[derive(Debug, Clone)]
pub struct VcenterSettings {
    /// Host name or IP address, IPv6 without brackets.
    pub host: String,
    /// HTTPS port.
    pub port: u16,
    /// Account.
    pub user: String,
    /// Its password.
    pub password: Password,
    /// Which certificates to accept.
    pub trust: Trust,
    /// Time to connect.
    pub connect_timeout: Duration,
    /// Time for one call.
    pub request_timeout: Duration,
}

/// What a collection cycle does.
#[derive(Debug, Clone)]
pub struct CollectionSettings {
    /// Time between the starts of cycles.
    pub poll_interval: Duration,
    /// Deadline of one cycle.
    pub cycle_timeout: Duration,
    /// Most VMs of one `QueryPerf` call.
    pub batch_size: NonZeroU32,
    /// Pause between two `QueryPerf` calls.
    pub batch_delay: Duration,
    /// Time between full reads of the inventory.
    pub inventory_ttl: Duration,
    /// Window of the published values, in seconds.
    pub window_seconds: u32,
    /// Where samples come from.
    pub source: SourceChoice,
    /// Most `QueryPerf` calls at the same time.
    pub concurrency: usize,
    /// What to measure beside the writes of whole VMs.
    pub meters: Measures,
    /// Which VMs to observe.
    pub filter: Filter,
    /// Where totals are kept over restarts, if anywhere.
    pub state_file: Option<StateFile>,
}

/// Where the exporter listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSettings {
    /// IP address or host name.
    pub host: String,
    /// Port; 0 lets the system choose.
    pub port: u16,
    /// The file that asks for TLS and users, if there is one.
    pub web_config_file: Option<PathBuf>,
}

/// What the exporter logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogSettings {
    /// Least important messages that are logged.
    pub level: tracing::Level,
    /// How they are written.
    pub format: LogFormat,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Settings {
    /// Reads all settings. `variable` looks a variable up, usually in the process environment.
    ///
    /// # Errors
    /// Lists every setting that cannot be used.
    pub fn load(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, SettingsError> {
        Values::gather(variable).check(Values::settings)
    }
}

impl HttpSettings {
    /// Reads only where the exporter listens, for commands that need nothing else.
    ///
    /// # Errors
    /// Lists what is wrong with `HTTP_HOST` and `HTTP_PORT`. The web config file is not looked at.
    pub fn load(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, SettingsError> {
        Values::gather(variable).check(Values::http)
    }
}
