//! How a server looks from the network, and the connections to it.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use socket2::SockRef;
use tokio::sync::watch;

/// Whether a server can be reached, and which certificate it shows.
#[derive(Debug)]
pub(crate) struct Reachability {
    is_reachable: watch::Sender<bool>,
    /// Follows the other one as soon as the port is closed or open.
    is_listening: watch::Sender<bool>,
    shows_other_certificate: AtomicBool,
}

impl Reachability {
    pub(crate) fn new() -> Self {
        Self {
            is_reachable: watch::Sender::new(true),
            is_listening: watch::Sender::new(true),
            shows_other_certificate: AtomicBool::new(false),
        }
    }

    /// Closes all connections and the port.
    pub(crate) fn become_unreachable(&self) {
        self.is_reachable.send_replace(false);
    }

    /// Shows the other certificate on further connections.
    pub(crate) fn change_certificate(&self) {
        self.shows_other_certificate.store(true, Ordering::Relaxed);
    }

    /// Takes both back.
    pub(crate) fn recover(&self) {
        self.shows_other_certificate.store(false, Ordering::Relaxed);
        self.is_reachable.send_replace(true);
    }

    pub(crate) fn shows_other_certificate(&self) -> bool {
        self.shows_other_certificate.load(Ordering::Relaxed)
    }

    /// Returns once the server is to be reachable, or is not to be.
    pub(crate) async fn until_reachable(&self, is_reachable: bool) {
        let mut reachable = self.is_reachable.subscribe();
        // It fails only without a sender, and that is `self`.
        let _ = reachable.wait_for(|now| *now == is_reachable).await;
    }

    /// Notes that the port was opened or closed.
    pub(crate) fn set_listening(&self, is_listening: bool) {
        self.is_listening.send_replace(is_listening);
    }

    /// Returns once the port is open, or closed.
    pub(crate) async fn until_listening(&self, is_listening: bool) {
        let mut listening = self.is_listening.subscribe();
        let _ = listening.wait_for(|now| *now == is_listening).await;
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
    pub(crate) fn new(peer: SocketAddr, socket: Option<OwnedFd>) -> Self {
        Self { peer, socket }
    }

    /// Lets the connection end with a reset when it is closed.
    pub(crate) fn end_with_a_reset(&self) {
        if let Some(socket) = &self.socket {
            // Without it the connection ends in order, which the test then sees.
            let _ = SockRef::from(socket).set_linger(Some(Duration::ZERO));
        }
    }
}
