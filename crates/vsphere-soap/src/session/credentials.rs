//! The password, and whether it may be sent now.

use std::sync::{Mutex, MutexGuard, PoisonError};

use secrecy::SecretString;
use tokio::time::Instant;

use super::lockout::{Lockout, LoginPause};
use crate::fault::Fault;

pub(super) struct Credentials(Mutex<State>);

struct State {
    password: SecretString,
    lockout: Lockout,
}

impl Credentials {
    pub(super) fn new(password: SecretString) -> Self {
        Self(Mutex::new(State {
            password,
            lockout: Lockout::default(),
        }))
    }

    /// The password for a login now, or why the client must wait.
    pub(super) fn password(&self) -> Result<SecretString, LoginPause> {
        let state = self.state();
        match state.lockout.pause(&state.password, Instant::now()) {
            Some(pause) => Err(pause),
            None => Ok(state.password.clone()),
        }
    }

    pub(super) fn set_password(&self, password: SecretString) {
        self.state().password = password;
    }

    /// Records that the server refused `password`, which may have been replaced meanwhile.
    pub(super) fn record_refusal(&self, password: &SecretString, fault: &Fault) {
        let fault = Box::new(fault.clone());
        self.state()
            .lockout
            .record_refusal(password, fault, Instant::now());
    }

    /// Records that the server accepted a password.
    pub(super) fn record_success(&self) {
        self.state().lockout.record_success();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
