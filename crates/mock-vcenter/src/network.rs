//! The network side: accepts connections, unless a rule has made the server unreachable.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::exchange::respond;
use crate::reachability::Connection;
use crate::state::Shared;

/// After this time a connection without a TLS handshake is closed.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// Before the system is asked again for what it refused, such as one more open file.
const PAUSE: Duration = Duration::from_millis(20);
/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;

/// Serves without end. The second acceptor has the other certificate.
pub(crate) async fn accept(
    mut listener: TcpListener,
    address: SocketAddr,
    acceptors: [TlsAcceptor; 2],
    shared: Arc<Shared>,
) {
    let reachability = &shared.reachability;
    loop {
        tokio::select! {
            () = accept_all(&listener, &acceptors, &shared) => {}
            () = reachability.until_reachable(false) => {}
        }
        drop(listener);
        let port = reserve(address).await;
        reachability.set_listening(false);
        reachability.until_reachable(true).await;
        listener = listen(port, address).await;
        reachability.set_listening(true);
    }
}

/// Keeps the port from others without listening on it: clients are refused.
async fn reserve(address: SocketAddr) -> TcpSocket {
    loop {
        match bind(address) {
            Ok(socket) => return socket,
            Err(error) => tracing::debug!(%error, "cannot reserve the port"),
        }
        sleep(PAUSE).await;
    }
}

async fn listen(mut port: TcpSocket, address: SocketAddr) -> TcpListener {
    loop {
        match port.listen(BACKLOG) {
            Ok(listener) => return listener,
            Err(error) => tracing::debug!(%error, "cannot listen again"),
        }
        sleep(PAUSE).await;
        port = reserve(address).await;
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    }?;
    // Connections that have just been closed do not keep the port.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

async fn accept_all(listener: &TcpListener, acceptors: &[TlsAcceptor; 2], shared: &Arc<Shared>) {
    // Dropped with this future, which closes them all.
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let [own, other] = acceptors;
                let acceptor = if shared.reachability.shows_other_certificate() {
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
    let connection = Arc::new(Connection::new(peer, socket));
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
