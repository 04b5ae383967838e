//! Basic authentication: who may ask.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bcrypt::HashParts;
use ring::hmac;
use ring::rand::SystemRandom;
use secrecy::{ExposeSecret as _, SecretString};

use super::verifier::{NoAnswer, Verifier};

/// More than there are users. bcrypt reads only 72 bytes of a password, so one user can have many that verify.
const MOST_KNOWN: usize = 1_000;

/// The users of a web config, by name. Without any, everybody may ask.
pub struct Users {
    hashes: BTreeMap<String, Hash>,
    known: Arc<Known>,
    verifier: Arc<Verifier>,
}

/// A bcrypt hash.
#[derive(Clone)]
struct Hash {
    text: SecretString,
    /// How often the work doubles.
    cost: u32,
}

impl Hash {
    fn new(text: SecretString) -> Self {
        let parts: Result<HashParts, _> = text.expose_secret().parse();
        let cost = parts.map_or(0, |parts| parts.get_cost());
        Self { text, cost }
    }

    fn verify(&self, password: &SecretString) -> bool {
        bcrypt::verify(password.expose_secret(), self.text.expose_secret()).unwrap_or(false)
    }
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

impl From<NoAnswer> for Refusal {
    fn from(reason: NoAnswer) -> Self {
        match reason {
            NoAnswer::CrowdedOut => Self::Busy,
            NoAnswer::Panicked => Self::Unverified,
        }
    }
}

impl Default for Users {
    fn default() -> Self {
        Self::new(BTreeMap::new())
    }
}

impl Users {
    pub(super) fn new(hashes: BTreeMap<String, SecretString>) -> Self {
        let hashes = hashes.into_iter();
        Self {
            hashes: hashes.map(|(user, text)| (user, Hash::new(text))).collect(),
            known: Arc::default(),
            verifier: Arc::default(),
        }
    }

    /// Whether a request with these headers is to be answered.
    ///
    /// # Errors
    /// Says why not.
    pub async fn admit(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        // A user that does not exist takes as long as those who do.
        let Some(dearest) = self.hashes.values().max_by_key(|hash| hash.cost) else {
            return Ok(());
        };
        let credentials = Credentials::from_headers(headers).ok_or(Refusal::Unauthorized)?;
        if self.known.has(&credentials) {
            return Ok(());
        }
        let known_hash = self.hashes.get(&credentials.user);
        let exists = known_hash.is_some();
        let hash = known_hash.unwrap_or(dearest).clone();
        let padding = padding(hash.cost, dearest.cost);
        let known = Arc::clone(&self.known);
        let is_right = self.verifier.answer(move || {
            let is_right = hash.verify(&credentials.password) && exists;
            if is_right {
                known.insert(&credentials);
            } else {
                padding.for_each(spend_time);
            }
            is_right
        });
        if is_right.await? {
            Ok(())
        } else {
            Err(Refusal::Unauthorized)
        }
    }
}

/// The costs of the further work that makes a hash of one cost take as long as the dearest.
///
/// Each step of the cost doubles the work, and 2^n + (2^n + 2^(n+1) + .. + 2^(m-1)) = 2^m.
fn padding(cost: u32, dearest: u32) -> Range<u32> {
    cost..dearest
}

/// Does the work of a hash, which nobody needs.
fn spend_time(cost: u32) {
    let _ = std::hint::black_box(bcrypt::hash_with_salt("", cost, [0; 16]));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_password_costs_the_same_whatever_the_hash() {
        for dearest in 4..=14 {
            for cost in 4..=dearest {
                let work = padding(cost, dearest).chain([cost]);
                assert_eq!(work.map(|cost| 1 << cost).sum::<u32>(), 1 << dearest);
            }
        }
    }

    #[test]
    fn all_costs_that_a_file_may_have_can_be_padded() {
        assert!(bcrypt::hash_with_salt("", 4, [0; 16]).is_ok());
        assert_eq!(Hash::new(bcrypt::hash("a", 5).unwrap().into()).cost, 5);
    }
}
