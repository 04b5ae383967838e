//! Sessions that nobody uses any more, although they may still be open on the server.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderValue;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::backoff::Backoff;
use crate::decode;
use crate::error::Error;
use crate::moref::MoRef;
use crate::operation::Operation;
use crate::request::Request;
use crate::transport::Transport;

/// A logout is retried because the server may be starting, or the connection may have broken.
const MOST_TRIES: u32 = 4;
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(1));
/// A try that fails later is the last one: a server that does not accept connections would delay the logout too long.
const RETRY_WITHIN: Duration = Duration::from_secs(5);
/// After this time a session that cannot be ended is left to the server's own timeout. It no longer delays the next
/// login.
const GIVE_UP_AFTER: Duration = Duration::from_secs(60);

/// What it takes to log a session out.
#[derive(Clone)]
pub(super) struct Leftover {
    pub(super) manager: MoRef,
    pub(super) soap_action: HeaderValue,
    pub(super) cookie: Option<HeaderValue>,
    /// The cookie of a login that failed, which may still come and then counts instead. Without any cookie it made no session.
    pub(super) coming: Option<watch::Receiver<Option<HeaderValue>>>,
}

impl Leftover {
    /// Logs the session out and retries transient failures. A session that the server does not know has ended already. A login
    /// that may still be answered is waited for.
    pub(super) async fn end(&self, transport: &Transport) -> Result<(), Error> {
        let mut cookie = self.cookie.clone();
        if let Some(mut coming) = self.coming.clone() {
            if let Ok(new) = coming.wait_for(Option::is_some).await {
                cookie.clone_from(&new);
            }
            if cookie.is_none() {
                return Ok(());
            }
        }
        let begin = Instant::now();
        let mut backoff = BACKOFF;
        for _ in 1..MOST_TRIES {
            match self.try_to_end(transport, cookie.clone()).await {
                // One whole timeout is long enough to wait.
                Err(error)
                    if error.is_transient()
                        && !matches!(error, Error::Timeout { .. })
                        && begin.elapsed() < RETRY_WITHIN =>
                {
                    tokio::time::sleep(backoff.next_pause()).await;
                }
                result => return result,
            }
        }
        self.try_to_end(transport, cookie).await
    }

    async fn try_to_end(
        &self,
        transport: &Transport,
        cookie: Option<HeaderValue>,
    ) -> Result<(), Error> {
        let request = Request::new(Operation::LOGOUT, &self.manager, |_| {});
        let decode = |body: &[u8]| decode::void(body, Operation::LOGOUT.name());
        let ended = transport
            .call(&request, &self.soap_action, cookie, decode)
            .await;
        match ended {
            Err(error) if error.is_session_lost() => Ok(()),
            result => result,
        }
    }
}

/// The sessions of a client that are still to be logged out.
#[derive(Default)]
pub(super) struct Leftovers {
    waiting: Mutex<Vec<Arc<Waiting>>>,
    /// Held while they are being ended, so that a second round waits for the first.
    ending: tokio::sync::Mutex<()>,
}

struct Waiting {
    leftover: Leftover,
    since: Instant,
}

impl Leftovers {
    pub(super) fn add(&self, leftover: Leftover) {
        let since = Instant::now();
        let waiting = Waiting { leftover, since };
        self.waiting().push(Arc::new(waiting));
    }

    pub(super) fn are_waiting(&self) -> bool {
        !self.waiting().is_empty()
    }

    /// Logs out all that wait. A session that cannot be ended waits for the next round, and the error says why.
    pub(super) async fn end_all(&self, transport: &Transport) -> Result<(), Error> {
        let _ending = self.ending.lock().await;
        let all = self.waiting().clone();
        let mut outcome = Ok(());
        for waiting in all {
            match waiting.leftover.end(transport).await {
                Err(error) if waiting.since.elapsed() < GIVE_UP_AFTER => outcome = Err(error),
                ended => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "a session that is no longer used is left to the server's timeout");
                    }
                    self.waiting().retain(|it| !Arc::ptr_eq(it, &waiting));
                }
            }
        }
        outcome
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Arc<Waiting>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ClientConfig;

    /// Nothing listens there.
    fn transport() -> Transport {
        let mut config = ClientConfig::new("127.0.0.1", "user", "password");
        config.port = 1;
        Transport::new(config).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_that_cannot_be_ended_delays_the_next_one_for_a_minute() {
        let leftovers = Leftovers::default();
        leftovers.add(Leftover {
            manager: MoRef::new("SessionManager", "SessionManager"),
            soap_action: HeaderValue::from_static("urn:vim25/8.0.3.0"),
            cookie: None,
            coming: None,
        });
        leftovers.end_all(&transport()).await.unwrap_err();
        assert_eq!(leftovers.waiting().len(), 1);
        tokio::time::advance(GIVE_UP_AFTER).await;
        leftovers.end_all(&transport()).await.unwrap();
        assert!(leftovers.waiting().is_empty());
    }
}
