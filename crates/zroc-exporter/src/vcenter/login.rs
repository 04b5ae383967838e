//! The session: made with the password as it is now, and kept when the password cannot be read.

use std::io;
use std::sync::Arc;

use vsphere_soap::{Client, Session};

use super::error::CollectError;
use super::password_reader::PasswordReader;
use crate::settings::{Oddity, Password};

#[derive(Debug)]
pub(super) struct Login {
    password: PasswordReader,
    /// As far as is known.
    pub(super) is_password_readable: bool,
}

impl Login {
    pub(super) fn new(password: Password) -> Self {
        Self {
            password: PasswordReader::new(password),
            is_password_readable: true,
        }
    }

    /// The current session, or a new one if the client may try the password.
    pub(super) async fn session(&mut self, client: &Client) -> Result<Arc<Session>, CollectError> {
        match self.password.read().await {
            Ok(password) => {
                self.is_password_readable = true;
                let oddity = Oddity::of(&password);
                client.set_password(password);
                let session = client.session().await;
                session.map_err(|error| CollectError::from(error).with_oddity(oddity))
            }
            Err(error) => self.session_without_password(client, error).await,
        }
    }

    /// The current session, which does not need the password before it ends.
    async fn session_without_password(
        &mut self,
        client: &Client,
        error: io::Error,
    ) -> Result<Arc<Session>, CollectError> {
        let Some(session) = client.current_session().await else {
            return Err(CollectError::Password(error));
        };
        if std::mem::take(&mut self.is_password_readable) {
            let reason = error.to_string();
            tracing::warn!(
                reason,
                "the vCenter password cannot be read; the session continues, but the next login needs it"
            );
        }
        Ok(session)
    }
}
