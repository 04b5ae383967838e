//! Serves clients, however slow or many they are, with a bounded part of the process' memory and open files.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use futures_util::future::select_all;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, timeout};
use tokio_io_timeout::TimeoutWriter;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::web_config::WebConfigSource;

/// Far more than there are scrapers, and far less than the 1,024 files that a process may usually open.
const MAX_CONNECTIONS: usize = 128;
/// A client that connects has a request to send.
const FIRST_REQUEST_WITHIN: Duration = Duration::from_secs(10);
/// From the end of an answer to the end of the next request. Prometheus scrapes every few minutes at the least.
const NEXT_REQUEST_WITHIN: Duration = Duration::from_secs(10 * 60);
/// A client that takes nothing of its answer for this long gets no more of it.
const STALLED_AFTER: Duration = Duration::from_secs(30);
/// Of a request or an answer, as much as one connection holds in memory.
const BUFFER_BYTES: usize = 64 * 1024;
/// Time for unfinished answers after `shutdown`.
const LAST_ANSWERS_WITHIN: Duration = Duration::from_secs(1);

/// Serves on all addresses until `shutdown`. Unfinished answers then get one more second.
pub async fn serve(
    mut listeners: Vec<TcpListener>,
    router: Router,
    web_config: Arc<WebConfigSource>,
    shutdown: CancellationToken,
) {
    let mut connections = Connections::default();
    // When the system refuses a connection, this `accept` waits a little and tries again. The listener's own returns.
    while let Some(stream) = shutdown.run_until_cancelled(accept(&mut listeners)).await {
        // Without it the last bytes of an answer may wait for the client to acknowledge those before, 40 ms and more.
        let _ = stream.set_nodelay(true);
        connections.make_room().await;
        let serving = Serving {
            router: router.clone(),
            web_config: Arc::clone(&web_config),
            shutdown: shutdown.clone(),
        };
        connections.add(stream, serving);
    }
    drop(listeners);
    connections.end().await;
}

/// Waits for a client on any of the addresses, of which there is at least one.
async fn accept(listeners: &mut [TcpListener]) -> TcpStream {
    let accepting = listeners
        .iter_mut()
        .map(|listener| Box::pin(Listener::accept(listener)));
    let ((stream, _), ..) = select_all(accepting).await;
    stream
}

#[derive(Default)]
struct Connections {
    tasks: JoinSet<()>,
    open: Vec<Connection>,
}

struct Connection {
    /// When its latest request came, or it was opened.
    last_request: watch::Receiver<Instant>,
    task: AbortHandle,
}

impl Connections {
    /// If there is no room, closes the connection whose last request is the oldest.
    async fn make_room(&mut self) {
        while self.tasks.try_join_next().is_some() {}
        self.open
            .retain(|connection| !connection.task.is_finished());
        if self.tasks.len() < MAX_CONNECTIONS {
            return;
        }
        let last_request = |connection: &&Connection| *connection.last_request.borrow();
        if let Some(quietest) = self.open.iter().min_by_key(last_request) {
            quietest.task.abort();
            tracing::debug!("an HTTP client gave way to a new one");
        }
        self.tasks.join_next().await;
    }

    fn add(&mut self, stream: TcpStream, serving: Serving) {
        let (request_came, last_request) = watch::channel(Instant::now());
        let task = self.tasks.spawn(serving.connection(stream, request_came));
        self.open.push(Connection { last_request, task });
    }

    async fn end(mut self) {
        let all_ended = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(LAST_ANSWERS_WITHIN, all_ended).await.is_err() {
            let clients = self.tasks.len();
            tracing::info!(clients, "HTTP clients that did not end were cut off");
        }
    }
}

/// What all connections are served with.
struct Serving {
    router: Router,
    web_config: Arc<WebConfigSource>,
    shutdown: CancellationToken,
}

impl Serving {
    async fn connection(self, stream: TcpStream, request_came: watch::Sender<Instant>) {
        let mut stream = TimeoutWriter::new(stream);
        stream.set_timeout(Some(STALLED_AFTER));
        let stream = Box::pin(stream);
        let Some(tls) = self.web_config.current().await.tls.clone() else {
            return self.requests(stream, request_came).await;
        };
        let handshake = timeout(FIRST_REQUEST_WITHIN, TlsAcceptor::from(tls).accept(stream));
        match self.shutdown.run_until_cancelled(handshake).await {
            Some(Ok(Ok(stream))) => self.requests(stream, request_came).await,
            Some(Ok(Err(error))) => tracing::debug!(%error, "an HTTP client failed to speak TLS"),
            Some(Err(_)) | None => {}
        }
    }

    async fn requests(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        request_came: watch::Sender<Instant>,
    ) {
        let mut first_request = request_came.subscribe();
        let router = TowerToHyperService::new(self.router);
        let service = service_fn(move |request| {
            request_came.send_replace(Instant::now());
            router.call(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            // hyper's count begins when the answer before has ended.
            .header_read_timeout(NEXT_REQUEST_WITHIN)
            .max_buf_size(BUFFER_BYTES)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = pin!(connection);
        let asks_nothing = async {
            if timeout(FIRST_REQUEST_WITHIN, first_request.changed())
                .await
                .is_ok()
            {
                pending::<()>().await;
            }
        };
        tokio::select! {
            _ = connection.as_mut() => return,
            () = asks_nothing => return,
            () = self.shutdown.cancelled() => {}
        }
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}
