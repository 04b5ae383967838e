//! One session per client: made when needed, replaced when lost, ended for good at logout.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;

use super::Session;
use super::credentials::Credentials;
use super::leftovers::Leftovers;
use super::lockout::LoginPause;
use super::login;
use super::login_limit::LoginLimit;
use super::owner::{ClientId, Owner};
use super::unauthenticated::{SessionVerdict, UnauthenticatedOperations};
use crate::error::Error;
use crate::join::{RuntimeShutDown, join};
use crate::operation::Operation;
use crate::transport::Transport;

/// The sessions of a client, one at a time.
pub(crate) struct Sessions {
    client: ClientId,
    transport: Arc<Transport>,
    credentials: Arc<Credentials>,
    /// Held during a login, so that calls that need a session wait for the one login under way.
    state: Arc<tokio::sync::Mutex<State>>,
    /// Number of login attempts that have ended, readable without waiting.
    attempts: Arc<AtomicU64>,
    leftovers: Arc<Leftovers>,
    unauthenticated: UnauthenticatedOperations,
    login_limit: LoginLimit,
}

#[derive(Default)]
struct State {
    session: Option<Arc<Session>>,
    sessions_made: u64,
    last_failure: Option<Error>,
    closed: bool,
}

impl Sessions {
    pub(crate) fn new(transport: Arc<Transport>) -> Self {
        let credentials = Arc::new(Credentials::new(transport.config().password.clone()));
        Self {
            client: ClientId::unique(),
            transport,
            credentials,
            state: Arc::default(),
            attempts: Arc::default(),
            leftovers: Arc::default(),
            unauthenticated: UnauthenticatedOperations::default(),
            login_limit: LoginLimit::default(),
        }
    }

    /// How many logins may still be made.
    pub(crate) fn login_limit(&self) -> &LoginLimit {
        &self.login_limit
    }

    pub(crate) fn set_password(&self, password: SecretString) {
        self.transport.redactor().learn(password.expose_secret());
        self.credentials.set_password(password);
    }

    /// The current session, if there is one. Waits for a login under way.
    pub(crate) async fn current(&self) -> Option<Arc<Session>> {
        self.state.lock().await.session.clone()
    }

    /// The current session. Logs in when there is none, unless the password was refused a short while ago.
    ///
    /// One login serves all callers that wait here. If it fails they share its error: if each caller tried for itself,
    /// they could lock the account.
    pub(crate) async fn session(&self, operation: Operation) -> Result<Arc<Session>, Error> {
        let attempts_seen = self.attempts.load(Ordering::SeqCst);
        let mut state = Arc::clone(&self.state).lock_owned().await;
        if state.closed {
            return Err(Error::Closed {
                operation,
                endpoint: self.transport.endpoint(),
            });
        }
        if let Some(session) = &state.session {
            return Ok(Arc::clone(session));
        }
        if let Some(failure) = &state.last_failure
            && self.attempts.load(Ordering::SeqCst) != attempts_seen
        {
            return Err(failure.clone());
        }
        if !self.login_limit.take() {
            return Err(Error::SessionLost {
                operation,
                endpoint: self.transport.endpoint(),
            });
        }
        let password = self
            .credentials
            .password()
            .map_err(|pause| self.login_paused(pause))?;
        let transport = Arc::clone(&self.transport);
        let credentials = Arc::clone(&self.credentials);
        let attempts = Arc::clone(&self.attempts);
        let leftovers = Arc::clone(&self.leftovers);
        let client = self.client;
        // The login has a task of its own. If the caller is dropped between Login and its answer, the server keeps the
        // session, so the client must know it.
        let login = tokio::spawn(async move {
            let session_id = state.sessions_made + 1;
            let owner = Owner { client, session_id };
            // One session at a time: earlier ones end first.
            let result = match leftovers.end_all(&transport).await {
                Ok(()) => {
                    let result = login::log_in(&transport, &password, owner, &leftovers).await;
                    if leftovers.are_waiting() {
                        let leftovers = Arc::clone(&leftovers);
                        // The next login waits for this, and so does `close`.
                        tokio::spawn(async move { leftovers.end_all(&transport).await });
                    }
                    result
                }
                Err(error) => Err(error),
            };
            let result = match result {
                Ok(session) => {
                    let session = Arc::new(session);
                    state.sessions_made = session_id;
                    state.session = Some(Arc::clone(&session));
                    state.last_failure = None;
                    credentials.record_success();
                    Ok(session)
                }
                Err(error) => {
                    if let Error::InvalidLogin { fault, .. } = &error {
                        credentials.record_refusal(&password, fault);
                    }
                    state.last_failure = Some(error.clone());
                    Err(error)
                }
            };
            attempts.fetch_add(1, Ordering::SeqCst);
            result
        });
        join(login).await.unwrap_or_else(|RuntimeShutDown| {
            Err(Error::RuntimeShutDown {
                operation: Operation::LOGIN,
                endpoint: self.transport.endpoint(),
            })
        })
    }

    fn login_paused(&self, LoginPause { wait, fault }: LoginPause) -> Error {
        Error::LoginPaused {
            endpoint: self.transport.endpoint(),
            user: self.transport.config().user.clone(),
            wait,
            fault,
        }
    }

    /// The session that owns an object of the caller.
    ///
    /// # Errors
    /// [`Error::ForeignHandle`] when another client owns it, [`Error::SessionLost`] when the session has ended.
    pub(crate) async fn owning(
        &self,
        operation: Operation,
        owner: Owner,
    ) -> Result<Arc<Session>, Error> {
        let endpoint = self.transport.endpoint();
        if owner.client != self.client {
            return Err(Error::ForeignHandle {
                operation,
                endpoint,
            });
        }
        let state = self.state.lock().await;
        if state.closed {
            return Err(Error::Closed {
                operation,
                endpoint,
            });
        }
        match &state.session {
            Some(session) if session.owner == owner => Ok(Arc::clone(session)),
            _ => Err(Error::SessionLost {
                operation,
                endpoint,
            }),
        }
    }

    /// Records how `operation` went in `session`, and judges the session by it.
    pub(crate) fn record<T>(
        &self,
        operation: Operation,
        session: &Session,
        result: &Result<T, Error>,
    ) -> SessionVerdict {
        match result {
            Ok(_) => {
                session.answered.store(true, Ordering::Relaxed);
                self.unauthenticated.record_answer(operation);
                SessionVerdict::Usable
            }
            Err(error) if error.is_session_lost() => {
                session.refused.store(true, Ordering::Relaxed);
                let verdict =
                    self.unauthenticated
                        .record_refusal(operation, session.id(), Instant::now());
                // Without another login, another session is not to be had.
                if self.login_limit.is_reached() {
                    SessionVerdict::Usable
                } else {
                    verdict
                }
            }
            Err(_) => SessionVerdict::Usable,
        }
    }

    /// Gives a session up, unless a newer one has replaced it already. The server may still keep it open, so it is
    /// logged out before the next login.
    pub(crate) async fn abandon(&self, lost: &Session) {
        let mut state = self.state.lock().await;
        if let Some(session) = state.session.take_if(|session| session.owner == lost.owner) {
            self.leftovers.add(session.leftover());
        }
    }

    /// Ends the session and refuses any further one. Returns whether there was one.
    pub(crate) async fn close(&self) -> Result<bool, Error> {
        let mut state = self.state.lock().await;
        state.closed = true;
        let session = state.session.clone();
        let end = async {
            match &session {
                Some(session) => session.leftover().end(&self.transport).await,
                None => Ok(()),
            }
        };
        let (outcome, _) = future::join(end, self.leftovers.end_all(&self.transport)).await;
        outcome?;
        state.session = None;
        Ok(session.is_some())
    }
}
