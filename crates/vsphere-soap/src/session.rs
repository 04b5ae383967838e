//! One session per client: made when needed, replaced when lost, ended for good at logout.

mod login;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::header::HeaderValue;
use secrecy::SecretString;

use crate::decode;
use crate::error::Error;
use crate::moref::MoRef;
use crate::request::Request;
use crate::service_content::{About, ServiceContent, UserSession};
use crate::transport::Transport;
use crate::version::ApiVersion;

/// A session with a vCenter.
///
/// It may end at any time without notice; the [`Client`](crate::Client) that made it finds out on the
/// next call.
pub struct Session {
    id: u64,
    content: ServiceContent,
    manager: MoRef,
    api_version: ApiVersion,
    user: UserSession,
    soap_action: HeaderValue,
    /// The newest cookie: any answer may replace it.
    cookie: Mutex<Option<HeaderValue>>,
    /// Operations refused as not authenticated right after a login: another login will not help.
    refused: Mutex<Vec<&'static str>>,
}

impl Session {
    /// Counts the sessions of a client, from 1.
    pub fn id(&self) -> u64 {
        self.id
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

    /// Notes that this session, though new, is not enough for `operation`.
    pub(crate) fn note_refused(&self, operation: &'static str) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if !refused.contains(&operation) {
            refused.push(operation);
        }
    }

    pub(crate) fn has_refused(&self, operation: &'static str) -> bool {
        self.refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&operation)
    }
}

/// Leaves the cookie out: whoever has it has the session.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id)
            .field("api_version", &self.api_version)
            .field("user_name", &self.user.user_name)
            .finish_non_exhaustive()
    }
}

/// Owns the session of a client.
pub(crate) struct SessionKeeper {
    transport: Arc<Transport>,
    password: Mutex<SecretString>,
    /// Held during a login, so that calls that need a session wait for the one login under way.
    state: Arc<tokio::sync::Mutex<State>>,
    /// Number of login attempts that have ended, readable without waiting.
    attempts: Arc<AtomicU64>,
}

#[derive(Default)]
struct State {
    session: Option<Arc<Session>>,
    /// Given up as lost but perhaps still open on the server; logged out after the next login.
    abandoned: Option<Arc<Session>>,
    sessions_made: u64,
    last_failure: Option<Error>,
    closed: bool,
}

impl SessionKeeper {
    pub(crate) fn new(transport: Arc<Transport>) -> Self {
        let password = Mutex::new(transport.config().password.clone());
        Self {
            transport,
            password,
            state: Arc::default(),
            attempts: Arc::default(),
        }
    }

    pub(crate) fn set_password(&self, password: SecretString) {
        *self.password.lock().unwrap_or_else(PoisonError::into_inner) = password;
    }

    /// The present session. Logs in when there is none.
    ///
    /// However many callers wait here, one login serves them all, and if it fails they share its
    /// error: each trying for itself could lock the account.
    pub(crate) async fn session(&self, operation: &'static str) -> Result<Arc<Session>, Error> {
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
        let transport = Arc::clone(&self.transport);
        let attempts = Arc::clone(&self.attempts);
        let password = self
            .password
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        // On its own task: if the caller goes away between Login and its answer, the session must
        // not be forgotten, because the server would keep it.
        let login = tokio::spawn(async move {
            let id = state.sessions_made + 1;
            let result = login::log_in(&transport, &password, id).await.map(Arc::new);
            match &result {
                Ok(session) => {
                    state.sessions_made = id;
                    state.session = Some(Arc::clone(session));
                    state.last_failure = None;
                    if let Some(abandoned) = state.abandoned.take() {
                        // Mostly the server has dropped it already.
                        let _ = end(&transport, &abandoned).await;
                    }
                }
                Err(error) => state.last_failure = Some(error.clone()),
            }
            attempts.fetch_add(1, Ordering::SeqCst);
            result
        });
        match login.await {
            Ok(result) => result,
            Err(error) => Err(Error::Interrupted {
                operation: "Login",
                endpoint: self.transport.endpoint(),
                source: Arc::new(error),
            }),
        }
    }

    /// The session `id`, which an object of the caller lives in, or [`Error::SessionLost`].
    pub(crate) async fn bound(
        &self,
        operation: &'static str,
        id: u64,
    ) -> Result<Arc<Session>, Error> {
        let state = self.state.lock().await;
        let endpoint = self.transport.endpoint();
        if state.closed {
            return Err(Error::Closed {
                operation,
                endpoint,
            });
        }
        match &state.session {
            Some(session) if session.id == id => Ok(Arc::clone(session)),
            _ => Err(Error::SessionLost {
                operation,
                endpoint,
            }),
        }
    }

    /// Gives a session up, unless a newer one has taken its place already.
    pub(crate) async fn abandon(&self, lost: &Session) {
        let mut state = self.state.lock().await;
        if state
            .session
            .as_ref()
            .is_some_and(|session| session.id == lost.id)
        {
            state.abandoned = state.session.take();
        }
    }

    /// Ends the session and refuses any further one.
    pub(crate) async fn close(&self) -> Result<(), Error> {
        let mut state = self.state.lock().await;
        state.closed = true;
        let mut outcome = Ok(());
        if let Some(session) = state.session.clone() {
            outcome = end(&self.transport, &session).await;
            if outcome.is_ok() {
                state.session = None;
            }
        }
        if let Some(abandoned) = state.abandoned.take() {
            let _ = end(&self.transport, &abandoned).await;
        }
        outcome
    }
}

/// Logs a session out. One that the server does not know has ended already.
async fn end(transport: &Transport, session: &Session) -> Result<(), Error> {
    let request = Request::new("Logout", &session.manager, |_| {});
    let decode = |body: &[u8]| decode::void(body, "Logout");
    let reply = transport
        .call(&request, &session.soap_action, session.cookie(), decode)
        .await;
    match reply.result {
        Err(error) if error.is_session_lost() => Ok(()),
        result => result,
    }
}
