//! Reads the password again and again, and never waits long for it.

use std::io;
use std::time::Duration;

use secrecy::SecretString;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

use crate::settings::Password;

/// A file that takes longer is on a file system that is gone.
const LIMIT: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct PasswordReader {
    password: Password,
    /// A file whose reading has not ended within the limit; it is not begun anew before.
    under_way: Option<JoinHandle<io::Result<SecretString>>>,
}

impl PasswordReader {
    pub(super) fn new(password: Password) -> Self {
        Self {
            password,
            under_way: None,
        }
    }

    /// The password as it is now.
    pub(super) async fn read(&mut self) -> io::Result<SecretString> {
        if let Password::Value(password) = &self.password {
            return Ok(password.clone());
        }
        let password = &self.password;
        let reading = self.under_way.get_or_insert_with(|| {
            let password = password.clone();
            spawn_blocking(move || password.read())
        });
        let Ok(ended) = timeout(LIMIT, reading).await else {
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("the file cannot be read within {LIMIT:?}"),
            ));
        };
        self.under_way = None;
        ended.unwrap_or_else(|error| Err(io::Error::other(error)))
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_file_that_hangs_is_an_error_until_it_has_been_read() {
        let mut reader = PasswordReader::new(Password::File("/nowhere".into()));
        let (sender, receiver) = oneshot::channel::<SecretString>();
        reader.under_way = Some(tokio::spawn(async { Ok(receiver.await.unwrap()) }));
        let error = reader.read().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);

        sender.send("late".into()).unwrap();
        assert_eq!(reader.read().await.unwrap().expose_secret(), "late");
        let error = reader.read().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
