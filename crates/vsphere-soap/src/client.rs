//! The client: a cheap handle to one vCenter.

mod performance;
mod updates;
mod views;

use std::fmt;
use std::future::{Future, ready};
use std::sync::Arc;

use secrecy::SecretString;

use crate::cleared_fault::cleared_fault;
use crate::config::ClientConfig;
use crate::decode::{self, Refusal};
use crate::error::Error;
use crate::fault::{Fault, FaultKind};
use crate::moref::MoRef;
use crate::operation::Operation;
use crate::request::Request;
use crate::server_certificate::ServerCertificate;
use crate::session::Session;
use crate::session::owner::Owner;
use crate::session::sessions::Sessions;
use crate::session::unauthenticated::SessionVerdict;
use crate::transport::{Answer, Transport};

/// A client of one vCenter, with one session that all its clones share.
///
/// Calls log in when there is no session. When the session is lost they log in again and repeat themselves once. If
/// many calls lose it together, one login serves them all. Calls about a view or a filter, or within a paged retrieval,
/// report [`Error::SessionLost`] instead, because those objects ended with the session.
///
/// # Refused passwords
/// vCenter locks an account after a few failed logins: 5 within 3 minutes by default. Therefore the client pauses after
/// a login that fails with [`Error::InvalidLogin`], 5 minutes at first and twice as long after each further refusal, up
/// to an hour. Until the pause is over, calls that need a session send nothing and fail with [`Error::LoginPaused`],
/// which carries the time to wait. The first call after it tries the password again. A different password from
/// [`Client::set_password`] is tried at once.
///
/// # Operations that the user lacks the right to
/// If an operation fails with `NotAuthenticated` in two consecutive sessions, the client assumes that the user lacks
/// permission. It then reports the fault without logging in again, for 5 minutes at first and up to an hour.
///
/// A client does not log out when dropped: call [`Client::logout`], or the session stays on the
/// server until it times out there.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    transport: Arc<Transport>,
    sessions: Sessions,
}

impl Client {
    /// A client with these settings. Reads CA certificates from disk, but does not touch the network.
    ///
    /// # Errors
    /// [`Error::Config`] if the host name is invalid, or certificates cannot be read.
    pub fn new(config: ClientConfig) -> Result<Self, Error> {
        let transport = Arc::new(Transport::new(config)?);
        let sessions = Sessions::new(Arc::clone(&transport));
        Ok(Self {
            inner: Arc::new(Inner {
                transport,
                sessions,
            }),
        })
    }

    /// The current session. Logs in when there is none, which takes three calls. A session in which the server has only
    /// refused calls as not authenticated is replaced, because the server may have forgotten it.
    ///
    /// # Errors
    /// [`Error::InvalidLogin`] when the password is refused; [`Error::LoginPaused`] when it was refused a short while
    /// ago; [`Error::UnsupportedVersion`];
    /// [`Error::Closed`] after [`logout`](Self::logout); any failure of a call.
    pub async fn session(&self) -> Result<Arc<Session>, Error> {
        let session = self.inner.sessions.session(Operation::LOGIN).await?;
        if session.has_only_been_refused() && !self.inner.sessions.login_limit().is_reached() {
            return self.replace_session(Operation::LOGIN, &session).await;
        }
        Ok(session)
    }

    /// From now on, until this is called again, the client makes at most this many logins. Without this call their number
    /// is not limited.
    ///
    /// A server that refuses call after call as not authenticated would otherwise get a login for each operation. At the
    /// limit a session is kept, whatever the server says about it, and a call that has none fails with
    /// [`Error::SessionLost`].
    pub fn limit_logins(&self, logins: u32) {
        self.inner.sessions.login_limit().set(logins);
    }

    /// Ends the session for good: afterwards the client refuses to log in. Waits for a login under way. Succeeds
    /// without a session, and with one that the server has forgotten. Returns whether there was one.
    ///
    /// # Errors
    /// Any failure of the call; then it can be called again.
    pub async fn logout(&self) -> Result<bool, Error> {
        self.inner.sessions.close().await
    }

    /// The session that calls would use now, or `None` when they would have to log in. No call.
    pub async fn current_session(&self) -> Option<Arc<Session>> {
        self.inner.sessions.current().await
    }

    /// Replaces the password for the next login. The current session stays. The same password again changes nothing.
    pub fn set_password(&self, password: SecretString) {
        self.inner.sessions.set_password(password);
    }

    /// The certificate that the server showed on the newest connection, accepted or not. `None` before the first one.
    pub fn server_certificate(&self) -> Option<ServerCertificate> {
        self.inner.transport.shown_certificate()
    }

    /// Reads the file of [`Trust::CaFile`](crate::Trust::CaFile) again, and trusts what it holds now from the next
    /// connection on. Blocks as long as the file system does. Returns whether the file has changed; without such a file
    /// it has not.
    ///
    /// # Errors
    /// [`Error::Config`] if the file cannot be used; the client then trusts what the file held before.
    pub fn reload_ca_file(&self) -> Result<bool, Error> {
        self.inner.transport.reload_ca_file()
    }

    /// The server's clock, in one cheap call; it also keeps the session from idling out.
    ///
    /// # Errors
    /// Any failure of the call.
    pub async fn current_time(&self) -> Result<jiff::Timestamp, Error> {
        let service_instance = MoRef::new("ServiceInstance", "ServiceInstance");
        let build = |_: &Session| {
            Ok(Request::new(
                Operation::CURRENT_TIME,
                &service_instance,
                |_| {},
            ))
        };
        self.call(Operation::CURRENT_TIME, build, decode::current_time)
            .await
            .map(|(time, _)| time)
    }

    /// Makes a call that depends on no object of the session. Returns the session that answered.
    pub(crate) async fn call<T>(
        &self,
        operation: Operation,
        build: impl Fn(&Session) -> Result<Request, Error>,
        decode: fn(&[u8]) -> Result<T, Refusal>,
    ) -> Result<(T, Arc<Session>), Error>
    where
        T: Send + 'static,
    {
        let read = |answer: Answer| answer.decode(decode);
        self.call_and_read(operation, build, read).await
    }

    /// The same without decoding the answer, so only a session that the server refuses openly is replaced.
    pub(crate) async fn receive(
        &self,
        operation: Operation,
        build: impl Fn(&Session) -> Result<Request, Error>,
    ) -> Result<Answer, Error> {
        let as_it_is = |answer| ready(Ok(answer));
        let (answer, _) = self.call_and_read(operation, build, as_it_is).await?;
        Ok(answer)
    }

    async fn call_and_read<T, F>(
        &self,
        operation: Operation,
        build: impl Fn(&Session) -> Result<Request, Error>,
        read: impl Fn(Answer) -> F,
    ) -> Result<(T, Arc<Session>), Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let sessions = &self.inner.sessions;
        let session = sessions.session(operation).await?;
        let result = self.send(&session, &build(&session)?, &read).await;
        if sessions.record(operation, &session, &result) == SessionVerdict::Usable {
            return Ok((result?, session));
        }
        let session = self.replace_session(operation, &session).await?;
        let result = self.send(&session, &build(&session)?, &read).await;
        // A call is repeated once: whatever this outcome says about the session, it is the caller's.
        sessions.record(operation, &session, &result);
        Ok((result?, session))
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
        let answer = self.receive_bound(session, request).await?;
        self.decode_bound(session, answer, decode).await
    }

    /// Makes a call about an object that lives in `session`, without decoding the answer.
    pub(crate) async fn receive_bound(
        &self,
        session: &Arc<Session>,
        request: &Request,
    ) -> Result<Answer, Error> {
        let as_it_is = |answer| ready(Ok(answer));
        match self.send(session, request, as_it_is).await {
            // What it says about the session shows when it is decoded.
            Ok(answer) => Ok(answer),
            refused => self.judged(session, request.operation, refused).await,
        }
    }

    /// Decodes an answer from [`receive_bound`](Self::receive_bound).
    pub(crate) async fn decode_bound<T>(
        &self,
        session: &Arc<Session>,
        answer: Answer,
        decode: fn(&[u8]) -> Result<T, Refusal>,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
    {
        let operation = answer.operation();
        let result = answer.decode(decode).await;
        self.judged(session, operation, result).await
    }

    /// Records the outcome of a call about an object that lives in `session`, and gives a lost session up.
    async fn judged<T>(
        &self,
        session: &Session,
        operation: Operation,
        result: Result<T, Error>,
    ) -> Result<T, Error> {
        match self.inner.sessions.record(operation, session, &result) {
            SessionVerdict::Usable => result,
            SessionVerdict::Lost => Err(self.session_lost(operation, session).await),
        }
    }

    /// Ends an object of `owner`. If the object ended before, alone or with its session, that is a success.
    pub(crate) async fn destroy(
        &self,
        operation: Operation,
        object: &MoRef,
        owner: Owner,
        decode: fn(&[u8]) -> Result<(), Refusal>,
    ) -> Result<(), Error> {
        let session = match self.owning_session(operation, owner).await {
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
    pub(crate) async fn session_lost(&self, operation: Operation, session: &Session) -> Error {
        self.inner.sessions.abandon(session).await;
        Error::SessionLost {
            operation,
            endpoint: self.inner.transport.endpoint(),
        }
    }

    /// A session other than `lost`.
    async fn replace_session(
        &self,
        operation: Operation,
        lost: &Session,
    ) -> Result<Arc<Session>, Error> {
        tracing::debug!(%operation, session = lost.id(), "the session is gone");
        self.inner.sessions.abandon(lost).await;
        self.inner.sessions.session(operation).await
    }

    /// The session that owns an object of the caller.
    pub(crate) async fn owning_session(
        &self,
        operation: Operation,
        owner: Owner,
    ) -> Result<Arc<Session>, Error> {
        self.inner.sessions.owning(operation, owner).await
    }

    async fn send<T, F>(
        &self,
        session: &Session,
        request: &Request,
        read: impl Fn(Answer) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let (soap_action, cookie) = (session.soap_action(), session.cookie());
        let transport = &self.inner.transport;
        let answer = transport.receive(request, soap_action, cookie).await;
        session.keep_cookie(request.session_cookie.borrow().clone());
        read(answer?).await
    }

    /// One of the optional managers of the server.
    pub(crate) fn manager<'s>(
        &self,
        operation: Operation,
        manager: &'static str,
        moref: Option<&'s MoRef>,
    ) -> Result<&'s MoRef, Error> {
        moref.ok_or_else(|| Error::MissingManager {
            operation,
            endpoint: self.inner.transport.endpoint(),
            manager,
        })
    }

    pub(crate) fn no_progress(&self, operation: Operation) -> Error {
        let endpoint = self.inner.transport.endpoint();
        Error::NoProgress {
            operation,
            endpoint,
        }
    }

    pub(crate) fn missing_property(
        &self,
        operation: Operation,
        property: &'static str,
        fault: Option<Fault>,
    ) -> Error {
        let endpoint = self.inner.transport.endpoint();
        let redactor = self.inner.transport.redactor();
        let fault = fault.map(|fault| Box::new(cleared_fault(redactor, fault, false)));
        Error::MissingProperty {
            operation,
            endpoint,
            property,
            fault,
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
