//! From nothing to a session: version list, service content, login.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::watch;

use super::Session;
use super::collector_claim::OwnCollector;
use super::leftovers::{Leftover, Leftovers};
use super::owner::Owner;
use crate::decode::{self, Refusal};
use crate::error::Error;
use crate::fault::Fault;
use crate::moref::MoRef;
use crate::operation::Operation;
use crate::request::Request;
use crate::transport::Transport;
use crate::version::ApiVersion;

/// A session that the server may have made, or may still make, but that nobody has noted yet. Unless it is dismissed, it is a
/// leftover, also after a panic.
struct Unnoted<'l> {
    leftovers: &'l Leftovers,
    manager: MoRef,
    soap_action: HeaderValue,
    /// The cookie from before the login.
    cookie: Option<HeaderValue>,
    /// The cookie that the answer to the login sets.
    new_cookie: watch::Receiver<Option<HeaderValue>>,
    is_dismissed: bool,
}

impl Unnoted<'_> {
    fn cookie(&self) -> Option<HeaderValue> {
        let new = self.new_cookie.borrow().clone();
        new.or_else(|| self.cookie.clone())
    }

    /// There is no session, or it has been noted.
    fn dismiss(&mut self) {
        self.is_dismissed = true;
    }
}

impl Drop for Unnoted<'_> {
    fn drop(&mut self) {
        if self.is_dismissed {
            return;
        }
        self.leftovers.add(Leftover {
            manager: self.manager.clone(),
            soap_action: self.soap_action.clone(),
            cookie: self.cookie.clone(),
            coming: Some(self.new_cookie.clone()),
        });
    }
}

/// Logs in without the cookie of an earlier session: the server refuses a login within a live session like a wrong
/// password, and a failed login can invalidate its cookie. A session that the server may have made although the login failed
/// becomes one of the leftovers; so does one of a login that may still be answered.
pub(super) async fn log_in(
    transport: &Transport,
    password: &SecretString,
    owner: Owner,
    leftovers: &Leftovers,
) -> Result<Session, Error> {
    let api_version = choose_version(transport).await?;
    let soap_action = soap_action(&api_version)?;

    let service_instance = MoRef::new("ServiceInstance", "ServiceInstance");
    let request = Request::new(
        Operation::RETRIEVE_SERVICE_CONTENT,
        &service_instance,
        |_| {},
    );
    let mut content = transport
        .call(&request, &soap_action, None, decode::service_content)
        .await?;
    let redactor = transport.redactor();
    content.about.full_name = redactor.cleared(content.about.full_name.into()).into();
    let cookie = request.session_cookie.borrow().clone();
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
    let mut unnoted = Unnoted {
        leftovers,
        manager: manager.clone(),
        soap_action: soap_action.clone(),
        cookie: cookie.clone(),
        new_cookie: request.session_cookie.subscribe(),
        is_dismissed: false,
    };
    let logged_in = transport
        .call(&request, &soap_action, cookie, decode::login)
        .await;
    let mut user_session = match logged_in {
        Ok(user_session) => user_session,
        Err(Error::Fault {
            endpoint, fault, ..
        }) if Fault::is_invalid_login(&fault) => {
            unnoted.dismiss();
            let user = user.clone();
            return Err(Error::InvalidLogin {
                endpoint,
                user,
                fault,
            });
        }
        Err(error) => {
            if matches!(error, Error::Connect { .. }) {
                // Nothing was sent.
                unnoted.dismiss();
            }
            return Err(error);
        }
    };
    user_session.user_name = redactor.cleared(user_session.user_name.into()).into();
    let cookie = unnoted.cookie();
    unnoted.dismiss();
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
        source: Some(Arc::new(error)),
    })
}
