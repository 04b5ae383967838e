//! Files that keep something over restarts: found behind links, read within bounds, and replaced as a whole.

mod cure;

use std::fs::{self, File, FileType, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Read as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use crate::bounded_read::{self, Bounds};

pub(crate) use self::cure::{cure, cure_of_reading};

/// 100,000 VMs with ten disks each take less.
const LARGEST_FILE_BYTES: u64 = 256 << 20;

/// As many links in a row as Linux follows.
const MOST_LINKS: usize = 40;

/// A file that may be there or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StateFile {
    path: PathBuf,
}

/// Why the file was not replaced, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    /// Replacing it would destroy a device or a pipe.
    #[error("cannot replace {}, {found}; a regular file must be there, or nothing", path.display())]
    NotRegular {
        /// Where the links lead to.
        path: PathBuf,
        /// What is there: a clause.
        found: &'static str,
    },
    /// The system refused a step.
    #[error("cannot {step} {}{}", path.display(), cure(source.kind()))]
    System {
        /// What was tried.
        step: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl StateFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// As the operator gave it.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The lines of the file. Blocks as long as the file system does.
    ///
    /// # Errors
    /// Those of [`bounded_read::lines`].
    pub(crate) fn lines(
        &self,
        longest_line_bytes: u64,
    ) -> io::Result<impl Iterator<Item = io::Result<Vec<u8>>>> {
        let bounds = Bounds {
            file_bytes: LARGEST_FILE_BYTES,
            line_bytes: longest_line_bytes,
        };
        bounded_read::lines(&self.path, bounds)
    }

    /// Replaces the file with what `write` writes. A reader finds either the old content or the new one.
    ///
    /// A link stays; the file that it leads to is replaced. The new file is written beside the old one, under its name
    /// with `.new`. Whatever has that name already is removed first and never followed or written to. Returns the new file.
    ///
    /// # Errors
    /// When the path leads to something else than a regular file, or the system refuses a step. The old content is still
    /// there then.
    pub(crate) fn replace(
        &self,
        write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> Result<File, ReplaceError> {
        let failed = |step, path: &Path| {
            let path = path.to_owned();
            move |source| ReplaceError::System { step, path, source }
        };
        let target = end_of_links(&self.path).map_err(failed("look at", &self.path))?;
        let old = match fs::symlink_metadata(&target) {
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            found => Some(found.map_err(failed("look at", &target))?),
        };
        if let Some(found) = old.as_ref().and_then(|old| irregular(old.file_type())) {
            return Err(ReplaceError::NotRegular {
                path: target,
                found,
            });
        }
        let new = beside(&target, ".new");
        let file = create(&new).map_err(failed("create", &new))?;
        let written = old
            .map_or(Ok(()), |old| file.set_permissions(old.permissions()))
            .and_then(|()| write_all(file, write))
            .map_err(failed("write", &new));
        let replaced = written.and_then(|file| {
            let renamed = fs::rename(&new, &target).map_err(failed("replace", &target));
            renamed.map(|()| file)
        });
        if replaced.is_err() {
            // Half a file would keep a full disk full.
            let _ = fs::remove_file(&new);
        }
        replaced
    }

    /// Renames the file, so that it is kept as it is and another one can be written. Returns its new name.
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub(crate) fn set_aside(&self, number: i64) -> io::Result<PathBuf> {
        let target = end_of_links(&self.path)?;
        let aside = beside(&target, &format!(".set-aside-{number}"));
        fs::rename(target, &aside)?;
        Ok(aside)
    }

    /// Replaces the file with a copy of itself, or with an empty file if there is none, to find out whether that works.
    ///
    /// # Errors
    /// Those of [`replace`](Self::replace).
    pub(crate) fn prove_writable(&self) -> Result<(), ReplaceError> {
        let copied = self.replace(|new| match bounded_read::open(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            old => io::copy(&mut old?.take(LARGEST_FILE_BYTES), new).map(drop),
        });
        copied.map(drop)
    }
}

/// What the file is instead of a regular one or a link: a clause.
pub(crate) fn irregular(found: FileType) -> Option<&'static str> {
    [
        (found.is_dir(), "which is a folder"),
        (found.is_fifo(), "which is a pipe"),
        (found.is_socket(), "which is a socket"),
        (
            found.is_char_device() || found.is_block_device(),
            "which is a device",
        ),
    ]
    .into_iter()
    .find_map(|(is_it, word)| is_it.then_some(word))
}

/// Where the links lead to, even if nothing is there yet.
pub(crate) fn end_of_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&path) {
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            // It is no link, or not there.
            Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::NotFound) => {
                return Ok(path);
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("it is a link that leads in a circle"))
}

fn beside(target: &Path, suffix: &str) -> PathBuf {
    let mut new = target.to_owned().into_os_string();
    new.push(suffix);
    new.into()
}

/// Removes a file, if it is there.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Creates a file that was not there before. An earlier process may have left one when it was killed.
fn create(path: &Path) -> io::Result<File> {
    remove(path)?;
    OpenOptions::new().write(true).create_new(true).open(path)
}

fn write_all(
    file: File,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<File> {
    let mut buffered = BufWriter::new(file);
    write(&mut buffered)?;
    let file = buffered
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::os::unix::net::UnixListener;
    use std::process::Command;

    use tempfile::TempDir;

    use super::*;

    fn replace(path: &Path) -> Result<(), String> {
        let written = StateFile::new(path.to_owned()).replace(|file| file.write_all(b"new"));
        written.map(drop).map_err(|error| error.to_string())
    }

    fn folder(files: &[(&str, &str)]) -> TempDir {
        let folder = TempDir::new().unwrap();
        for (name, content) in files {
            fs::write(folder.path().join(name), content).unwrap();
        }
        folder
    }

    fn names(folder: &TempDir) -> Vec<String> {
        let entries = fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn links_stay_and_their_target_is_replaced() {
        for is_there in [true, false] {
            let folder = folder(&[]);
            let path = |name: &str| folder.path().join(name);
            fs::create_dir(path("disk")).unwrap();
            if is_there {
                fs::write(path("disk/target"), "old").unwrap();
            }
            symlink("disk/target", path("relative")).unwrap();
            symlink(path("relative"), path("absolute")).unwrap();
            replace(&path("absolute")).unwrap();
            assert_eq!(fs::read_to_string(path("disk/target")).unwrap(), "new");
            assert_eq!(fs::read_to_string(path("absolute")).unwrap(), "new");
            assert_eq!(names(&folder), ["absolute", "disk", "relative"]);
            assert!(path("absolute").is_symlink() && path("relative").is_symlink());
        }
    }

    #[test]
    fn what_was_planted_under_the_new_name_is_neither_followed_nor_written_to() {
        let plants: [fn(&Path, &Path); 4] = [
            |victim, new| symlink(victim, new).unwrap(),
            |victim, new| symlink(victim.with_extension("missing"), new).unwrap(),
            |victim, new| fs::hard_link(victim, new).unwrap(),
            |_, new| assert!(Command::new("mkfifo").arg(new).status().unwrap().success()),
        ];
        for plant in plants {
            let folder = folder(&[("victim", "precious"), ("totals", "old")]);
            let path = |name: &str| folder.path().join(name);
            plant(&path("victim"), &path("totals.new"));
            replace(&path("totals")).unwrap();
            assert_eq!(fs::read_to_string(path("victim")).unwrap(), "precious");
            assert_eq!(fs::read_to_string(path("totals")).unwrap(), "new");
            assert_eq!(names(&folder), ["totals", "victim"]);
        }
    }

    #[test]
    fn what_is_not_a_regular_file_is_not_replaced() {
        let folder = folder(&[]);
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("a folder")).unwrap();
        drop(UnixListener::bind(path("a socket")).unwrap());
        let made = Command::new("mkfifo").arg(path("a pipe")).status();
        assert!(made.unwrap().success());
        for word in names(&folder) {
            let (path, link) = (path(&word), path("link"));
            symlink(&word, &link).unwrap();
            let before = fs::symlink_metadata(&path).unwrap().file_type();
            for path in [&path, &link] {
                let problem = replace(path).unwrap_err();
                assert!(problem.contains(&word), "{problem}");
            }
            assert_eq!(fs::symlink_metadata(&path).unwrap().file_type(), before);
            fs::remove_file(&link).unwrap();
            assert_eq!(names(&folder).len(), 3);
        }
    }

    #[test]
    fn a_path_below_a_file_is_called_one() {
        let folder = folder(&[("a file", "old")]);
        let path = folder.path().join("a file/totals");
        let Err(error) = StateFile::new(path).lines(100) else {
            panic!("it was read");
        };
        assert!(
            cure_of_reading(&error).contains("must be a folder"),
            "{error}"
        );
        let problem = replace(&folder.path().join("a file/totals")).unwrap_err();
        assert!(
            problem.contains("is a file and must be a folder"),
            "{problem}"
        );
        assert_eq!(names(&folder), ["a file"]);
    }

    #[test]
    fn a_circle_of_links_is_an_error() {
        let folder = folder(&[]);
        let path = |name: &str| folder.path().join(name);
        symlink("b", path("a")).unwrap();
        symlink("a", path("b")).unwrap();
        assert!(replace(&path("a")).unwrap_err().contains("cannot look at"));
        assert_eq!(names(&folder), ["a", "b"]);
    }

    #[test]
    fn permissions_outlive_a_replacement() {
        let folder = folder(&[("totals", "old")]);
        let path = folder.path().join("totals");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        replace(&path).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_write_that_fails_leaves_the_old_content_and_nothing_else() {
        let folder = folder(&[("totals", "old")]);
        let path = folder.path().join("totals");
        let full = || io::Error::from(ErrorKind::StorageFull);
        let failed = StateFile::new(path.clone()).replace(|file| {
            file.write_all(b"half")?;
            Err(full())
        });
        let problem = failed.unwrap_err().to_string();
        assert!(problem.contains("make room on this disk"), "{problem}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(&folder), ["totals"]);
    }
}
