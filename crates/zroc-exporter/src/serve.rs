//! Runs collection and HTTP server side by side until asked to end.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Fuse, FusedFuture as _, FutureExt as _, join_all};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::collector::Collector;
use crate::error_chain::with_causes;
use crate::http::web_config::{WebConfigError, WebConfigSource};
use crate::http::{self, HttpState};
use crate::publisher::{PublishError, Publisher};
use crate::reload::Reload;
use crate::self_metrics::{CollectionMetrics, ProcessHealth};
use crate::settings::{HttpSettings, ListenAddress, Settings, VcenterSettings};
use crate::signals::Signals;
use crate::status::{CollectionStatus, VcenterStatus};
use crate::task::{TaskError, join};
use crate::vcenter::{CollectError, LogoutHandle, Vcenter};
use crate::version::{REVISION, VERSION};

/// Within this time collection has ended and logged out. HTTP clients get less.
const LOGOUT_WITHIN: Duration = Duration::from_secs(4);

/// Why the exporter ended by itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The settings of vCenter cannot be used.
    #[error("the connection to vCenter cannot be prepared")]
    Vcenter(#[from] CollectError),
    /// The settings name several vCenters.
    #[error(
        "the file has {0} `[[vcenter]]`, but this version reads one vCenter only: take the others away"
    )]
    SeveralVcenters(usize),
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
        matches!(
            self,
            Self::Vcenter(_) | Self::SeveralVcenters(_) | Self::WebConfig(_)
        )
    }
}

/// Collects on `collection_runtime` and serves on the present runtime until a signal asks for the end, then logs out and
/// returns within 5 seconds.
///
/// # Errors
/// When it cannot start, or a part fails in a way that does not heal.
pub async fn serve(
    settings: Settings,
    process: ProcessHealth,
    collection_runtime: &Handle,
    Signals { shutdown, reload }: Signals,
) -> Result<(), ServeError> {
    let Settings {
        vcenters,
        labelled,
        http,
        ..
    } = settings;
    let [vcenter] = <[VcenterSettings; 1]>::try_from(vcenters)
        .map_err(|vcenters| ServeError::SeveralVcenters(vcenters.len()))?;
    let web_config = Arc::new(WebConfigSource::open(http.web_config_file.clone())?);
    let metrics = CollectionMetrics::default();
    let status = VcenterStatus {
        name: vcenter.name.clone(),
        is_labelled: labelled,
        collection: CollectionStatus::default(),
        report: None,
        about: None,
        tls_verified: vcenter.is_tls_verified(),
        poll_interval: vcenter.collection.poll_interval,
        metrics: metrics.clone(),
    };
    let vcenter = Vcenter::new(vcenter, metrics.clone())?;
    let logout = vcenter.logout_handle();
    let (publisher, reports, publications) =
        Publisher::start(vec![status], process.clone()).await?;
    let reloading = Reload::new(Arc::clone(&web_config), vcenter.settings().clone(), process);
    let collector = Collector::new(vcenter, metrics, reports);

    // A host name may take long to resolve.
    let Some(listeners) = shutdown.run_until_cancelled(listen(&http)).await else {
        return Ok(());
    };
    let listeners = listeners?;

    let router = http::router(HttpState {
        publications,
        web_config: Arc::clone(&web_config),
    });
    let server = http::serve(listeners, router, web_config, shutdown.clone());
    let mut server = tokio::spawn(server).fuse();
    tokio::spawn(reloading.whenever(reload));
    let mut publishing = collection_runtime.spawn(publisher.run()).fuse();
    let task = collection_runtime.spawn(collector.run(shutdown.clone()));
    let mut collectors = vec![Collecting::new(task, logout)];
    let outcome = tokio::select! {
        () = shutdown.cancelled() => Ok(()),
        ended = join(&mut server) => ended.map_err(ServeError::Server),
        ended = join(&mut publishing) => ended.map_err(ServeError::Publisher),
        ended = first_to_end(&mut collectors) => ended.map_err(ServeError::Collector),
    };
    shutdown.cancel();
    end(server, collectors).await;
    outcome
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

/// A collector at work, and what ends its session if it cannot do so itself.
struct Collecting {
    task: Task,
    logout: LogoutHandle,
}

impl Collecting {
    fn new(task: JoinHandle<()>, logout: LogoutHandle) -> Self {
        Self {
            task: task.fuse(),
            logout,
        }
    }

    /// Waits until the collector has ended and vCenter has ended its session, but not for long.
    async fn end(self) {
        if timeout(LOGOUT_WITHIN, self.end_session()).await.is_err() {
            tracing::warn!(
                "collection did not end in time; if it has a session, vCenter ends that when it has been idle"
            );
        }
    }

    async fn end_session(self) {
        let has_panicked =
            self.task.is_terminated() || ended_by_panic(self.task, "collector").await;
        // A collector that panicked has not logged out.
        if has_panicked && let Err(error) = self.logout.logout().await {
            let reason = with_causes(&error);
            tracing::warn!(reason, "could not log out after the collector failed");
        }
    }
}

/// Waits for the first collector that ends. None does before `shutdown` unless it panics.
async fn first_to_end(collectors: &mut [Collecting]) -> Result<(), TaskError> {
    let tasks = collectors
        .iter_mut()
        .map(|collector| join(&mut collector.task));
    let mut tasks: FuturesUnordered<_> = tasks.collect();
    tasks.next().await.unwrap_or(Ok(()))
}

/// Waits for all parts, each for as long as it may take.
async fn end(server: Task, collectors: Vec<Collecting>) {
    let answered = async {
        if !server.is_terminated() {
            ended_by_panic(server, "HTTP server").await;
        }
    };
    let _ = tokio::join!(
        join_all(collectors.into_iter().map(Collecting::end)),
        timeout(LOGOUT_WITHIN, answered),
    );
}

/// Waits for a part of the program, and logs its panic.
async fn ended_by_panic(task: Task, part: &str) -> bool {
    let ended = join(task).await;
    if let Err(error) = &ended {
        tracing::error!(%error, "the {part} failed at the end");
    }
    ended.is_err()
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use mock_vcenter::{MockVcenter, Options};
    use tokio::sync::oneshot;

    use super::{Collecting, end, first_to_end};
    use crate::self_metrics::CollectionMetrics;
    use crate::settings::{Given, Settings};
    use crate::task::TaskError;
    use crate::vcenter::{Moment, Vcenter};

    /// A collector that has logged in, and panics when the sender is dropped.
    async fn collector(mock: &MockVcenter) -> (Collecting, oneshot::Sender<()>) {
        let given = Given::from_iter([
            ("VCENTER_HOST", mock.address().ip().to_string()),
            ("VCENTER_PORT", mock.address().port().to_string()),
            ("VCENTER_PASSWORD", Options::default().password),
        ]);
        let settings = Settings::load(given).unwrap().vcenters.remove(0);
        let mut vcenter = Vcenter::new(settings, CollectionMetrics::default()).unwrap();
        let logout = vcenter.logout_handle();
        vcenter.refresh(Moment::now()).await.unwrap();
        assert_eq!(mock.open_sessions(), 1);
        let (sender, dropped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let _owned = vcenter;
            dropped.await.unwrap();
        });
        (Collecting::new(task, logout), sender)
    }

    #[tokio::test]
    async fn a_collector_that_panicked_leaves_no_session() {
        let mock = MockVcenter::start(Options::default()).await.unwrap();
        let (collector, sender) = collector(&mock).await;
        let mut collectors = vec![collector];
        drop(sender);
        let failed = first_to_end(&mut collectors).await;
        assert!(matches!(failed, Err(TaskError::Panicked(_))));
        end(tokio::spawn(async {}).fuse(), collectors).await;
        assert_eq!(mock.open_sessions(), 0);
    }

    #[tokio::test]
    async fn a_collector_that_panics_while_it_is_waited_for_leaves_no_session() {
        let mock = MockVcenter::start(Options::default()).await.unwrap();
        let (collector, sender) = collector(&mock).await;
        let server = tokio::spawn(async {}).fuse();
        tokio::join!(end(server, vec![collector]), async { drop(sender) });
        assert_eq!(mock.open_sessions(), 0);
    }
}
