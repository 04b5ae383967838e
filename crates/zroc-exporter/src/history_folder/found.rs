//! What an earlier process left in the folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use planner_core::history::History;
use planner_core::history::log::Log;
use planner_core::vcenter_time::VcenterTime;

use super::error::{FolderError, failed};
use super::hour_name;
use crate::bounded_read;
use crate::state_file::remove;

/// A file that grew has more bytes than what it says takes in memory: each record has the names of its VMs.
const FILE_TO_MEMORY: u64 = 4;

/// The most files that are looked at. A year has fewer hours.
const MOST_ENTRIES: usize = 100_000;

/// What an earlier process left in the folder.
#[derive(Debug)]
pub struct Found {
    /// What could be read.
    pub history: History,
    /// Starts of the hours whose files are not as this history has them.
    pub changed: BTreeSet<VcenterTime>,
    /// Files that are not as they were written.
    pub set_aside: Vec<SetAside>,
}

/// A file that is not as it was written, and kept.
#[derive(Debug, PartialEq, Eq)]
pub struct SetAside {
    /// Its new name.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

impl Found {
    /// Reads all files, the newest ones first: what the limits of the history exclude is not held.
    pub(super) fn read(folder: &Path, history: History) -> Result<Self, FolderError> {
        let mut found = Self {
            history,
            changed: BTreeSet::new(),
            set_aside: Vec::new(),
        };
        for (hour, path) in files(folder)?.into_iter().rev() {
            found.read_file(hour, &path)?;
        }
        Ok(found)
    }

    fn read_file(&mut self, hour: VcenterTime, path: &Path) -> Result<(), FolderError> {
        let most = self.history.limits().bytes as u64;
        let bytes = match bounded_read::read(path, most.saturating_mul(FILE_TO_MEMORY)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return self.move_away(path, error.to_string()),
            Ok(bytes) => bytes,
        };
        let log = match Log::read(&bytes) {
            Err(not_ours) => return self.move_away(path, not_ours.to_string()),
            Ok(log) => log,
        };
        if log.blocks.iter().any(|block| block.hour() != hour) {
            return self.move_away(path, "it is about another hour".to_owned());
        }
        if let Some(damage) = log.damage {
            self.copy_away(path, damage.to_string())?;
            self.changed.insert(hour);
        }
        if log.blocks.is_empty() {
            self.changed.insert(hour);
        }
        let restored = self.history.restore(log.blocks);
        if restored.unfit > 0 {
            self.copy_away(path, "its samples have several lengths".to_owned())?;
        }
        self.changed.extend(restored.changed);
        Ok(())
    }

    /// Nothing of the file is used.
    fn move_away(&mut self, path: &Path, reason: String) -> Result<(), FolderError> {
        let aside = aside(path);
        fs::rename(path, &aside).map_err(failed("set aside", path))?;
        self.note(aside, reason);
        Ok(())
    }

    /// What is used of the file stays where it is, until the file is replaced.
    fn copy_away(&mut self, path: &Path, reason: String) -> Result<(), FolderError> {
        let aside = aside(path);
        let linked = fs::hard_link(path, &aside);
        linked
            .or_else(|_| fs::copy(path, &aside).map(drop))
            .map_err(failed("set aside", path))?;
        self.note(aside, reason);
        Ok(())
    }

    fn note(&mut self, path: PathBuf, reason: String) {
        self.set_aside.push(SetAside { path, reason });
    }
}

/// A name that no file has yet.
fn aside(path: &Path) -> PathBuf {
    let mut number = Timestamp::now().as_second();
    loop {
        let mut aside = path.to_owned().into_os_string();
        aside.push(format!(".set-aside-{number}"));
        let aside = PathBuf::from(aside);
        let is_free = fs::symlink_metadata(&aside).is_err();
        if is_free {
            return aside;
        }
        number += 1;
    }
}

/// The files of hours. What a process had not finished when it ended is removed.
fn files(folder: &Path) -> Result<BTreeMap<VcenterTime, PathBuf>, FolderError> {
    let entries = fs::read_dir(folder).map_err(failed("read", folder))?;
    let mut files = BTreeMap::new();
    for entry in entries.take(MOST_ENTRIES) {
        let name = entry.map_err(failed("read", folder))?.file_name();
        let Some(name) = name.to_str() else { continue };
        let path = folder.join(name);
        if let Some(hour) = hour_name::parse(name) {
            files.insert(hour, path);
        } else if name.strip_suffix(".new").is_some_and(is_hour) {
            remove(&path).map_err(failed("remove", &path))?;
        }
    }
    Ok(files)
}

fn is_hour(name: &str) -> bool {
    hour_name::parse(name).is_some()
}
