//! Reads the settings again, when somebody asks for it.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::error_chain::with_causes;
use crate::fleet::{Fleet, Ready, Replaced};
use crate::http::web_config::WebConfigSource;
use crate::limited_read::{LimitedRead, ReadError};
use crate::reload_requests::ReloadResult;
use crate::self_metrics::ProcessHealth;
use crate::settings::{
    Effective, Given, HttpSettings, Layers, LogSettings, Settings, SettingsError, VcenterSettings,
};
use crate::vcenter::CollectError;

type Reading = Result<(Settings, Effective, Vec<Ready>), ReloadError>;

/// What was given at the start, and what came of it.
pub(crate) struct Reload {
    given: Given,
    at_start: AtStart,
    web_config: Arc<WebConfigSource>,
    reading: LimitedRead<Reading>,
    process: ProcessHealth,
    /// The settings in force, for people.
    in_force: watch::Sender<Arc<Effective>>,
}

/// Settings that only a new start can change.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AtStart {
    pub(crate) http: HttpSettings,
    pub(crate) log: LogSettings,
}

/// Why the settings were not read again. Those before stay in force, all of them.
#[derive(Debug, thiserror::Error)]
enum ReloadError {
    #[error(
        "the settings came from standard input, which cannot be read again: restart the exporter"
    )]
    StandardInput,
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error("the files that settings name could not all be read")]
    Read(#[from] ReadError),
    #[error(
        "the settings now ask for {} the label `vcenter`, which would rename every series: restart the exporter if that is meant",
        if *.0 { "series with" } else { "series without" }
    )]
    Label(bool),
    #[error("WEB_CONFIG_FILE: {0}")]
    WebConfig(String),
    #[error("the connection to the vCenter {name} cannot be prepared")]
    Vcenter {
        name: String,
        source: Box<CollectError>,
    },
}

impl Reload {
    pub(crate) fn new(
        given: Given,
        at_start: AtStart,
        web_config: Arc<WebConfigSource>,
        process: ProcessHealth,
        in_force: watch::Sender<Arc<Effective>>,
    ) -> Self {
        Self {
            given,
            at_start,
            web_config,
            reading: LimitedRead::default(),
            process,
            in_force,
        }
    }

    /// Reads and checks everything, then changes what is different. Says how that went, in log, metrics and `/health`.
    pub(crate) async fn run(&mut self, fleet: &mut Fleet) -> ReloadResult {
        match self.reload(fleet).await {
            Ok(Replaced {
                added,
                changed,
                removed,
                unchanged,
            }) => {
                self.process.note_reload(None, Timestamp::now());
                tracing::info!(
                    added,
                    changed,
                    removed,
                    unchanged,
                    "the settings were read again"
                );
                Ok(())
            }
            Err(error) => {
                let reason = with_causes(&error);
                tracing::warn!(
                    reason,
                    "the settings were not read again; those before stay in force"
                );
                self.process
                    .note_reload(Some(reason.clone()), Timestamp::now());
                Err(reason)
            }
        }
    }

    /// Nothing has changed after an error.
    async fn reload(&mut self, fleet: &mut Fleet) -> Result<Replaced, ReloadError> {
        if self.given.is_from_standard_input() {
            return Err(ReloadError::StandardInput);
        }
        // It is read again whenever it changes, so it waits for nothing.
        let web_config = self.web_config.reload().await;
        web_config.map_err(ReloadError::WebConfig)?;
        let (given, present) = (self.given.clone(), fleet.vcenters());
        let reading = self.reading.run(move || read(given, &present));
        let (settings, effective, ready) = reading.await??;
        if settings.labelled != fleet.is_labelled() {
            return Err(ReloadError::Label(settings.labelled));
        }
        let Settings {
            vcenters,
            http,
            log,
            ..
        } = settings;
        if (AtStart { http, log }) != self.at_start {
            tracing::warn!(
                "where the exporter listens and what it logs changes when it is started again"
            );
        }
        let replaced = fleet.replace(&vcenters, ready).await;
        let effective = effective.with_start_of(&self.in_force.borrow());
        self.in_force.send_replace(Arc::new(effective));
        Ok(replaced)
    }
}

/// The settings, and the collectors of the vCenters that are not present yet.
fn read(given: Given, present: &[VcenterSettings]) -> Reading {
    let layers = Layers::gather(given);
    let settings = Settings::of(&layers)?;
    let effective = Effective::of(&layers, &settings.http, settings.labelled);
    let new = settings.vcenters.iter().filter(|it| !present.contains(it));
    let prepare = |settings: &VcenterSettings| {
        let name = settings.name.as_str().to_owned();
        Ready::prepare(settings.clone()).map_err(|error| ReloadError::Vcenter {
            name,
            source: Box::new(error),
        })
    };
    let ready = new.map(prepare).collect::<Result<_, _>>()?;
    Ok((settings, effective, ready))
}
