//! Which step failed when no connection could be opened.

use std::error::Error as StdError;
use std::io;
use std::iter;
use std::sync::Arc;
use std::time::Duration;

use rustls::{AlertDescription, CertificateError, OtherError};

use crate::cause::Cause;
use crate::connect_failure::{ConnectFailure, RefusedCertificate};
use crate::proxy::Proxy;

/// The way that a connection takes.
#[derive(Clone)]
pub(super) struct Route {
    /// Name or address of the server.
    pub(super) host: String,
    pub(super) proxy: Option<Proxy>,
    /// Time allowed to open a connection.
    pub(super) limit: Duration,
}

/// The step that failed.
pub(super) fn connect_failure(error: reqwest::Error, route: &Route) -> ConnectFailure {
    let tls = links(&error).find_map(|link| link.downcast_ref::<rustls::Error>());
    if let Some(tls) = tls {
        return tls_failure(tls);
    }
    let system = links(&error).filter_map(|link| link.downcast_ref::<io::Error>());
    let failure = match system.last() {
        Some(system) if error.is_dns() => ConnectFailure::Resolve {
            name: route.first_host().to_owned(),
            source: owned(system),
        },
        _ if error.is_timeout() => ConnectFailure::TimedOut { limit: route.limit },
        Some(system) => system_failure(system),
        None => ConnectFailure::Other {
            source: Arc::new(error.without_url()),
        },
    };
    match &route.proxy {
        // The tunnel is open before the TLS handshake begins.
        Some(proxy) if !matches!(failure, ConnectFailure::Handshake { .. }) => {
            ConnectFailure::Proxy {
                proxy: proxy.clone(),
                source: Box::new(failure),
            }
        }
        _ => failure,
    }
}

impl Route {
    /// The host that TCP connects to.
    fn first_host(&self) -> &str {
        self.proxy.as_ref().map_or(&self.host, Proxy::host)
    }
}

fn tls_failure(error: &rustls::Error) -> ConnectFailure {
    if let Some(refused) = refused_certificate(error) {
        return ConnectFailure::Certificate(Box::new(refused.clone()));
    }
    let source: Cause = Arc::new(error.clone());
    match error {
        rustls::Error::InvalidMessage(_) => ConnectFailure::NotTls { source },
        rustls::Error::PeerIncompatible(_)
        | rustls::Error::AlertReceived(
            AlertDescription::ProtocolVersion
            | AlertDescription::HandshakeFailure
            | AlertDescription::InsufficientSecurity,
        ) => ConnectFailure::TlsIncompatible { source },
        _ => ConnectFailure::Handshake { source },
    }
}

fn refused_certificate(error: &rustls::Error) -> Option<&RefusedCertificate> {
    match error {
        rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(refused))) => {
            refused.downcast_ref()
        }
        _ => None,
    }
}

fn system_failure(error: &io::Error) -> ConnectFailure {
    let source = owned(error);
    match error.kind() {
        io::ErrorKind::ConnectionRefused => ConnectFailure::Refused { source },
        io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::NetworkDown
        | io::ErrorKind::AddrNotAvailable
        | io::ErrorKind::PermissionDenied => ConnectFailure::Unreachable { source },
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => ConnectFailure::Handshake { source },
        _ => ConnectFailure::Other { source },
    }
}

/// An error that outlives the chain it was found in.
fn owned(error: &io::Error) -> Cause {
    Arc::new(match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    })
}

/// An error and its causes, the nearest first.
fn links<'e>(
    error: &'e (dyn StdError + 'static),
) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    iter::successors(Some(error), |&error| cause(error))
}

fn cause<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e (dyn StdError + 'static)> {
    // The source of an I/O error is that of the error which it wraps.
    let io = error.downcast_ref::<io::Error>();
    match io.and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}
