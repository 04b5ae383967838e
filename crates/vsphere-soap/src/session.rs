//! One session per client: made when needed, replaced when lost, ended for good at logout.

mod collector_claim;
mod credentials;
mod leftovers;
mod lockout;
mod login;
mod owner;
mod unauthenticated;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::join;
use reqwest::header::HeaderValue;
use secrecy::SecretString;
use tokio::time::Instant;

use self::collector_claim::OwnCollector;
use self::credentials::Credentials;
use self::leftovers::{Leftover, Leftovers};
use self::lockout::LoginPause;
use self::owner::ClientId;
use self::unauthenticated::UnauthenticatedOperations;
use crate::error::Error;
use crate::join::{self, RuntimeShutDown};
use crate::moref::MoRef;
use crate::operation::Operation;
use crate::service_content::{About, ServiceContent, UserSession};
use crate::transport::Transport;
use crate::version::ApiVersion;

pub(crate) use self::collector_claim::CollectorClaim;
pub(crate) use self::owner::Owner;
pub(crate) use self::unauthenticated::SessionVerdict;

/// A session with a vCenter.
///
/// The server may end it at any time without notice. The [`Client`](crate::Client) that made it notices on the next
/// call.
pub struct Session {
    owner: Owner,
    content: ServiceContent,
    manager: MoRef,
    api_version: ApiVersion,
    user: UserSession,
    soap_action: HeaderValue,
    /// The newest cookie: any answer may replace it.
    cookie: Mutex<Option<HeaderValue>>,
    /// Whether the server has answered a call in this session, and whether it has refused one as not authenticated.
    answered: AtomicBool,
    refused: AtomicBool,
    own_collector: OwnCollector,
}

impl Session {
    /// Counts the sessions of a client, from 1.
    pub fn id(&self) -> u64 {
        self.owner.session_id
    }

    /// What the views and filters of this session belong to.
    pub(crate) fn owner(&self) -> Owner {
        self.owner
    }

    /// The product behind the API.
    pub fn about(&self) -> &About {
        &self.content.about
    }

    /// The entry points of the server.
    pub fn content(&self) -> &ServiceContent {
        &self.content
    }

    /// The API version in use, which decides the types and properties that exist.
    pub fn api_version(&self) -> &ApiVersion {
        &self.api_version
    }

    /// The session as the server described it.
    pub fn user_session(&self) -> &UserSession {
        &self.user
    }

    /// The right to use the session's own property collector, unless a filter has it already.
    pub(crate) fn claim_collector(&self) -> Option<CollectorClaim> {
        self.own_collector.claim()
    }

    pub(crate) fn soap_action(&self) -> &HeaderValue {
        &self.soap_action
    }

    pub(crate) fn cookie(&self) -> Option<HeaderValue> {
        self.cookie
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn keep_cookie(&self, cookie: Option<HeaderValue>) {
        if cookie.is_some() {
            *self.cookie.lock().unwrap_or_else(PoisonError::into_inner) = cookie;
        }
    }

    /// Whether the server refused calls in this session as not authenticated, and never answered one.
    pub(crate) fn has_only_been_refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed) && !self.answered.load(Ordering::Relaxed)
    }

    /// What it takes to log this session out.
    fn leftover(&self) -> Leftover {
        Leftover {
            manager: self.manager.clone(),
            soap_action: self.soap_action.clone(),
            cookie: self.cookie(),
        }
    }
}

/// Leaves the cookie out: the cookie alone gives access to the session.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id())
            .field("api_version", &self.api_version)
            .field("user_name", &self.user.user_name)
            .finish_non_exhaustive()
    }
}

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
        }
    }

    pub(crate) fn set_password(&self, password: SecretString) {
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
                Ok(()) => login::log_in(&transport, &password, owner).await,
                Err(error) => Err(error.into()),
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
                Err(login::Failure { error, leftover }) => {
                    if let Error::InvalidLogin { fault, .. } = &error {
                        credentials.record_refusal(&password, fault);
                    }
                    if let Some(leftover) = leftover {
                        leftovers.add(leftover);
                        let leftovers = Arc::clone(&leftovers);
                        // The next login waits for this, and so does `close`.
                        tokio::spawn(async move { leftovers.end_all(&transport).await });
                    }
                    state.last_failure = Some(error.clone());
                    Err(error)
                }
            };
            attempts.fetch_add(1, Ordering::SeqCst);
            result
        });
        join::join(login).await.unwrap_or_else(|RuntimeShutDown| {
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
                self.unauthenticated
                    .record_refusal(operation, session.id(), Instant::now())
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

    /// Ends the session and refuses any further one.
    pub(crate) async fn close(&self) -> Result<(), Error> {
        let mut state = self.state.lock().await;
        state.closed = true;
        let session = state.session.clone();
        let end = async {
            match &session {
                Some(session) => session.leftover().end(&self.transport).await,
                None => Ok(()),
            }
        };
        let (outcome, _) = join(end, self.leftovers.end_all(&self.transport)).await;
        if outcome.is_ok() {
            state.session = None;
        }
        outcome
    }
}
