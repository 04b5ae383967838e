//! The folder with the history of one vCenter: a file for each hour, and a lock that keeps other processes out.
//!
//! All of this blocks as long as the file system does.

mod appended;
mod error;
mod found;
mod hour_name;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use planner_core::history::{Block, History, log};
use planner_core::vcenter_time::VcenterTime;
use rustix::fs::OFlags;

use self::appended::{Appended, frame};
use self::error::failed;
use crate::state_file::{StateFile, remove};

pub use self::error::FolderError;
pub use self::found::{Found, SetAside};

/// UUIDs have 36 characters.
const LONGEST_NAME: usize = 64;

/// The name of the file whose lock belongs to the process that keeps this history.
const LOCK: &str = "lock";

/// The folder with the history of one vCenter. It is this process' alone until it is dropped, or until the process ends.
#[derive(Debug)]
pub struct HistoryFolder {
    path: PathBuf,
    lock: File,
    /// The hours whose files grow.
    growing: BTreeMap<VcenterTime, Appended>,
}

/// What is to become of the file of an hour.
#[derive(Debug, Clone)]
pub struct Change {
    /// Start of the hour.
    pub hour: VcenterTime,
    /// All blocks that there are of it. Without any its file goes.
    pub all: Vec<Block>,
    /// Those that the file lacks, if it only has to grow.
    pub added: Vec<Block>,
}

/// Hours whose files are not as they should be, and the first reason.
#[derive(Debug)]
pub struct Unwritten {
    /// Starts of the hours.
    pub hours: BTreeSet<VcenterTime>,
    /// Why it failed.
    pub error: FolderError,
}

impl HistoryFolder {
    /// Takes the folder of a vCenter, by its UUID, below `root`, and reads what an earlier process kept into `history`.
    ///
    /// Files that are not as they were written are kept under another name.
    ///
    /// # Errors
    /// When another process has the folder, or the system refuses a step.
    pub fn open(
        root: &Path,
        vcenter: &str,
        history: History,
    ) -> Result<(Self, Found), FolderError> {
        let path = root.join(name(vcenter)?);
        match fs::create_dir(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            created => created.map_err(failed("create", &path))?,
        }
        let lock = lock(&path)?;
        let found = Found::read(&path, history)?;
        let folder = Self {
            path,
            lock,
            growing: BTreeMap::new(),
        };
        Ok((folder, found))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Brings files up to date, each by itself. A file is as before or as it should be, whenever the process ends; one that
    /// grows may have a part of what was added.
    ///
    /// # Errors
    /// When the folder is another one by now, or a file could not be written. Such a file grows no more: the next change of
    /// its hour replaces it.
    pub fn write(&mut self, mut changes: Vec<Change>) -> Result<(), Unwritten> {
        if let Err(error) = self.check_lock() {
            let hours = changes.iter().map(|change| change.hour).collect();
            return Err(Unwritten { hours, error });
        }
        // A file that goes or shrinks makes room for the others.
        changes.sort_by_key(|change| (!change.all.is_empty(), !change.added.is_empty()));
        let mut hours = BTreeSet::new();
        let mut first = None;
        for change in changes {
            let hour = change.hour;
            if let Err(error) = self.apply(&change) {
                hours.insert(hour);
                first.get_or_insert(error);
            }
        }
        match first {
            Some(error) => Err(Unwritten { hours, error }),
            None => Ok(()),
        }
    }

    fn apply(&mut self, change: &Change) -> Result<(), FolderError> {
        let path = self.path.join(hour_name::of(change.hour));
        let growing = self.growing.remove(&change.hour);
        if change.all.is_empty() {
            return remove(&path).map_err(failed("remove", &path));
        }
        let only_grows = !change.added.is_empty();
        let file = match growing.filter(|file| only_grows && file.is_at(&path)) {
            Some(mut file) => {
                let appended = file.append(&change.added);
                appended.map_err(failed("append to", &path))?;
                file
            }
            None => Appended::new(StateFile::new(path).replace(|file| {
                file.write_all(&log::head())?;
                let mut blocks = change.all.iter();
                blocks.try_for_each(|block| file.write_all(&frame(block)?))
            })?),
        };
        if only_grows {
            self.growing.insert(change.hour, file);
        }
        Ok(())
    }

    /// If somebody removed the folder, another process may have made it again.
    fn check_lock(&self) -> Result<(), FolderError> {
        let path = self.path.join(LOCK);
        let is_same = || {
            let (mine, there) = (self.lock.metadata()?, fs::symlink_metadata(&path)?);
            Ok((mine.dev(), mine.ino()) == (there.dev(), there.ino()))
        };
        match is_same() {
            Ok(true) => Ok(()),
            Ok(false) => Err(FolderError::Replaced { path }),
            Err(error) if error_is_absence(&error) => Err(FolderError::Replaced { path }),
            Err(error) => Err(failed("look at", &path)(error)),
        }
    }
}

fn error_is_absence(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// What vCenter sends becomes a name in the file system only if it looks like a UUID.
fn name(vcenter: &str) -> Result<&str, FolderError> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let is_name = (1..=LONGEST_NAME).contains(&vcenter.len()) && vcenter.chars().all(is_plain);
    is_name.then_some(vcenter).ok_or(FolderError::NoName)
}

/// The lock of this process, which the system takes away when the process ends, however that happens.
fn lock(folder: &Path) -> Result<File, FolderError> {
    let path = folder.join(LOCK);
    // Whatever lies there, opening it waits for nobody and starts nothing.
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW;
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .custom_flags(flags.bits().cast_signed())
        .open(&path)
        .map_err(failed("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(FolderError::Locked {
            folder: folder.to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(failed("lock", &path)(error)),
    }
}
