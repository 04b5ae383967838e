//! Sessions that nobody uses any more but that may still be open on the server.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderValue;

use crate::decode;
use crate::error::Error;
use crate::moref::MoRef;
use crate::request::Request;
use crate::transport::Transport;

/// A server that is starting or a connection that just broke deserves some more tries.
const PAUSES_BETWEEN_TRIES: [Duration; 3] = [
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
];
/// With more than this many waiting, the oldest are left to the server's own timeout.
const MOST_WAITING: usize = 16;

/// What it takes to log a session out.
#[derive(Clone)]
pub(super) struct Leftover {
    pub(super) manager: MoRef,
    pub(super) soap_action: HeaderValue,
    pub(super) cookie: Option<HeaderValue>,
}

impl Leftover {
    /// Logs the session out, in several tries if need be. One that the server does not know has ended
    /// already.
    pub(super) async fn end(&self, transport: &Transport) -> Result<(), Error> {
        for pause in PAUSES_BETWEEN_TRIES {
            match self.try_to_end(transport).await {
                // Whoever has waited for a whole timeout need not do so several times.
                Err(error) if error.is_transient() && !matches!(error, Error::Timeout { .. }) => {
                    tokio::time::sleep(pause).await;
                }
                result => return result,
            }
        }
        self.try_to_end(transport).await
    }

    async fn try_to_end(&self, transport: &Transport) -> Result<(), Error> {
        let request = Request::new("Logout", &self.manager, |_| {});
        let decode = |body: &[u8]| decode::void(body, "Logout");
        let reply = transport
            .call(&request, &self.soap_action, self.cookie.clone(), decode)
            .await;
        match reply.result {
            Err(error) if error.is_session_lost() => Ok(()),
            result => result,
        }
    }
}

/// All of them.
#[derive(Default)]
pub(super) struct Leftovers {
    waiting: Mutex<Vec<Arc<Leftover>>>,
    /// Held while they are being ended, so that a second round waits for the first.
    ending: tokio::sync::Mutex<()>,
}

impl Leftovers {
    pub(super) fn add(&self, leftover: Leftover) {
        let mut waiting = self.waiting();
        if waiting.len() == MOST_WAITING {
            waiting.remove(0);
        }
        waiting.push(Arc::new(leftover));
    }

    /// Logs out those that wait. One that the server cannot be told about waits for the next time.
    pub(super) async fn end_all(&self, transport: &Transport) {
        let _ending = self.ending.lock().await;
        let waiting = self.waiting().clone();
        for leftover in waiting {
            match leftover.end(transport).await {
                // The server refused, and would refuse again.
                Err(error) if error.is_transient() => {
                    tracing::debug!(%error, "a session that is no longer used could not be ended");
                }
                _ => self.waiting().retain(|it| !Arc::ptr_eq(it, &leftover)),
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting().is_empty()
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Arc<Leftover>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
