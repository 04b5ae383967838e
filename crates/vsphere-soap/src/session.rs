//! A session with a vCenter, and what has happened in it.

pub(crate) mod collector_claim;
mod credentials;
mod leftovers;
mod lockout;
mod login;
mod login_limit;
pub(crate) mod owner;
pub(crate) mod sessions;
pub(crate) mod unauthenticated;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use reqwest::header::HeaderValue;

use self::collector_claim::{CollectorClaim, OwnCollector};
use self::leftovers::Leftover;
use self::owner::Owner;
use crate::moref::MoRef;
use crate::service_content::{About, ServiceContent, UserSession};
use crate::version::ApiVersion;

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
            coming: None,
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
