//! Reports about calls, for metrics.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use crate::operation::Operation;

/// A function that gets a report about every call.
///
/// It runs on the task of the call, so it should only count.
#[derive(Clone)]
pub struct Observer(Arc<dyn Fn(&CallReport) + Send + Sync>);

impl Observer {
    /// An observer that calls `report`.
    pub fn new(report: impl Fn(&CallReport) + Send + Sync + 'static) -> Self {
        Self(Arc::new(report))
    }

    pub(crate) fn report(&self, report: &CallReport) {
        (self.0)(report);
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

/// How one call went.
///
/// Each call is reported once, when its outcome is known. A call that is made again in a new session is
/// reported each time. A call whose future is dropped before the answer is complete is not reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallReport {
    /// The operation called.
    pub operation: Operation,
    /// How it ended.
    pub outcome: CallOutcome,
    /// From sending the request to the complete answer, plus the time of decoding it. The time that a
    /// [`PerfReply`](crate::PerfReply) waits to be decoded does not count; the time that
    /// `WaitForUpdatesEx` waits on the server does.
    pub duration: Duration,
    /// Bytes of the answer's body as they came over the wire, before decompression.
    pub received_bytes: u64,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum CallOutcome {
    /// With a result, or with an answer that nobody decoded.
    Ok,
    /// With a fault other than those below.
    Fault,
    /// The server knows no such session.
    NotAuthenticated,
    /// The server refused user name or password.
    InvalidLogin,
    /// Not within the time allowed.
    Timeout,
    /// Without reaching the server.
    Connect,
    /// The connection broke.
    Interrupted,
    /// With an answer that is not a SOAP message.
    Http,
    /// With an answer that cannot be read.
    Decode,
    /// With an answer that is too long.
    TooLarge,
}

impl CallOutcome {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Ok,
        Self::Fault,
        Self::NotAuthenticated,
        Self::InvalidLogin,
        Self::Timeout,
        Self::Connect,
        Self::Interrupted,
        Self::Http,
        Self::Decode,
        Self::TooLarge,
    ];

    /// A name for use as a label, in `snake_case`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Fault => "fault",
            Self::NotAuthenticated => "not_authenticated",
            Self::InvalidLogin => "invalid_login",
            Self::Timeout => "timeout",
            Self::Connect => "connect",
            Self::Interrupted => "interrupted",
            Self::Http => "http",
            Self::Decode => "decode",
            Self::TooLarge => "too_large",
        }
    }

    pub(crate) fn of(error: &Error) -> Self {
        match error {
            Error::Timeout { .. } => Self::Timeout,
            // Nothing was sent.
            Error::Connect { .. }
            | Error::Config { .. }
            | Error::ForeignHandle { .. }
            | Error::Closed { .. } => Self::Connect,
            Error::Interrupted { .. } | Error::RuntimeShutDown { .. } => Self::Interrupted,
            Error::Http { .. } => Self::Http,
            Error::TooLarge { .. } => Self::TooLarge,
            Error::Fault { fault, .. } if fault.is_not_authenticated() => Self::NotAuthenticated,
            Error::Fault { fault, .. } if fault.is_invalid_login() => Self::InvalidLogin,
            Error::Fault { .. } => Self::Fault,
            Error::Decode { .. }
            | Error::UnsupportedVersion { .. }
            | Error::MissingManager { .. }
            | Error::MissingProperty { .. }
            | Error::NoProgress { .. } => Self::Decode,
            Error::InvalidLogin { .. } | Error::LoginPaused { .. } => Self::InvalidLogin,
            Error::SessionLost { .. } => Self::NotAuthenticated,
        }
    }
}
