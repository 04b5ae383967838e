//! The vCenter password, given directly or in a file.

use std::io;
use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};

use crate::bounded_read;

/// A password is a line: a file longer than this is a mistake.
const LONGEST_BYTES: u64 = 4_096;

/// Room for the longest file and for what shows that a file is longer. A buffer that never grows leaves no copies behind.
const ROOM_BYTES: usize = 8 << 10;

/// What about a password looks like a mistake, although it may be right.
///
/// Displays as a predicate that follows "the password".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Oddity {
    /// `"secret"`: Docker keeps the quotes of an `--env-file`, and so does YAML within a block.
    #[error("begins and ends with a quotation mark")]
    Quoted,
    /// A blank at its beginning or end.
    #[error("begins or ends with a blank")]
    Blank,
}

impl Oddity {
    /// What is odd about a password, if anything.
    pub fn of(password: &SecretString) -> Option<Self> {
        let password = password.expose_secret();
        let is_between = |quote: char| {
            password.len() > 1 && password.starts_with(quote) && password.ends_with(quote)
        };
        if is_between('"') || is_between('\'') {
            Some(Self::Quoted)
        } else if password.trim() != password {
            Some(Self::Blank)
        } else {
            None
        }
    }
}

/// Why a password cannot be one: no XML can carry it, and no keyboard types it. `None` if it can.
pub(super) fn fault(password: &str) -> Option<&'static str> {
    let cannot_be_sent = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    if password.ends_with(['\r', '\n']) {
        Some("ends with a line break, which cannot belong to it")
    } else if password.contains(cannot_be_sent) {
        Some("has a control character, which cannot belong to it")
    } else {
        None
    }
}

/// Where the password comes from. Never printed.
#[derive(Debug, Clone)]
pub enum Password {
    /// From `VCENTER_PASSWORD`.
    Value(SecretString),
    /// From the file that `VCENTER_PASSWORD_FILE` names, read again each time.
    File(PathBuf),
}

impl PartialEq for Password {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Value(one), Self::Value(other)) => one.expose_secret() == other.expose_secret(),
            (Self::File(one), Self::File(other)) => one == other,
            _ => false,
        }
    }
}

impl Password {
    /// Reads the password. Blocks as long as the file system does.
    ///
    /// # Errors
    /// When the file cannot be read, is not a regular file, is empty, longer than 4 KiB, not UTF-8, or holds more than a
    /// line.
    pub fn read(&self) -> io::Result<SecretString> {
        match self {
            Self::Value(password) => Ok(password.clone()),
            Self::File(path) => read_file(path),
        }
    }
}

fn read_file(path: &Path) -> io::Result<SecretString> {
    let mut content = Zeroizing::new(Vec::with_capacity(ROOM_BYTES));
    bounded_read::read_into(path, LONGEST_BYTES, &mut content)?;
    let text = str::from_utf8(&content).map_err(|_| invalid("it is not in UTF-8"))?;
    only_line(text)
}

/// Line breaks and blank lines after the password, which editors and `echo` add, do not belong to it, and neither does
/// the mark that some editors put in front.
fn only_line(text: &str) -> io::Result<SecretString> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (line, rest) = text.split_once(['\r', '\n']).unwrap_or((text, ""));
    if text.contains('\0') {
        Err(invalid("it holds a NUL character"))
    } else if !rest.trim().is_empty() {
        Err(invalid("it holds more than one line"))
    } else if line.is_empty() {
        Err(invalid("its first line is empty"))
    } else if fault(line).is_some() {
        Err(invalid("it holds a control character"))
    } else {
        Ok(SecretString::from(line))
    }
}

fn invalid(problem: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use tempfile::TempDir;

    use super::*;

    fn read(content: &[u8]) -> Result<String, String> {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("password");
        fs::write(&path, content).unwrap();
        let password = Password::File(path).read();
        let text = |password: SecretString| password.expose_secret().to_owned();
        password.map(text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_password_is_a_line() {
        for content in ["a b ", "a b \n", "a b \r\n\n  \n", "\u{feff}a b \n"] {
            assert_eq!(
                read(content.as_bytes()).as_deref(),
                Ok("a b "),
                "{content:?}"
            );
        }
        for (content, problem) in [
            ("", "its first line is empty"),
            ("\u{feff}", "its first line is empty"),
            ("\n\n", "its first line is empty"),
            ("a\nb", "it holds more than one line"),
            ("\nb", "it holds more than one line"),
            ("user: a\rpassword: b", "it holds more than one line"),
            ("a\0", "it holds a NUL character"),
            ("a\u{1}b", "it holds a control character"),
            ("\u{1b}[200~secret", "it holds a control character"),
        ] {
            assert_eq!(
                read(content.as_bytes()),
                Err(problem.to_owned()),
                "{content:?}"
            );
        }
        assert!(read(b"\xff\xfea\0").is_err());
        assert_eq!(read(&[b'a'; 4_097]).unwrap_err(), "it is longer than 4 KiB");
    }

    #[test]
    fn a_password_that_looks_like_a_mistake_is_odd() {
        for (password, oddity) in [
            ("secret", None),
            ("\"", None),
            ("\"secret'", None),
            ("se\"cret\"", None),
            ("\"secret\"", Some(Oddity::Quoted)),
            ("'secret'", Some(Oddity::Quoted)),
            ("\"\"", Some(Oddity::Quoted)),
            (" secret", Some(Oddity::Blank)),
            ("secret\u{a0}", Some(Oddity::Blank)),
        ] {
            assert_eq!(Oddity::of(&password.into()), oddity, "{password:?}");
        }
    }

    #[test]
    fn a_pipe_is_not_waited_for() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("pipe");
        assert!(
            Command::new("mkfifo")
                .arg(&path)
                .status()
                .unwrap()
                .success()
        );
        for path in [path, directory.path().to_owned()] {
            let error = Password::File(path).read().unwrap_err();
            assert_eq!(error.to_string(), "it is no regular file");
        }
    }
}
