//! Basic authentication: who may ask.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use ring::rand::SystemRandom;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::task::join;

/// A password takes tens of milliseconds to verify. A longer wait means a flood of wrong passwords.
const QUEUE_UP_FOR: Duration = Duration::from_secs(5);
/// More than there are users. bcrypt reads only 72 bytes of a password, so one user can have many that verify.
const MOST_KNOWN: usize = 1_000;

/// The users of a web config, by name. Without any, everybody may ask.
pub struct Users {
    /// bcrypt hashes.
    hashes: BTreeMap<String, SecretString>,
    known: Arc<Known>,
    /// One verification at a time: each takes much CPU time.
    verifying: Semaphore,
}

/// Why a request is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No user, or a wrong password.
    Unauthorized,
    /// Too many passwords are waiting to be verified.
    Busy,
    /// The password could not be verified, because of a defect of the exporter.
    Unverified,
}

impl Default for Users {
    fn default() -> Self {
        Self::new(BTreeMap::new())
    }
}

impl Users {
    pub(super) fn new(hashes: BTreeMap<String, SecretString>) -> Self {
        Self {
            hashes,
            known: Arc::default(),
            verifying: Semaphore::new(1),
        }
    }

    /// Whether a request with these headers is to be answered.
    ///
    /// # Errors
    /// Says why not.
    pub async fn admit(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        if self.hashes.is_empty() {
            return Ok(());
        }
        let credentials = Credentials::from_headers(headers).ok_or(Refusal::Unauthorized)?;
        if self.known.has(&credentials) {
            return Ok(());
        }
        let permit = timeout(QUEUE_UP_FOR, self.verifying.acquire()).await;
        let Ok(Ok(_permit)) = permit else {
            return Err(Refusal::Busy);
        };
        let known_hash = self.hashes.get(&credentials.user);
        // A user that does not exist takes as long as one that does.
        let hash = known_hash.or_else(|| self.hashes.values().next());
        let (hash, exists) = (hash.cloned().unwrap_or_default(), known_hash.is_some());
        let known = Arc::clone(&self.known);
        let verifying = tokio::task::spawn_blocking(move || {
            let is_right =
                bcrypt::verify(credentials.password.expose_secret(), hash.expose_secret());
            let is_admitted = exists && is_right.unwrap_or(false);
            if is_admitted {
                known.insert(&credentials);
            }
            is_admitted
        });
        match join(verifying).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Refusal::Unauthorized),
            Err(error) => {
                tracing::error!(%error, "a password could not be verified");
                Err(Refusal::Unverified)
            }
        }
    }
}

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Users")
            .field("users", &self.hashes.len())
            .finish_non_exhaustive()
    }
}

struct Credentials {
    user: String,
    password: SecretString,
}

impl Credentials {
    fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
        let (scheme, encoded) = header.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded =
            SecretString::from(String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?);
        let (user, password) = decoded.expose_secret().split_once(':')?;
        Some(Self {
            user: user.to_owned(),
            password: SecretString::from(password),
        })
    }
}

/// Digests of the users and passwords that were right. Without the key a digest reveals nothing.
struct Known {
    key: Option<hmac::Key>,
    digests: Mutex<HashSet<Vec<u8>>>,
}

impl Default for Known {
    fn default() -> Self {
        // Without random numbers every password is verified each time.
        Self {
            key: hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).ok(),
            digests: Mutex::default(),
        }
    }
}

impl Known {
    fn has(&self, credentials: &Credentials) -> bool {
        let digests = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        self.digest(credentials)
            .is_some_and(|digest| digests.contains(digest.as_ref()))
    }

    fn insert(&self, credentials: &Credentials) {
        let Some(digest) = self.digest(credentials) else {
            return;
        };
        let mut digests = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        if digests.len() >= MOST_KNOWN {
            digests.clear();
        }
        digests.insert(digest.as_ref().to_vec());
    }

    fn digest(&self, Credentials { user, password }: &Credentials) -> Option<hmac::Tag> {
        let mut context = hmac::Context::with_key(self.key.as_ref()?);
        context.update(&user.len().to_be_bytes());
        context.update(user.as_bytes());
        context.update(password.expose_secret().as_bytes());
        Some(context.sign())
    }
}
