//! From nothing to a session: version list, service content, login.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use super::Session;
use super::collector_claim::OwnCollector;
use super::leftovers::Leftover;
use super::owner::Owner;
use crate::decode::{self, Refusal};
use crate::error::Error;
use crate::fault::Fault;
use crate::moref::MoRef;
use crate::operation::Operation;
use crate::request::Request;
use crate::transport::Transport;
use crate::version::ApiVersion;

/// A failed login.
pub(super) struct Failure {
    pub(super) error: Error,
    /// The session that the server may have made nevertheless.
    pub(super) leftover: Option<Leftover>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            error,
            leftover: None,
        }
    }
}

/// Logs in without the cookie of an earlier session: the server refuses a login within a live session like a wrong
/// password, and a failed login can invalidate its cookie.
pub(super) async fn log_in(
    transport: &Transport,
    password: &SecretString,
    owner: Owner,
) -> Result<Session, Failure> {
    let api_version = choose_version(transport).await?;
    let soap_action = soap_action(&api_version)?;

    let service_instance = MoRef::new("ServiceInstance", "ServiceInstance");
    let request = Request::new(
        Operation::RETRIEVE_SERVICE_CONTENT,
        &service_instance,
        |_| {},
    );
    let reply = transport
        .call(&request, &soap_action, None, decode::service_content)
        .await;
    let mut content = reply.result?;
    let redactor = transport.redactor();
    content.about.full_name = redactor.cleared(content.about.full_name.into()).into();
    let cookie = reply.session_cookie;
    let manager = content
        .session_manager
        .clone()
        .ok_or_else(|| Error::MissingManager {
            operation: Operation::LOGIN,
            endpoint: transport.endpoint(),
            manager: "SessionManager",
        })?;

    let user = &transport.config().user;
    let request = Request::new(Operation::LOGIN, &manager, |arguments| {
        arguments.text("userName", user);
        arguments.text("password", password.expose_secret());
        // Fault messages in one language, whatever the server's own.
        arguments.text("locale", "en");
    });
    let reply = transport
        .call(&request, &soap_action, cookie.clone(), decode::login)
        .await;
    let cookie = reply.session_cookie.or(cookie);
    let user_session = match reply.result {
        Ok(mut user_session) => {
            user_session.user_name = redactor.cleared(user_session.user_name.into()).into();
            user_session
        }
        Err(Error::Fault {
            endpoint, fault, ..
        }) if Fault::is_invalid_login(&fault) => {
            let user = user.clone();
            return Err(Failure::from(Error::InvalidLogin {
                endpoint,
                user,
                fault,
            }));
        }
        Err(error) => {
            let was_sent = !matches!(error, Error::Connect { .. });
            let leftover = cookie.filter(|_| was_sent).map(|cookie| Leftover {
                manager,
                soap_action,
                cookie: Some(cookie),
            });
            return Err(Failure { error, leftover });
        }
    };
    tracing::debug!(session = owner.session_id, %api_version, user = %user_session.user_name, "logged in");
    Ok(Session {
        owner,
        content,
        manager,
        api_version,
        user: user_session,
        soap_action,
        cookie: Mutex::new(cookie),
        answered: AtomicBool::new(false),
        refused: AtomicBool::new(false),
        own_collector: OwnCollector::default(),
    })
}

async fn choose_version(transport: &Transport) -> Result<ApiVersion, Error> {
    let decode = |body: &[u8]| decode::service_versions(body).map_err(Refusal::Malformed);
    let offered = transport.versions(decode).await?;
    match ApiVersion::choose(&offered) {
        Some(version) => Ok(version.clone()),
        None => Err(Error::UnsupportedVersion {
            endpoint: transport.endpoint(),
            newest: offered.into_iter().max(),
        }),
    }
}

fn soap_action(api_version: &ApiVersion) -> Result<HeaderValue, Error> {
    HeaderValue::try_from(format!("urn:vim25/{api_version}")).map_err(|error| Error::Config {
        problem: format!("the version {api_version} fits in no header"),
        source: Some(std::sync::Arc::new(error)),
    })
}
