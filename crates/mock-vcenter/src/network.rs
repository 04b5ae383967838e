//! The network side: accepts connections, unless a rule has made the server unreachable.

use std::net::SocketAddr;
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::exchange::respond;
use crate::server::Shared;

/// A client that says nothing may not hold a connection for ever.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// What the system refuses, such as one more open file, mostly takes a moment to change.
const PAUSE: Duration = Duration::from_millis(20);

/// How the server looks from the network.
#[derive(Debug)]
pub(crate) struct Network {
    is_reachable: watch::Sender<bool>,
    shows_other_certificate: AtomicBool,
}

impl Network {
    pub(crate) fn new() -> Self {
        Self {
            is_reachable: watch::Sender::new(true),
            shows_other_certificate: AtomicBool::new(false),
        }
    }

    /// Closes all connections and the port.
    pub(crate) fn become_unreachable(&self) {
        self.is_reachable.send_replace(false);
    }

    /// Further connections see the other certificate.
    pub(crate) fn change_certificate(&self) {
        self.shows_other_certificate.store(true, Ordering::Relaxed);
    }

    /// Takes both back.
    pub(crate) fn recover(&self) {
        self.shows_other_certificate.store(false, Ordering::Relaxed);
        self.is_reachable.send_replace(true);
    }
}

/// A connection as the calls on it know it.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) peer: SocketAddr,
    /// A second handle, since the first belongs to TLS.
    socket: Option<OwnedFd>,
}

impl Connection {
    /// Lets the connection end with a reset when it is closed.
    pub(crate) fn end_with_a_reset(&self) {
        if let Some(socket) = &self.socket {
            // Without it the connection ends in order, which the test then sees.
            let _ = SockRef::from(socket).set_linger(Some(Duration::ZERO));
        }
    }
}

/// Serves for ever. The second acceptor has the other certificate.
pub(crate) async fn accept(
    mut listener: TcpListener,
    address: SocketAddr,
    acceptors: [TlsAcceptor; 2],
    shared: Arc<Shared>,
) {
    let mut is_reachable = shared.network.is_reachable.subscribe();
    loop {
        tokio::select! {
            () = accept_all(&listener, &acceptors, &shared) => {}
            _ = is_reachable.wait_for(|reachable| !reachable) => {}
        }
        drop(listener);
        // The sender lives in what this task shares.
        let _ = is_reachable.wait_for(|reachable| *reachable).await;
        listener = listen(address).await;
    }
}

async fn listen(address: SocketAddr) -> TcpListener {
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return listener,
            Err(error) => tracing::debug!(%error, "cannot listen again"),
        }
        sleep(PAUSE).await;
    }
}

async fn accept_all(listener: &TcpListener, acceptors: &[TlsAcceptor; 2], shared: &Arc<Shared>) {
    // Dropped with this future, which closes them all.
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let [own, other] = acceptors;
                let shows_other = &shared.network.shows_other_certificate;
                let acceptor = if shows_other.load(Ordering::Relaxed) {
                    other
                } else {
                    own
                };
                connections.spawn(serve(stream, peer, acceptor.clone(), Arc::clone(shared)));
            }
            Err(error) => {
                tracing::debug!(%error, "cannot accept");
                sleep(PAUSE).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(stream: TcpStream, peer: SocketAddr, acceptor: TlsAcceptor, shared: Arc<Shared>) {
    // Answers are written whole; waiting for more would only delay the last piece.
    let _ = stream.set_nodelay(true);
    let socket = stream.as_fd().try_clone_to_owned().ok();
    let connection = Arc::new(Connection { peer, socket });
    let Ok(Ok(stream)) = timeout(HANDSHAKE_WITHIN, acceptor.accept(stream)).await else {
        return tracing::debug!(%peer, "TLS handshake failed");
    };
    let service =
        service_fn(move |request| respond(Arc::clone(&shared), Arc::clone(&connection), request));
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%peer, %error, "connection ended");
    }
}
