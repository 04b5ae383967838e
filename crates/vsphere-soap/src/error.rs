//! What can go wrong in a call.

use std::time::Duration;

use crate::cause::Cause;
use crate::connect_failure::ConnectFailure;
use crate::endpoint::Endpoint;
use crate::fault::{Fault, FaultKind};
use crate::operation::Operation;
use crate::version::ApiVersion;
use crate::xml::DecodeError;

/// A failed call. Holds no password and no session cookie.
///
/// A message never repeats its source: print the whole chain. Callers decide by the predicates.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The settings are invalid, such as a bad host name or an unreadable CA file.
    #[error("{problem}")]
    Config {
        /// What is wrong with which setting.
        problem: String,
        /// The underlying fault, if another component found it.
        source: Option<Cause>,
    },
    /// Name resolution, TCP, a proxy or TLS failed before vCenter could answer.
    #[error("{operation}: cannot reach vCenter at {endpoint}")]
    Connect {
        /// The operation called.
        operation: Operation,
        /// The server called.
        endpoint: Endpoint,
        /// The step that failed.
        source: Box<ConnectFailure>,
    },
    /// The connection broke between request and the end of the answer.
    #[error("{operation} on {endpoint}: the connection broke before the answer was complete")]
    Interrupted {
        /// The operation called.
        operation: Operation,
        /// The server called.
        endpoint: Endpoint,
        /// How it broke.
        source: Cause,
    },
    /// No complete answer within the time allowed. The server may still be working on it.
    #[error("{operation} on {endpoint}: no complete answer within {limit:?}")]
    Timeout {
        /// The operation called.
        operation: Operation,
        /// The server called.
        endpoint: Endpoint,
        /// The time allowed.
        limit: Duration,
    },
    /// The answer is not a SOAP message: it comes from a proxy, or from a vCenter that is starting.
    #[error("{operation} on {endpoint}: HTTP status {status}{}", quoted(excerpt))]
    Http {
        /// The operation called.
        operation: Operation,
        /// The server called.
        endpoint: Endpoint,
        /// The HTTP status.
        status: u16,
        /// The beginning of the body, at most 200 printable characters; empty where it might repeat the
        /// password or the cookie.
        excerpt: String,
    },
    /// vCenter understood the call and refused it.
    #[error("{operation} on {endpoint}: vCenter refused ({fault})")]
    Fault {
        /// The operation called.
        operation: Operation,
        /// The server called.
        endpoint: Endpoint,
        /// The refusal.
        fault: Box<Fault>,
    },
    /// The user name or password is wrong, or the account is locked. Repeating it soon may lock the
    /// account: by default vCenter does so after 5 failures within 3 minutes.
    #[error(
        "{} on {endpoint}: vCenter refused user {user:?} ({fault})",
        Operation::LOGIN
    )]
    InvalidLogin {
        /// The server called.
        endpoint: Endpoint,
        /// The user name sent.
        user: String,
        /// The refusal.
        fault: Box<Fault>,
    },
    /// vCenter refused the user name or password a short while ago. Nothing was sent: the client pauses between tries,
    /// so that vCenter does not lock the account. A different password is tried at once.
    #[error(
        "{} on {endpoint}: vCenter refused user {user:?} ({fault}); the next try is in {} s, so that the account is not \
         locked",
        Operation::LOGIN,
        wait.as_secs().max(1)
    )]
    LoginPaused {
        /// The server that would have been called.
        endpoint: Endpoint,
        /// The user name.
        user: String,
        /// Time until the client tries the password again.
        wait: Duration,
        /// The refusal.
        fault: Box<Fault>,
    },
    /// The session, and with it the view or the paged retrieval that this call was about, is gone.
    /// The next call logs in again; the caller makes a new view and starts over.
    #[error("{operation} on {endpoint}: the session has ended and took its views with it")]
    SessionLost {
        /// The operation called.
        operation: Operation,
        /// The server called.
        endpoint: Endpoint,
    },
    /// The view or filter belongs to another client. Nothing was sent.
    #[error("{operation} on {endpoint}: the view or filter belongs to another client")]
    ForeignHandle {
        /// The operation that would have been called.
        operation: Operation,
        /// The server that would have been called.
        endpoint: Endpoint,
    },
    /// The answer is not what the vSphere API promises.
    #[error("{operation} on {endpoint}: cannot read the answer")]
    Decode {
        /// The operation called.
        operation: Operation,
        /// The server called.
        endpoint: Endpoint,
        /// Where and what.
        source: DecodeError,
    },
    /// The answer is longer than allowed.
    #[error("{operation} on {endpoint}: the answer is longer than {limit} bytes")]
    TooLarge {
        /// The operation called.
        operation: Operation,
        /// The server called.
        endpoint: Endpoint,
        /// Bytes allowed, after decompression.
        limit: usize,
    },
    /// The server supports no API version that this library supports.
    #[error(
        "{endpoint}: no common API version (this client speaks {} to {}, the server at most {})",
        ApiVersion::OLDEST,
        ApiVersion::NEWEST,
        newest.as_ref().map_or("nothing known", ApiVersion::as_str)
    )]
    UnsupportedVersion {
        /// The server called.
        endpoint: Endpoint,
        /// The newest version that the server offers.
        newest: Option<ApiVersion>,
    },
    /// The server lacks a manager. Some managers do not exist on every product.
    #[error("{operation} on {endpoint}: the server offers no {manager}")]
    MissingManager {
        /// The operation called.
        operation: Operation,
        /// The server called.
        endpoint: Endpoint,
        /// The managed object type.
        manager: &'static str,
    },
    /// The server promises a property that it did not send.
    #[error("{operation} on {endpoint}: {property} is missing in the answer{}", why(fault.as_deref()))]
    MissingProperty {
        /// The operation called.
        operation: Operation,
        /// The server called.
        endpoint: Endpoint,
        /// The property.
        property: &'static str,
        /// Why, if the server said so.
        fault: Option<Box<Fault>>,
    },
    /// The server reports that more follows but sends nothing new.
    #[error("{operation} on {endpoint}: the server promises more and sends nothing new")]
    NoProgress {
        /// The operation called.
        operation: Operation,
        /// The server called.
        endpoint: Endpoint,
    },
    /// The async runtime shut down before the call ended.
    #[error("{operation} on {endpoint}: the async runtime shut down before the call ended")]
    RuntimeShutDown {
        /// The operation called.
        operation: Operation,
        /// The server called.
        endpoint: Endpoint,
    },
    /// The client was logged out for good.
    #[error("{operation} on {endpoint}: the client is logged out")]
    Closed {
        /// The operation called.
        operation: Operation,
        /// The server that would have been called.
        endpoint: Endpoint,
    },
}

impl Error {
    /// The operation that failed. `None` for invalid settings.
    pub fn operation(&self) -> Option<Operation> {
        match self {
            Self::Config { .. } => None,
            Self::InvalidLogin { .. } | Self::LoginPaused { .. } => Some(Operation::LOGIN),
            Self::UnsupportedVersion { .. } => Some(Operation::SERVICE_VERSIONS),
            Self::Connect { operation, .. }
            | Self::Interrupted { operation, .. }
            | Self::Timeout { operation, .. }
            | Self::Http { operation, .. }
            | Self::Fault { operation, .. }
            | Self::SessionLost { operation, .. }
            | Self::ForeignHandle { operation, .. }
            | Self::Decode { operation, .. }
            | Self::TooLarge { operation, .. }
            | Self::MissingManager { operation, .. }
            | Self::MissingProperty { operation, .. }
            | Self::NoProgress { operation, .. }
            | Self::RuntimeShutDown { operation, .. }
            | Self::Closed { operation, .. } => Some(*operation),
        }
    }

    /// The server called. `None` for invalid settings.
    pub fn endpoint(&self) -> Option<&Endpoint> {
        match self {
            Self::Config { .. } => None,
            Self::InvalidLogin { endpoint, .. }
            | Self::LoginPaused { endpoint, .. }
            | Self::UnsupportedVersion { endpoint, .. }
            | Self::Connect { endpoint, .. }
            | Self::Interrupted { endpoint, .. }
            | Self::Timeout { endpoint, .. }
            | Self::Http { endpoint, .. }
            | Self::Fault { endpoint, .. }
            | Self::SessionLost { endpoint, .. }
            | Self::ForeignHandle { endpoint, .. }
            | Self::Decode { endpoint, .. }
            | Self::TooLarge { endpoint, .. }
            | Self::MissingManager { endpoint, .. }
            | Self::MissingProperty { endpoint, .. }
            | Self::NoProgress { endpoint, .. }
            | Self::RuntimeShutDown { endpoint, .. }
            | Self::Closed { endpoint, .. } => Some(endpoint),
        }
    }

    /// Whether the same call may succeed later without a change of the settings.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect { source, .. } => source.is_transient(),
            Self::Interrupted { .. } | Self::Timeout { .. } | Self::SessionLost { .. } => true,
            Self::Http { status, .. } => matches!(status, 429 | 500 | 502 | 503 | 504),
            Self::Fault { fault, .. } => matches!(
                fault.kind,
                FaultKind::SystemError { .. }
                    | FaultKind::RequestCanceled
                    | FaultKind::HostCommunication { .. }
            ),
            _ => false,
        }
    }

    /// Whether the client could not connect, so the server never saw the call. Certificate failures
    /// count.
    pub fn is_connect(&self) -> bool {
        matches!(self, Self::Connect { .. })
    }

    /// Whether the server's certificate was refused under the [`Trust`](crate::Trust) in force.
    pub fn is_certificate(&self) -> bool {
        matches!(self.connect_failure(), Some(ConnectFailure::Certificate(_)))
    }

    /// The step on the way to an open connection that failed, if that is what failed.
    pub fn connect_failure(&self) -> Option<&ConnectFailure> {
        match self {
            Self::Connect { source, .. } => Some(source),
            _ => None,
        }
    }

    /// Whether the time allowed for the call ran out. The server may still be working on it.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout { .. })
    }

    /// Whether the call was answered, though without a value. The answer may come from a proxy that
    /// speaks for the server.
    ///
    /// A refused login and a lost session do not count: they say nothing about the call itself.
    pub fn is_answered(&self) -> bool {
        match self {
            Self::Http { .. }
            | Self::Fault { .. }
            | Self::Decode { .. }
            | Self::TooLarge { .. }
            | Self::MissingManager { .. }
            | Self::MissingProperty { .. }
            | Self::NoProgress { .. } => true,
            Self::Config { .. }
            | Self::Connect { .. }
            | Self::Interrupted { .. }
            | Self::Timeout { .. }
            | Self::InvalidLogin { .. }
            | Self::LoginPaused { .. }
            | Self::SessionLost { .. }
            | Self::ForeignHandle { .. }
            | Self::UnsupportedVersion { .. }
            | Self::RuntimeShutDown { .. }
            | Self::Closed { .. } => false,
        }
    }

    /// Whether the server reported success with an answer that cannot be read, be it SOAP or not.
    pub fn is_unreadable(&self) -> bool {
        matches!(self, Self::Decode { .. } | Self::Http { status: 200, .. })
    }

    /// Whether the server promises more and sends nothing new.
    pub fn is_no_progress(&self) -> bool {
        matches!(self, Self::NoProgress { .. })
    }

    /// Whether the answer was longer than the client accepts.
    pub fn is_too_large(&self) -> bool {
        matches!(self, Self::TooLarge { .. })
    }

    /// Whether the session is gone: a new one is needed, and so are new views.
    pub fn is_session_lost(&self) -> bool {
        matches!(self, Self::SessionLost { .. })
            || self.fault().is_some_and(Fault::is_not_authenticated)
    }

    /// Whether vCenter refused the user name or password, now or in an earlier call that the client may not repeat yet.
    pub fn is_invalid_login(&self) -> bool {
        matches!(self, Self::InvalidLogin { .. } | Self::LoginPaused { .. })
    }

    /// Whether the client was logged out for good.
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed { .. })
    }

    /// The refusal of vCenter, if that is what failed.
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Fault { fault, .. }
            | Self::InvalidLogin { fault, .. }
            | Self::LoginPaused { fault, .. } => Some(fault),
            Self::MissingProperty { fault, .. } => fault.as_deref(),
            _ => None,
        }
    }
}

fn quoted(excerpt: &str) -> String {
    if excerpt.is_empty() {
        String::new()
    } else {
        format!(" ({excerpt:?})")
    }
}

fn why(fault: Option<&Fault>) -> String {
    fault.map(|fault| format!(" ({fault})")).unwrap_or_default()
}
