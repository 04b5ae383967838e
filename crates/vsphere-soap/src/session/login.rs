//! From nothing to a session: version list, service content, login.

use std::sync::Mutex;

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use super::Session;
use crate::decode::{self, Refusal};
use crate::error::Error;
use crate::fault::FaultKind;
use crate::moref::MoRef;
use crate::request::Request;
use crate::transport::Transport;
use crate::version::ApiVersion;

/// Logs in without any cookie of an earlier session: a login on top of a live session is refused
/// like a wrong password, and a failed login can spoil its cookie.
pub(super) async fn log_in(
    transport: &Transport,
    password: &SecretString,
    id: u64,
) -> Result<Session, Error> {
    let api_version = choose_version(transport).await?;
    let soap_action = soap_action(&api_version)?;

    let service_instance = MoRef::new("ServiceInstance", "ServiceInstance");
    let request = Request::new("RetrieveServiceContent", &service_instance, |_| {});
    let reply = transport
        .call(&request, &soap_action, None, decode::service_content)
        .await;
    let content = reply.result?;
    let mut cookie = reply.session_cookie;
    let session_manager = content
        .session_manager
        .clone()
        .ok_or_else(|| Error::MissingManager {
            operation: "Login",
            endpoint: transport.endpoint(),
            manager: "SessionManager",
        })?;

    let user = &transport.config().user;
    let request = Request::new("Login", &session_manager, |arguments| {
        arguments.text("userName", user);
        arguments.text("password", password.expose_secret());
        // Fault messages in one language, whatever the server's own.
        arguments.text("locale", "en");
    });
    let reply = transport
        .call(&request, &soap_action, cookie.clone(), decode::login)
        .await;
    let user_session = reply.result.map_err(|error| match error {
        Error::Fault {
            endpoint, fault, ..
        } if fault.kind == FaultKind::InvalidLogin => Error::InvalidLogin {
            endpoint,
            user: user.clone(),
            fault,
        },
        other => other,
    })?;
    if reply.session_cookie.is_some() {
        cookie = reply.session_cookie;
    }
    tracing::debug!(session = id, %api_version, user = %user_session.user_name, "logged in");
    Ok(Session {
        id,
        content,
        manager: session_manager,
        api_version,
        user: user_session,
        soap_action,
        cookie: Mutex::new(cookie),
        refused: Mutex::default(),
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
