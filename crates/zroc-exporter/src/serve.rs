//! Runs collection and HTTP server side by side until asked to end.

use std::io;
use std::sync::Arc;

use futures_util::future::{Fuse, FusedFuture as _, FutureExt as _};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::fleet::{Fleet, LOGOUT_WITHIN, Ready};
use crate::http::web_config::{WebConfigError, WebConfigSource};
use crate::http::{self, Heavy, HttpState};
use crate::plan::live::Planner;
use crate::publisher::{PublishError, Publisher};
use crate::reload::{AtStart, Reload};
use crate::reload_requests::{ReloadDesk, reload_requests};
use crate::self_metrics::ProcessHealth;
use crate::settings::{Effective, Given, HttpSettings, ListenAddress, Settings};
use crate::signals::Signals;
use crate::task::{TaskError, join};
use crate::vcenter::CollectError;
use crate::version::{REVISION, VERSION};

/// Why the exporter ended by itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The settings of vCenter cannot be used.
    #[error("the connection to vCenter cannot be prepared")]
    Vcenter(#[from] CollectError),
    /// The web config file cannot be used.
    #[error("WEB_CONFIG_FILE cannot be used")]
    WebConfig(#[from] WebConfigError),
    /// The exporter cannot render the page that it serves before the first cycle.
    #[error("there is no first metrics page")]
    Page(#[from] PublishError),
    /// The address cannot be listened on.
    #[error(
        "cannot listen on {address}; set HTTP_HOST and HTTP_PORT, --web.listen-address or `listen` to a free address"
    )]
    Listen {
        /// The address.
        address: ListenAddress,
        /// What the system said.
        source: io::Error,
    },
    /// The system does not say which address it chose.
    #[error("the address that the exporter listens on cannot be read")]
    LocalAddress(#[source] io::Error),
    /// The HTTP server panicked, outside of any request.
    #[error("the HTTP server failed")]
    Server(#[source] TaskError),
    /// The publisher panicked, outside of any report.
    #[error("the publisher failed")]
    Publisher(#[source] TaskError),
    /// A collector panicked, outside of any cycle.
    #[error("the collector failed")]
    Collector(#[source] TaskError),
}

impl ServeError {
    /// Whether somebody has to correct the settings before the exporter can start.
    pub fn is_about_settings(&self) -> bool {
        matches!(self, Self::Vcenter(_) | Self::WebConfig(_))
    }
}

/// The settings that the exporter starts with.
#[derive(Debug)]
pub struct Started {
    /// What the operator gave.
    pub given: Given,
    /// The settings.
    pub settings: Settings,
    /// The same, for people.
    pub effective: Effective,
}

/// Collects on `collection_runtime` and serves on the present runtime until a signal asks for the end, then logs out and
/// returns within 5 seconds.
///
/// # Errors
/// When it cannot start, or a part fails in a way that does not heal.
pub async fn serve(
    Started {
        given,
        settings,
        effective,
    }: Started,
    process: ProcessHealth,
    collection_runtime: &Handle,
    Signals {
        shutdown,
        mut reload,
    }: Signals,
) -> Result<(), ServeError> {
    let Settings {
        vcenters,
        labelled,
        http,
        log,
        ..
    } = settings;
    let web_config = Arc::new(WebConfigSource::open(http.web_config_file.clone())?);
    let ready: Vec<Ready> = vcenters
        .into_iter()
        .map(Ready::prepare)
        .collect::<Result<_, _>>()?;
    let statuses = ready.iter().map(|it| it.status(labelled)).collect();
    let (publisher, updates, publications) = Publisher::start(statuses, process.clone()).await?;

    // A host name may take long to resolve.
    let Some(listeners) = shutdown.run_until_cancelled(listen(&http)).await else {
        return Ok(());
    };
    let listeners = listeners?;

    let (in_force, settings_in_force) = watch::channel(Arc::new(effective));
    let (reload_requests, mut desk) = reload_requests();
    let router = http::router(HttpState {
        planner: Planner::new(publications.clone()),
        publications,
        process: process.clone(),
        reload: http.enable_lifecycle.then_some(reload_requests),
        web_config: Arc::clone(&web_config),
        settings: settings_in_force,
        heavy: Heavy::default(),
    });
    let server = http::serve(listeners, router, Arc::clone(&web_config), shutdown.clone());
    let mut server = tokio::spawn(server).fuse();
    let mut publishing = collection_runtime.spawn(publisher.run()).fuse();
    let runtime = collection_runtime.clone();
    let mut fleet = Fleet::start(ready, labelled, updates, runtime, shutdown.clone());
    let mut reloading = Reload::new(given, AtStart { http, log }, web_config, process, in_force);
    let outcome = loop {
        tokio::select! {
            () = shutdown.cancelled() => break Ok(()),
            ended = join(&mut server) => break ended.map_err(ServeError::Server),
            ended = join(&mut publishing) => break ended.map_err(ServeError::Publisher),
            ended = fleet.first_to_end() => break ended.map_err(ServeError::Collector),
            () = reload_is_asked(&mut reload, &mut desk) => {
                let answered = desk.begin();
                let run = reloading.run(&mut fleet);
                if let Some(result) = shutdown.run_until_cancelled(run).await {
                    desk.answer(answered, result);
                }
            }
        }
    };
    shutdown.cancel();
    end(server, fleet).await;
    outcome
}

/// Waits for a signal or a client that asks for a reload. Cancel safe.
async fn reload_is_asked(signal: &mut watch::Receiver<()>, desk: &mut ReloadDesk) {
    tokio::select! {
        Ok(()) = signal.changed() => {}
        () = desk.asked() => {}
    }
}

async fn listen(settings: &HttpSettings) -> Result<Vec<TcpListener>, ServeError> {
    let mut listeners = Vec::new();
    for address in &settings.listen {
        let bound = TcpListener::bind((address.host.as_str(), address.port)).await;
        let listener = bound.map_err(|source| ServeError::Listen {
            address: address.clone(),
            source,
        })?;
        let address = listener.local_addr().map_err(ServeError::LocalAddress)?;
        tracing::info!(%address, version = VERSION, revision = REVISION, "listening");
        listeners.push(listener);
    }
    Ok(listeners)
}

/// A task whose end is reported once.
type Task = Fuse<JoinHandle<()>>;

/// Waits for all parts, each for as long as it may take.
async fn end(server: Task, fleet: Fleet) {
    let answered = async {
        if !server.is_terminated() {
            ended_by_panic(server, "HTTP server").await;
        }
    };
    let _ = tokio::join!(fleet.end(), timeout(LOGOUT_WITHIN, answered));
}

/// Waits for a part of the program, and logs its panic.
async fn ended_by_panic(task: Task, part: &str) -> bool {
    let ended = join(task).await;
    if let Err(error) = &ended {
        tracing::error!(%error, "the {part} failed at the end");
    }
    ended.is_err()
}
