//! Remembers refused logins for a while, so that checks one after the other do not lock an account.

use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::num::NonZeroU32;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use ring::pbkdf2;
use ring::rand::{SecureRandom as _, SystemRandom};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::bounded_read;
use crate::settings::{Layers, VcenterSettings};
use crate::state_file::StateFile;

/// How long a refusal counts.
const PAUSE_SECONDS: i64 = 300;

/// The format that is written, and the only one that is read.
const VERSION: u32 = 1;

/// The newest refusals are kept.
const MOST_REFUSALS: usize = 64;

/// [`MOST_REFUSALS`] take less.
const LONGEST_BYTES: u64 = 16 << 10;

/// So slow that the file is of no use to somebody who guesses passwords.
const ROUNDS: NonZeroU32 = NonZeroU32::new(200_000).unwrap();

const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

/// Where a vCenter's refusals may be: the first place that can be used counts.
#[derive(Debug)]
pub(super) struct Refusals {
    places: Vec<PathBuf>,
}

/// What a login is made with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt<'a> {
    pub(super) settings: &'a VcenterSettings,
    pub(super) password: &'a SecretString,
}

#[derive(Debug, Serialize, Deserialize)]
struct File {
    version: u32,
    refused: Vec<Refusal>,
}

/// One refused login. The hash is of host, port, user and password.
#[derive(Debug, Serialize, Deserialize)]
struct Refusal {
    /// Seconds of Unix time.
    at: i64,
    salt: [u8; SALT_BYTES],
    hash: [u8; HASH_BYTES],
}

impl Refusals {
    /// Beside `STATE_FILE`, if there is one, or else in the user's folder for state.
    pub(super) fn new(state_file: Option<&Path>, layers: &Layers) -> Self {
        let beside = state_file.map(|path| {
            let mut name = path.as_os_str().to_owned();
            name.push(".refused-logins");
            PathBuf::from(name)
        });
        let of_user = user_folder(layers);
        let of_user = of_user.map(|folder| folder.join("zroc-exporter/refused-logins"));
        Self {
            places: beside.into_iter().chain(of_user).collect(),
        }
    }

    /// How many seconds ago the same login was refused, if that was within the pause.
    pub(super) fn age_seconds(&self, attempt: Attempt<'_>) -> Option<i64> {
        let now = Timestamp::now().as_second();
        let refused = self.places.iter().flat_map(|place| read(place, now));
        let ours = refused.filter(|refusal| attempt.is(refusal));
        ours.map(|refusal| now.saturating_sub(refusal.at)).min()
    }

    /// Remembers that a login was refused just now.
    ///
    /// # Errors
    /// When it can be kept in no place.
    pub(super) fn remember(&self, attempt: Attempt<'_>) -> io::Result<()> {
        let now = Timestamp::now().as_second();
        let refusal = attempt.refused(now)?;
        let mut last = io::Error::other("no folder is known: neither STATE_FILE nor HOME is set");
        for place in &self.places {
            let mut refused = read(place, now);
            refused.retain(|other| !attempt.is(other));
            refused.push(Refusal { ..refusal });
            let surplus = refused.len().saturating_sub(MOST_REFUSALS);
            refused.drain(..surplus);
            match write(place, refused) {
                Ok(()) => return Ok(()),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Forgets a login that has succeeded.
    pub(super) fn forget(&self, attempt: Attempt<'_>) {
        let now = Timestamp::now().as_second();
        for place in &self.places {
            let mut refused = read(place, now);
            let before = refused.len();
            refused.retain(|refusal| !attempt.is(refusal));
            if refused.len() < before {
                // It is forgotten in a few minutes anyway.
                let _ = write(place, refused);
            }
        }
    }
}

fn user_folder(layers: &Layers) -> Option<PathBuf> {
    let named = layers.plain_variable("XDG_STATE_HOME").map(PathBuf::from);
    let named = named.filter(|path| path.is_absolute());
    let home = || layers.plain_variable("HOME").map(PathBuf::from);
    let home = || home().filter(|path| path.is_absolute());
    named.or_else(|| Some(home()?.join(".local/state")))
}

/// The refusals that still count. What cannot be read holds none.
fn read(place: &Path, now: i64) -> Vec<Refusal> {
    let content = bounded_read::read(place, LONGEST_BYTES).unwrap_or_default();
    let file = serde_json::from_slice::<File>(&content).ok();
    let file = file.filter(|file| file.version == VERSION);
    let mut refused = file.map(|file| file.refused).unwrap_or_default();
    refused.truncate(MOST_REFUSALS);
    // A clock that was set back says nothing.
    refused.retain(|refusal| (0..PAUSE_SECONDS).contains(&now.saturating_sub(refusal.at)));
    refused
}

fn write(place: &Path, refused: Vec<Refusal>) -> io::Result<()> {
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder)?;
    }
    let file = File {
        version: VERSION,
        refused,
    };
    let json = serde_json::to_vec(&file)?;
    let replaced = StateFile::new(place.to_owned()).replace(|new| {
        new.get_ref()
            .set_permissions(Permissions::from_mode(0o600))?;
        new.write_all(&json)
    });
    replaced.map(drop).map_err(io::Error::other)
}

impl Attempt<'_> {
    fn is(self, refusal: &Refusal) -> bool {
        let hash = &refusal.hash;
        pbkdf2::verify(
            pbkdf2::PBKDF2_HMAC_SHA256,
            ROUNDS,
            &refusal.salt,
            self.text().expose_secret().as_bytes(),
            hash,
        )
        .is_ok()
    }

    fn refused(self, at: i64) -> io::Result<Refusal> {
        let mut salt = [0; SALT_BYTES];
        let filled = SystemRandom::new().fill(&mut salt);
        filled.map_err(|_| io::Error::other("the system has no random numbers"))?;
        let mut hash = [0; HASH_BYTES];
        pbkdf2::derive(
            pbkdf2::PBKDF2_HMAC_SHA256,
            ROUNDS,
            &salt,
            self.text().expose_secret().as_bytes(),
            &mut hash,
        );
        Ok(Refusal { at, salt, hash })
    }

    /// A name cannot contain what separates the parts.
    fn text(self) -> SecretString {
        let VcenterSettings {
            host, port, user, ..
        } = self.settings;
        let password = self.password.expose_secret();
        format!("{host}\n{port}\n{user}\n{password}").into()
    }
}
