//! Reads the settings' texts, noting every problem on the way.

use std::collections::HashMap;
use std::ffi::OsString;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use config::{Config, Environment};
use planner_core::filter::{Filter, Selection};
use planner_core::meters::MeterOptions;
use planner_core::source::{REALTIME_RETENTION_SECONDS, SourceChoice};
use vsphere_soap::Trust;

use super::{
    CollectionSettings, HttpSettings, LogFormat, LogSettings, Password, Problem, SETTINGS,
    Settings, SettingsError, VcenterSettings, parse,
};
use crate::error_chain::with_causes;
use crate::http::web_config::WebConfig;
use crate::state_file::StateFile;

/// The shortest deadline that a cycle gets unless `CYCLE_TIMEOUT` says otherwise.
const LEAST_CYCLE_TIMEOUT: Duration = Duration::from_secs(30);

/// A setting cannot be used; the problem has been noted.
#[derive(Debug)]
pub(super) struct Refused;

type Checked<T> = Result<T, Refused>;

/// The settings' texts, and the problems met while reading them.
pub(super) struct Values {
    texts: HashMap<String, String>,
    /// What is given but no text.
    not_unicode: HashMap<&'static str, OsString>,
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

    pub(super) fn settings(&mut self) -> Checked<Settings> {
        let vcenter = self.vcenter();
        let collection = self.collection();
        let http = self.http_with_web_config();
        let log = self.log();
        Ok(Settings {
            vcenter: vcenter?,
            collection: collection?,
            http: http?,
            log: log?,
        })
    }

    fn vcenter(&mut self) -> Checked<VcenterSettings> {
        let host = self.required("VCENTER_HOST", parse::host);
        let port = self.required("VCENTER_PORT", parse::port);
        let user = self.required("VCENTER_USER", parse::user);
        let password = self.password();
        let trust = self.trust();
        let connect_timeout = self.required("VCENTER_CONNECT_TIMEOUT", parse::period);
        let request_timeout = self.required("VCENTER_REQUEST_TIMEOUT", parse::period);
        Ok(VcenterSettings {
            host: host?,
            port: port?,
            user: user?,
            password: password?,
            trust: trust?,
            connect_timeout: connect_timeout?,
            request_timeout: request_timeout?,
        })
    }

    fn password(&mut self) -> Checked<Password> {
        let value = self.text("VCENTER_PASSWORD");
        let path = self.text("VCENTER_PASSWORD_FILE");
        match (value?, path?.map(PathBuf::from)) {
            (Some(_), Some(_)) => self.refuse(
                "VCENTER_PASSWORD",
                "is given beside VCENTER_PASSWORD_FILE".to_owned(),
            ),
            (Some(value), None) => Ok(Password::Value(value.into())),
            (None, None) => self.refuse("VCENTER_PASSWORD", "is missing".to_owned()),
            (None, Some(path)) => {
                let fault =
                    |error| format!("is {:?}, which cannot be used ({error})", path.display());
                let password = Password::File(path.clone());
                match password.read() {
                    Ok(_) => Ok(password),
                    Err(error) => self.refuse("VCENTER_PASSWORD_FILE", fault(error)),
                }
            }
        }
    }

    fn trust(&mut self) -> Checked<Trust> {
        let verify = self.required("VCENTER_SSL_VERIFY", parse::switch);
        let ca_file = self.ca_file();
        let thumbprint = self.optional("VCENTER_THUMBPRINT", |text| {
            Trust::parse_thumbprint(text).ok()
        });
        match (ca_file?, thumbprint?) {
            (Some(_), Some(_)) => self.refuse(
                "VCENTER_THUMBPRINT",
                "is given beside VCENTER_CA_FILE".to_owned(),
            ),
            (Some(trust), None) | (None, Some(trust)) => Ok(trust),
            (None, None) if verify? => self.usable("VCENTER_SSL_VERIFY", Trust::SystemRoots),
            (None, None) => Ok(Trust::AcceptAny),
        }
    }

    fn ca_file(&mut self) -> Checked<Option<Trust>> {
        let Some(path) = self.text("VCENTER_CA_FILE")? else {
            return Ok(None);
        };
        let trust = self.usable("VCENTER_CA_FILE", Trust::CaFile(path.into()))?;
        Ok(Some(trust))
    }

    /// Refuses the setting that asks for this trust if there are no certificates to begin with.
    fn usable(&mut self, name: &'static str, trust: Trust) -> Checked<Trust> {
        match trust.check() {
            Ok(()) => Ok(trust),
            Err(error) => {
                let value = self.text(name)?.unwrap_or_default();
                let reason = with_causes(&error);
                self.refuse(
                    name,
                    format!("is {value:?}, which cannot be used ({reason})"),
                )
            }
        }
    }

    fn collection(&mut self) -> Checked<CollectionSettings> {
        let poll_interval = self.required("POLL_INTERVAL", parse::period);
        let cycle_timeout = self.optional("CYCLE_TIMEOUT", parse::period);
        let batch_size = self.required("BATCH_SIZE", |text| {
            NonZeroU32::new(parse::number(text, 1..=10_000)?)
        });
        let batch_delay = self.required("BATCH_DELAY", parse::duration);
        let inventory_ttl = self.required("VM_INVENTORY_TTL", parse::duration);
        let window_and_source = self.window_and_source();
        let concurrency = self.required("COLLECT_CONCURRENCY", |text| parse::number(text, 1..=8));
        let meters = self.meters();
        let filter = self.filter();
        let state_file = self.optional("STATE_FILE", parse::file_in_a_folder);
        let poll_interval = poll_interval?;
        let (window_seconds, source) = window_and_source?;
        Ok(CollectionSettings {
            poll_interval,
            cycle_timeout: cycle_timeout?.unwrap_or(poll_interval.max(LEAST_CYCLE_TIMEOUT)),
            batch_size: batch_size?,
            batch_delay: batch_delay?,
            inventory_ttl: inventory_ttl?,
            window_seconds,
            source,
            concurrency: concurrency? as usize,
            meters: meters?,
            filter: filter?,
            state_file: state_file?.map(StateFile::new),
        })
    }

    fn window_and_source(&mut self) -> Checked<(u32, SourceChoice)> {
        let window = self.required("PERF_INTERVAL_ID", |text| parse::number(text, 20..=86_400));
        let source = self.required("PERF_SOURCE", |text| {
            match text.to_ascii_lowercase().as_str() {
                "auto" => Some(SourceChoice::Auto),
                "realtime" => Some(SourceChoice::Realtime),
                "historical" => Some(SourceChoice::Historical),
                _ => None,
            }
        });
        match (window?, source?) {
            (window, SourceChoice::Realtime) if window > REALTIME_RETENTION_SECONDS => self.refuse(
                "PERF_INTERVAL_ID",
                format!("is \"{window}\", but hosts keep 20-second samples for an hour only"),
            ),
            both => Ok(both),
        }
    }

    fn meters(&mut self) -> Checked<MeterOptions> {
        let reads = self.required("COLLECT_READS", parse::switch);
        let per_disk = self.required("PER_DISK_METRICS", parse::switch);
        Ok(MeterOptions {
            reads: reads?,
            per_disk: per_disk?,
        })
    }

    fn filter(&mut self) -> Checked<Filter> {
        let names = self.selection("INCLUDE_VMS", "EXCLUDE_VMS");
        let clusters = self.selection("INCLUDE_CLUSTERS", "EXCLUDE_CLUSTERS");
        let datacenters = self.selection("INCLUDE_DATACENTERS", "EXCLUDE_DATACENTERS");
        let folders = self.selection("INCLUDE_FOLDERS", "EXCLUDE_FOLDERS");
        Ok(Filter {
            names: names?,
            clusters: clusters?,
            datacenters: datacenters?,
            folders: folders?,
        })
    }

    fn selection(&mut self, include: &'static str, exclude: &'static str) -> Checked<Selection> {
        let include = self.optional(include, parse::patterns);
        let exclude = self.optional(exclude, parse::patterns);
        Ok(Selection {
            include: include?.unwrap_or_default(),
            exclude: exclude?.unwrap_or_default(),
        })
    }

    pub(super) fn http(&mut self) -> Checked<HttpSettings> {
        let host = self.required("HTTP_HOST", parse::host);
        let port = self.required("HTTP_PORT", |text| text.parse().ok());
        let web_config_file = self.text("WEB_CONFIG_FILE");
        Ok(HttpSettings {
            host: host?,
            port: port?,
            web_config_file: web_config_file?.map(PathBuf::from),
        })
    }

    fn http_with_web_config(&mut self) -> Checked<HttpSettings> {
        let settings = self.http()?;
        if let Some(path) = &settings.web_config_file
            && let Err(error) = WebConfig::load(path)
        {
            let (value, reason) = (path.display().to_string(), with_causes(&error));
            return self.refuse(
                "WEB_CONFIG_FILE",
                format!("is {value:?}, which cannot be used ({reason})"),
            );
        }
        Ok(settings)
    }

    fn log(&mut self) -> Checked<LogSettings> {
        let level = self.required("LOG_LEVEL", |text| {
            match text.to_ascii_uppercase().as_str() {
                "TRACE" => Some(tracing::Level::TRACE),
                "DEBUG" => Some(tracing::Level::DEBUG),
                "INFO" => Some(tracing::Level::INFO),
                "WARNING" => Some(tracing::Level::WARN),
                "ERROR" => Some(tracing::Level::ERROR),
                _ => None,
            }
        });
        let format = self.required("LOG_FORMAT", |text| {
            match text.to_ascii_lowercase().as_str() {
                "text" => Some(LogFormat::Text),
                "json" => Some(LogFormat::Json),
                _ => None,
            }
        });
        Ok(LogSettings {
            level: level?,
            format: format?,
        })
    }

    fn text(&mut self, name: &'static str) -> Checked<Option<String>> {
        match self.not_unicode.get(name) {
            // Of a secret not even a part is shown.
            Some(_) if name == "VCENTER_PASSWORD" => {
                self.refuse(name, "is not in UTF-8".to_owned())
            }
            Some(value) => self.refuse(
                name,
                format!("is {:?}, which is not in UTF-8", value.display()),
            ),
            None => Ok(self.texts.get(&name.to_lowercase()).cloned()),
        }
    }

    fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Checked<Option<T>> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        match read(text.trim()) {
            Some(value) => Ok(Some(value)),
            None => self.refuse(name, format!("is {text:?}")),
        }
    }

    fn required<T>(&mut self, name: &'static str, read: impl Fn(&str) -> Option<T>) -> Checked<T> {
        match self.optional(name, read)? {
            Some(value) => Ok(value),
            None => self.refuse(name, "is missing".to_owned()),
        }
    }

    fn refuse<T>(&mut self, name: &'static str, fault: String) -> Checked<T> {
        let setting = SETTINGS.iter().find(|setting| setting.name == name);
        let allowed = setting.map_or("", |setting| setting.allowed);
        self.problems.push(Problem {
            name,
            fault,
            allowed,
        });
        Err(Refused)
    }
}
