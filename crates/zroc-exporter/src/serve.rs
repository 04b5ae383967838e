//! Runs collection and HTTP server side by side until asked to end.

use std::io;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinError;
use tokio_util::sync::CancellationToken;
use vsphere_soap::Client;

use crate::advice;
use crate::collector::Collector;
use crate::http::{self, HttpState};
use crate::self_metrics::SelfMetrics;
use crate::settings::Settings;
use crate::vcenter::{CollectError, Vcenter};

/// Within this time everything has ended: logout, and answers under way.
const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(4);

/// Why the exporter ended by itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The settings of vCenter cannot be used.
    #[error("the connection to vCenter cannot be prepared")]
    Vcenter(#[from] CollectError),
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

/// Serves until `shutdown` is cancelled, then logs out and returns within 5 seconds.
///
/// # Errors
/// When it cannot start, or a part fails in a way that does not heal.
pub async fn serve(settings: Settings, shutdown: CancellationToken) -> Result<(), ServeError> {
    let Settings {
        vcenter,
        collection,
        http,
        ..
    } = settings;
    let metrics = SelfMetrics::default();
    let poll_interval = collection.poll_interval;
    let vcenter = Vcenter::new(vcenter, collection.clone(), metrics.clone())?;
    let is_tls_verified = vcenter.is_tls_verified();
    let client = vcenter.client();
    let (collector, publications) = Collector::new(vcenter, collection, metrics)
        .await
        .map_err(ServeError::Http)?;

    let listen_error = |source| ServeError::Listen {
        host: http.host.clone(),
        port: http.port,
        source,
    };
    let listener = TcpListener::bind((http.host.as_str(), http.port))
        .await
        .map_err(listen_error)?;
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
    });
    let server =
        axum::serve(listener, router).with_graceful_shutdown(shutdown.clone().cancelled_owned());
    let mut server = tokio::spawn(server.into_future());
    let mut collecting = tokio::spawn(collector.run(shutdown.clone()));
    let outcome = tokio::select! {
        () = shutdown.cancelled() => Ok(()),
        ended = &mut server => match ended {
            Ok(ended) => ended.map_err(ServeError::Http),
            Err(panic) => Err(ServeError::Http(io::Error::other(panic))),
        },
        ended = &mut collecting => ended.map_err(ServeError::Collector),
    };
    shutdown.cancel();
    end(server, collecting, client).await;
    outcome
}

async fn end(
    server: tokio::task::JoinHandle<io::Result<()>>,
    collecting: tokio::task::JoinHandle<()>,
    client: Client,
) {
    let both = async {
        let logged_out = async {
            // A collector that panicked has not logged out. Where it has, there is nothing left to do.
            if (collecting.is_finished() || collecting.await.is_err())
                && let Err(error) = client.logout().await
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
        tokio::join!(logged_out, answered);
    };
    if tokio::time::timeout(SHUTDOWN_DEADLINE, both).await.is_err() {
        tracing::warn!(
            "not everything ended in time; the vCenter session may stay open until it has been idle"
        );
    }
}

#[cfg(test)]
mod tests {
    use mock_vcenter::{MockVcenter, Options};
    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;
    use vsphere_soap::{Client, ClientConfig, Trust};

    use super::end;

    /// A collector that has logged in, and panics when the sender is dropped.
    async fn collector(mock: &MockVcenter) -> (JoinHandle<()>, Client, oneshot::Sender<()>) {
        let Options { user, password, .. } = Options::default();
        let host = mock.address().ip().to_string();
        let mut config = ClientConfig::new(host, user, password);
        config.port = mock.address().port();
        config.trust = Trust::AcceptAny;
        let client = Client::new(config).unwrap();
        client.session().await.unwrap();
        assert_eq!(mock.open_sessions(), 1);
        let (sender, dropped) = oneshot::channel();
        let collecting = tokio::spawn(async move {
            dropped.await.unwrap();
        });
        (collecting, client, sender)
    }

    #[tokio::test]
    async fn a_collector_that_panicked_leaves_no_session() {
        let mock = MockVcenter::start(Options::default()).await.unwrap();
        let (collecting, client, sender) = collector(&mock).await;
        drop(sender);
        while !collecting.is_finished() {
            tokio::task::yield_now().await;
        }
        end(tokio::spawn(async { Ok(()) }), collecting, client).await;
        assert_eq!(mock.open_sessions(), 0);
    }

    #[tokio::test]
    async fn a_collector_that_panics_while_it_is_waited_for_leaves_no_session() {
        let mock = MockVcenter::start(Options::default()).await.unwrap();
        let (collecting, client, sender) = collector(&mock).await;
        let server = tokio::spawn(async { Ok(()) });
        tokio::join!(end(server, collecting, client), async { drop(sender) });
        assert_eq!(mock.open_sessions(), 0);
    }
}
