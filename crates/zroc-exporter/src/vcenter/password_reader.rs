//! Reads the password whenever a login may need it, within a bounded time.

use std::io;

use secrecy::SecretString;

use crate::limited_read::LimitedRead;
use crate::settings::Password;

#[derive(Debug)]
pub(super) struct PasswordReader {
    password: Password,
    reading: LimitedRead<io::Result<SecretString>>,
}

impl PasswordReader {
    pub(super) fn new(password: Password) -> Self {
        Self {
            password,
            reading: LimitedRead::default(),
        }
    }

    /// Reads the password. Cancel safe.
    pub(super) async fn read(&mut self) -> io::Result<SecretString> {
        if let Password::Value(password) = &self.password {
            return Ok(password.clone());
        }
        let password = self.password.clone();
        let read = self.reading.run(move || password.read()).await;
        read.unwrap_or_else(|error| Err(error.into()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::limited_read::READ_WITHIN;

    #[tokio::test(start_paused = true)]
    async fn a_file_that_hangs_is_an_error_until_it_has_been_read() {
        let mut reader = PasswordReader::new(Password::File("/nowhere".into()));
        let (sender, receiver) = mpsc::channel::<SecretString>();
        let (hanging, ()) = tokio::join!(
            reader.reading.run(move || Ok(receiver.recv().unwrap())),
            tokio::time::advance(READ_WITHIN)
        );
        hanging.unwrap_err();
        let (hanging, ()) = tokio::join!(reader.read(), tokio::time::advance(READ_WITHIN));
        assert_eq!(hanging.unwrap_err().kind(), io::ErrorKind::TimedOut);

        sender.send("late".into()).unwrap();
        assert_eq!(reader.read().await.unwrap().expose_secret(), "late");
        let error = reader.read().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
