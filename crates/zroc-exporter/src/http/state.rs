//! What the handlers answer from.

use std::sync::Arc;

use axum::extract::FromRef;
use tokio::sync::watch;

use super::heavy::Heavy;
use super::web_config::WebConfigSource;
use crate::plan::live::Planner;
use crate::publication::Publications;
use crate::reload_requests::ReloadRequests;
use crate::self_metrics::ProcessHealth;
use crate::settings::Effective;

/// What the handlers need.
#[derive(Debug, Clone)]
pub struct HttpState {
    /// The latest publication.
    pub publications: Publications,
    /// Who makes plans of what is kept.
    pub planner: Planner,
    /// How the process fares.
    pub process: ProcessHealth,
    /// Where a reload is asked for, if clients may.
    pub reload: Option<ReloadRequests>,
    /// Who may ask.
    pub web_config: Arc<WebConfigSource>,
    /// The settings in force, for people.
    pub settings: SettingsInForce,
    /// Where answers are made that take long.
    pub heavy: Heavy,
}

/// The settings in force, for people.
pub(super) type SettingsInForce = watch::Receiver<Arc<Effective>>;

impl FromRef<HttpState> for SettingsInForce {
    fn from_ref(state: &HttpState) -> Self {
        state.settings.clone()
    }
}

impl FromRef<HttpState> for Heavy {
    fn from_ref(state: &HttpState) -> Self {
        state.heavy.clone()
    }
}

impl FromRef<HttpState> for ProcessHealth {
    fn from_ref(state: &HttpState) -> Self {
        state.process.clone()
    }
}

impl FromRef<HttpState> for Planner {
    fn from_ref(state: &HttpState) -> Self {
        state.planner.clone()
    }
}

impl FromRef<HttpState> for Publications {
    fn from_ref(state: &HttpState) -> Self {
        state.publications.clone()
    }
}

impl FromRef<HttpState> for Option<ReloadRequests> {
    fn from_ref(state: &HttpState) -> Self {
        state.reload.clone()
    }
}
