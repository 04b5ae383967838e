//! Runs collection and HTTP server side by side until asked to end.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::advice;
use crate::collector::Collector;
use crate::http::{self, HttpState};
use crate::self_metrics::SelfMetrics;
use crate::settings::Settings;
use crate::vcenter::{CollectError, LogoutHandle, Vcenter};
use crate::web_config::{WebConfigError, WebConfigSource};

/// Within this time collection has ended and logged out. HTTP clients get less.
const LOGOUT_WITHIN: Duration = Duration::from_secs(4);

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
    /// The address cannot be listened on.
    #[error("cannot listen on {host}:{port}; set HTTP_HOST and HTTP_PORT to a free address")]
    Listen {
        /// `HTTP_HOST`.
        host: String,
        /// `HTTP_PORT`.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// The HTTP server ended.
    #[error("the HTTP server failed")]
    Http(#[source] io::Error),
    /// A part of the program panicked.
    #[error("the collector failed")]
    Collector(#[source] JoinError),
}

impl ServeError {
    /// Whether it cannot start before somebody corrects the settings.
    pub fn is_about_settings(&self) -> bool {
        matches!(self, Self::Vcenter(_) | Self::WebConfig(_))
    }
}

/// Collects on `collection_runtime` and serves on the present runtime until `shutdown` is cancelled, then logs out and returns
/// within 5 seconds.
///
/// # Errors
/// When it cannot start, or a part fails in a way that does not heal.
pub async fn serve(
    settings: Settings,
    collection_runtime: &Handle,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    let Settings {
        vcenter,
        collection,
        http,
        ..
    } = settings;
    let web_config = Arc::new(WebConfigSource::open(http.web_config_file.clone())?);
    let metrics = SelfMetrics::default();
    let poll_interval = collection.poll_interval;
    let vcenter = Vcenter::new(vcenter, collection.clone(), metrics.clone())?;
    let is_tls_verified = vcenter.is_tls_verified();
    let logout = vcenter.logout_handle();
    let (collector, publications) = Collector::new(vcenter, collection, metrics)
        .await
        .map_err(ServeError::Http)?;

    let listen_error = |source| ServeError::Listen {
        host: http.host.clone(),
        port: http.port,
        source,
    };
    let bind = TcpListener::bind((http.host.as_str(), http.port));
    // A host name may take long to resolve.
    let Some(listener) = shutdown.run_until_cancelled(bind).await else {
        return Ok(());
    };
    let listener = listener.map_err(listen_error)?;
    let address = listener.local_addr().map_err(ServeError::Http)?;
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "listening");
    if !is_tls_verified {
        tracing::warn!(
            "vCenter's certificate is not verified; set VCENTER_THUMBPRINT, VCENTER_CA_FILE or VCENTER_SSL_VERIFY"
        );
    }

    let router = http::router(HttpState {
        publications,
        poll_interval,
        web_config: Arc::clone(&web_config),
    });
    let server = http::serve(listener, router, web_config, shutdown.clone());
    let mut server = tokio::spawn(server);
    let mut collecting = collection_runtime.spawn(collector.run(shutdown.clone()));
    let outcome = tokio::select! {
        () = shutdown.cancelled() => Ok(()),
        ended = &mut server => ended.map_err(|panic| ServeError::Http(io::Error::other(panic))),
        ended = &mut collecting => ended.map_err(ServeError::Collector),
    };
    shutdown.cancel();
    end(server, collecting, logout).await;
    outcome
}

/// Waits for both halves, each for as long as it may take.
async fn end(server: JoinHandle<()>, collecting: JoinHandle<()>, logout: LogoutHandle) {
    let logged_out = async {
        // A collector that panicked has not logged out. Where it has, there is nothing left to do.
        if (collecting.is_finished() || collecting.await.is_err())
            && let Err(error) = logout.logout().await
        {
            let reason = advice::with_causes(&error);
            tracing::warn!(reason, "could not log out after the collector failed");
        }
    };
    let answered = async {
        if !server.is_finished() {
            let _ = server.await;
        }
    };
    let (logged_out, _) = tokio::join!(
        timeout(LOGOUT_WITHIN, logged_out),
        timeout(LOGOUT_WITHIN, answered),
    );
    if logged_out.is_err() {
        tracing::warn!(
            "collection did not end in time; if it has a session, vCenter ends that when it has been idle"
        );
    }
}

#[cfg(test)]
mod tests {
    use mock_vcenter::{MockVcenter, Options};
    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;

    use super::end;
    use crate::self_metrics::SelfMetrics;
    use crate::settings::Settings;
    use crate::vcenter::{LogoutHandle, Moment, Vcenter};

    /// A collector that has logged in, and panics when the sender is dropped.
    async fn collector(mock: &MockVcenter) -> (JoinHandle<()>, LogoutHandle, oneshot::Sender<()>) {
        let variable = |name: &str| match name {
            "VCENTER_HOST" => Some(mock.address().ip().to_string().into()),
            "VCENTER_PORT" => Some(mock.address().port().to_string().into()),
            "VCENTER_PASSWORD" => Some(Options::default().password.into()),
            _ => None,
        };
        let Settings {
            vcenter,
            collection,
            ..
        } = Settings::load(variable).unwrap();
        let mut vcenter = Vcenter::new(vcenter, collection, SelfMetrics::default()).unwrap();
        let logout = vcenter.logout_handle();
        vcenter.refresh(Moment::now()).await.unwrap();
        assert_eq!(mock.open_sessions(), 1);
        let (sender, dropped) = oneshot::channel();
        let collecting = tokio::spawn(async move {
            let _owned = vcenter;
            dropped.await.unwrap();
        });
        (collecting, logout, sender)
    }

    #[tokio::test]
    async fn a_collector_that_panicked_leaves_no_session() {
        let mock = MockVcenter::start(Options::default()).await.unwrap();
        let (collecting, logout, sender) = collector(&mock).await;
        drop(sender);
        while !collecting.is_finished() {
            tokio::task::yield_now().await;
        }
        end(tokio::spawn(async {}), collecting, logout).await;
        assert_eq!(mock.open_sessions(), 0);
    }

    #[tokio::test]
    async fn a_collector_that_panics_while_it_is_waited_for_leaves_no_session() {
        let mock = MockVcenter::start(Options::default()).await.unwrap();
        let (collecting, logout, sender) = collector(&mock).await;
        let server = tokio::spawn(async {});
        tokio::join!(end(server, collecting, logout), async { drop(sender) });
        assert_eq!(mock.open_sessions(), 0);
    }
}
