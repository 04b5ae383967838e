//! The password, and the answer to it if that was no.

use std::sync::{Mutex, MutexGuard, PoisonError};

use secrecy::{ExposeSecret as _, SecretString};

use crate::error::Error;

/// Sending a refused password again can lock the account, so it is remembered as such.
pub(super) struct Credentials(Mutex<State>);

struct State {
    password: SecretString,
    refusal: Option<Error>,
}

impl Credentials {
    pub(super) fn new(password: SecretString) -> Self {
        Self(Mutex::new(State {
            password,
            refusal: None,
        }))
    }

    /// The password, unless it was refused.
    pub(super) fn password(&self) -> Result<SecretString, Error> {
        let state = self.state();
        match &state.refusal {
            Some(refusal) => Err(refusal.clone()),
            None => Ok(state.password.clone()),
        }
    }

    /// Replaces the password. The same one again stays refused.
    pub(super) fn set_password(&self, password: SecretString) {
        let mut state = self.state();
        if !is_same(&state.password, &password) {
            state.password = password;
            state.refusal = None;
        }
    }

    /// Notes the server's answer to `password`, which may have been replaced meanwhile.
    pub(super) fn note_refusal(&self, password: &SecretString, refusal: &Error) {
        let mut state = self.state();
        if is_same(&state.password, password) {
            state.refusal = Some(refusal.clone());
        }
    }

    pub(super) fn is_refused(&self) -> bool {
        self.state().refusal.is_some()
    }

    pub(super) fn forget_refusal(&self) {
        self.state().refusal = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_same(a: &SecretString, b: &SecretString) -> bool {
    a.expose_secret() == b.expose_secret()
}
