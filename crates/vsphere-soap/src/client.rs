//! The client: a cheap handle to one vCenter.

mod performance;
mod updates;
mod views;

use std::fmt;
use std::sync::Arc;

use secrecy::SecretString;

use crate::config::ClientConfig;
use crate::decode::{self, Refusal};
use crate::error::Error;
use crate::fault::FaultKind;
use crate::moref::MoRef;
use crate::request::Request;
use crate::session::{Session, SessionKeeper};
use crate::transport::Transport;

/// A client of one vCenter, with one session that all its clones share.
///
/// Calls log in when there is no session. When the session is lost they log in again, once however
/// many calls fail together, and repeat themselves once; calls about a view or a filter, or within a
/// paged retrieval, report [`Error::SessionLost`] instead, because those objects died with the
/// session.
/// No call repeats a refused password; but each later call that needs a session tries again, so
/// after [`Error::InvalidLogin`] it is the caller who must wait, or vCenter locks the account.
///
/// A client does not log out when dropped: call [`Client::logout`], or the session stays on the
/// server until it times out there.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    transport: Arc<Transport>,
    sessions: SessionKeeper,
}

impl Client {
    /// A client with these settings. Reads CA certificates from disk, but does not touch the network.
    ///
    /// # Errors
    /// [`Error::Config`] when the host name is none, or certificates cannot be read.
    pub fn new(config: ClientConfig) -> Result<Self, Error> {
        let transport = Arc::new(Transport::new(config)?);
        let sessions = SessionKeeper::new(Arc::clone(&transport));
        Ok(Self {
            inner: Arc::new(Inner {
                transport,
                sessions,
            }),
        })
    }

    /// The present session; logs in when there is none, in three calls.
    ///
    /// # Errors
    /// [`Error::InvalidLogin`] when the password is refused; [`Error::UnsupportedVersion`];
    /// [`Error::Closed`] after [`logout`](Self::logout); any failure of a call.
    pub async fn session(&self) -> Result<Arc<Session>, Error> {
        self.inner.sessions.session("Login").await
    }

    /// Ends the session, for good: afterwards the client refuses to log in. Waits for a login under
    /// way. Without a session, or with one that the server has forgotten, there is nothing to do.
    ///
    /// # Errors
    /// Any failure of the call; then it can be called again.
    pub async fn logout(&self) -> Result<(), Error> {
        self.inner.sessions.close().await
    }

    /// Replaces the password for the next login. The present session goes on.
    pub fn set_password(&self, password: SecretString) {
        self.inner.sessions.set_password(password);
    }

    /// The server's clock, in one cheap call; it also keeps the session from idling out.
    ///
    /// # Errors
    /// Any failure of the call.
    pub async fn current_time(&self) -> Result<jiff::Timestamp, Error> {
        let service_instance = MoRef::new("ServiceInstance", "ServiceInstance");
        let build = |_: &Session| Ok(Request::new("CurrentTime", &service_instance, |_| {}));
        self.call("CurrentTime", build, decode::current_time)
            .await
            .map(|(time, _)| time)
    }

    /// Makes a call that depends on no object of the session. Returns the session that answered.
    pub(crate) async fn call<T>(
        &self,
        operation: &'static str,
        build: impl Fn(&Session) -> Result<Request, Error>,
        decode: fn(&[u8]) -> Result<T, Refusal>,
    ) -> Result<(T, Arc<Session>), Error>
    where
        T: Send + 'static,
    {
        let session = self.inner.sessions.session(operation).await?;
        match self.send(&session, &build(&session)?, decode).await {
            Err(error) if error.is_session_lost() && !session.has_refused(operation) => {
                let session = self.replace_session(operation, &session).await?;
                let result = self.send(&session, &build(&session)?, decode).await;
                if result.as_ref().is_err_and(Error::is_session_lost) {
                    session.note_refused(operation);
                }
                Ok((result?, session))
            }
            result => Ok((result?, session)),
        }
    }

    /// Makes a call about an object that lives in `session`.
    pub(crate) async fn call_bound<T>(
        &self,
        session: &Arc<Session>,
        request: &Request,
        decode: fn(&[u8]) -> Result<T, Refusal>,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
    {
        match self.send(session, request, decode).await {
            Err(error) if error.is_session_lost() && !session.has_refused(request.operation) => {
                Err(self.session_lost(request.operation, session).await)
            }
            result => result,
        }
    }

    /// Ends an object of the session `session_id`. One that ended before, alone or with its session,
    /// is a success.
    pub(crate) async fn destroy(
        &self,
        operation: &'static str,
        object: &MoRef,
        session_id: u64,
        decode: fn(&[u8]) -> Result<(), Refusal>,
    ) -> Result<(), Error> {
        let session = match self.bound_session(operation, session_id).await {
            Ok(session) => session,
            Err(Error::SessionLost { .. } | Error::Closed { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        let request = Request::new(operation, object, |_| {});
        match self.call_bound(&session, &request, decode).await {
            Err(Error::SessionLost { .. }) => Ok(()),
            Err(Error::Fault { fault, .. })
                if matches!(fault.kind, FaultKind::ManagedObjectNotFound { .. }) =>
            {
                Ok(())
            }
            result => result,
        }
    }

    /// Gives `session` up; the error to report for it.
    pub(crate) async fn session_lost(&self, operation: &'static str, session: &Session) -> Error {
        self.inner.sessions.abandon(session).await;
        Error::SessionLost {
            operation,
            endpoint: self.inner.transport.endpoint(),
        }
    }

    /// A session other than `lost`.
    pub(crate) async fn replace_session(
        &self,
        operation: &'static str,
        lost: &Session,
    ) -> Result<Arc<Session>, Error> {
        tracing::debug!(operation, session = lost.id(), "the session is gone");
        self.inner.sessions.abandon(lost).await;
        self.inner.sessions.session(operation).await
    }

    pub(crate) async fn bound_session(
        &self,
        operation: &'static str,
        id: u64,
    ) -> Result<Arc<Session>, Error> {
        self.inner.sessions.bound(operation, id).await
    }

    pub(crate) async fn send<T>(
        &self,
        session: &Session,
        request: &Request,
        decode: fn(&[u8]) -> Result<T, Refusal>,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
    {
        let (soap_action, cookie) = (session.soap_action(), session.cookie());
        let reply = self
            .inner
            .transport
            .call(request, soap_action, cookie, decode)
            .await;
        session.keep_cookie(reply.session_cookie);
        reply.result
    }

    /// One of the optional managers of the server.
    pub(crate) fn manager<'s>(
        &self,
        operation: &'static str,
        manager: &'static str,
        moref: Option<&'s MoRef>,
    ) -> Result<&'s MoRef, Error> {
        moref.ok_or_else(|| Error::MissingManager {
            operation,
            endpoint: self.inner.transport.endpoint(),
            manager,
        })
    }

    pub(crate) fn missing_property(
        &self,
        operation: &'static str,
        property: &'static str,
        fault: Option<crate::Fault>,
    ) -> Error {
        let endpoint = self.inner.transport.endpoint();
        Error::MissingProperty {
            operation,
            endpoint,
            property,
            fault: fault.map(Box::new),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoint = self.inner.transport.endpoint();
        f.debug_struct("Client")
            .field("endpoint", &endpoint.as_str())
            .finish_non_exhaustive()
    }
}
