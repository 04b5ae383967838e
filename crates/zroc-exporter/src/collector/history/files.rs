//! The files of a history, which nobody waits for.

use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;
use std::mem;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use planner_core::history::{Block, Folded, History};
use planner_core::vcenter_time::VcenterTime;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, timeout, timeout_at};

use crate::error_chain::with_causes;
use crate::history_folder::{Change, FolderError, Found, HistoryFolder, SetAside, Unwritten};
use crate::task::{TaskError, join};

/// At the end of the process files get no longer than this to be brought up to date.
const END_WITHIN: Duration = Duration::from_secs(2);

/// What vCenter still has is read without files that take longer to be read.
const READ_WITHIN: Duration = Duration::from_secs(10);

/// Of files that are set aside, the log names no more than this number.
const MOST_NAMED: usize = 3;

type Opened = Result<(HistoryFolder, Found), FolderError>;
type Written = (HistoryFolder, Result<(), Unwritten>);

/// The files of a history.
///
/// Memory never waits for files: what they lack is noted by hour, and written once they can be. So whatever they do, cycles
/// go into the history as they come.
#[derive(Debug)]
pub(super) struct HistoryFiles {
    /// `HISTORY_DIR`.
    root: PathBuf,
    files: Files,
    /// Starts of the hours whose files are not as the history is.
    changed: BTreeSet<VcenterTime>,
    /// When files had all that there was.
    saved: Timestamp,
    /// What the log said last.
    problem: Option<String>,
}

#[derive(Debug)]
enum Files {
    /// They are to be opened in the next cycle.
    Closed,
    Opening(JoinHandle<Opened>),
    Open(HistoryFolder),
    Writing(JoinHandle<Written>),
}

impl HistoryFiles {
    pub(super) fn new(root: PathBuf) -> Self {
        Self {
            root,
            files: Files::Closed,
            changed: BTreeSet::new(),
            saved: Timestamp::UNIX_EPOCH,
            problem: None,
        }
    }

    /// When files had all that there was; the Unix epoch if never.
    pub(super) fn saved(&self) -> Timestamp {
        self.saved
    }

    /// Takes what has changed in the history of a vCenter with this UUID, if that is known.
    pub(super) fn take(&mut self, changes: Folded, history: &History, vcenter: Option<&str>) {
        let Folded {
            records,
            closed,
            dropped,
        } = changes;
        self.changed.extend(closed);
        self.changed.extend(dropped);
        match mem::replace(&mut self.files, Files::Closed) {
            Files::Open(folder) => self.write(folder, history, records),
            other => {
                self.changed.extend(records.iter().map(Block::hour));
                self.files = match other {
                    Files::Closed => self.open(history, vcenter),
                    busy => busy,
                };
            }
        }
    }

    /// Takes the starts of hours that are others in the history now.
    pub(super) fn change(&mut self, hours: BTreeSet<VcenterTime>, history: &History) {
        self.changed.extend(hours);
        self.files = match mem::replace(&mut self.files, Files::Closed) {
            Files::Open(folder) => return self.write(folder, history, Vec::new()),
            other => other,
        };
    }

    /// Waits until files are read that are being read, but no longer than 10 seconds, and not beyond a moment. Cancel safe.
    pub(super) async fn opened(&mut self, moment: Instant, history: &mut History) {
        let limit = moment.min(Instant::now() + READ_WITHIN);
        while matches!(self.files, Files::Opening(_)) {
            if timeout_at(limit, self.step(history)).await.is_err() {
                return;
            }
        }
    }

    /// Leaves the folder: it is another vCenter's.
    pub(super) fn leave(&mut self) {
        self.files = Files::Closed;
        self.changed.clear();
    }

    /// Brings files up to date as far as that takes no more than 2 seconds, and leaves the folder.
    pub(super) async fn finish(mut self, history: &mut History) {
        let done = async {
            while matches!(self.files, Files::Opening(_) | Files::Writing(_)) {
                self.step(history).await;
            }
        };
        if timeout(END_WITHIN, done).await.is_err() {
            tracing::warn!(
                "the disk under HISTORY_DIR does not answer; the newest samples may be lost"
            );
        }
    }

    /// Waits for what is under way, and begins what comes next. Never ends if nothing is under way. Cancel safe.
    pub(super) async fn step(&mut self, history: &mut History) {
        match &mut self.files {
            Files::Closed | Files::Open(_) => pending().await,
            Files::Opening(task) => {
                let opened = join(task).await;
                self.files = Files::Closed;
                self.take_opened(opened, history);
            }
            Files::Writing(task) => {
                let written = join(task).await;
                self.files = Files::Closed;
                self.written(written, history);
            }
        }
    }

    fn open(&self, history: &History, vcenter: Option<&str>) -> Files {
        let Some(vcenter) = vcenter.map(str::to_owned) else {
            return Files::Closed;
        };
        let root = self.root.clone();
        let history = history.to_restore();
        Files::Opening(spawn_blocking(move || {
            HistoryFolder::open(&root, &vcenter, history)
        }))
    }

    fn take_opened(&mut self, opened: Result<Opened, TaskError>, history: &mut History) {
        let (folder, found) = match opened {
            Ok(Ok(opened)) => opened,
            Ok(Err(error)) => return self.complain(&with_causes(&error)),
            Err(error) => return self.complain(&with_causes(&error)),
        };
        say_set_aside(&found.set_aside);
        let path = folder.path().display().to_string();
        let bytes = found.history.bytes();
        self.changed.extend(found.changed);
        self.changed.extend(history.continue_from(found.history));
        if self.problem.take().is_some() {
            tracing::info!(path, "the history is kept in files again");
        } else {
            tracing::info!(path, bytes, "the history is kept in this folder");
        }
        self.write(folder, history, Vec::new());
    }

    /// Begins to write what files lack: these records, and whatever else has changed.
    fn write(&mut self, mut folder: HistoryFolder, history: &History, records: Vec<Block>) {
        let replaced = mem::take(&mut self.changed);
        let mut added: BTreeMap<VcenterTime, Vec<Block>> = BTreeMap::new();
        for record in records {
            added.entry(record.hour()).or_default().push(record);
        }
        added.retain(|hour, _| !replaced.contains(hour));
        let replaced = replaced.into_iter().map(|hour| (hour, Vec::new()));
        let changes = replaced.chain(added).map(|(hour, added)| Change {
            hour,
            all: history.blocks_of(hour).collect(),
            added,
        });
        let changes: Vec<Change> = changes.collect();
        self.files = if changes.is_empty() {
            self.saved = Timestamp::now();
            Files::Open(folder)
        } else {
            Files::Writing(spawn_blocking(move || {
                let written = folder.write(changes);
                (folder, written)
            }))
        };
    }

    fn written(&mut self, written: Result<Written, TaskError>, history: &History) {
        match written {
            Ok((folder, Ok(()))) => {
                if self.problem.take().is_some() {
                    let path = folder.path().display();
                    tracing::info!(%path, "the history is kept in files again");
                }
                // What has changed meanwhile.
                self.write(folder, history, Vec::new());
            }
            Ok((folder, Err(Unwritten { hours, error }))) => {
                self.complain(&with_causes(&error));
                self.changed.extend(hours);
                let is_ours = !matches!(error, FolderError::Replaced { .. });
                if is_ours {
                    self.files = Files::Open(folder);
                }
            }
            // Nobody knows what was written. When files are opened again, all is compared.
            Err(error) => self.complain(&with_causes(&error)),
        }
    }

    fn complain(&mut self, reason: &str) {
        let before = self.problem.replace(reason.to_owned());
        if before.as_deref() != Some(reason) {
            tracing::warn!(
                reason,
                "the history is kept in memory only, until it can be written to HISTORY_DIR"
            );
        }
    }
}

fn say_set_aside(set_aside: &[SetAside]) {
    if set_aside.is_empty() {
        return;
    }
    let files = set_aside.len();
    let named = set_aside.iter().take(MOST_NAMED);
    let first: Vec<String> = named
        .map(|it| format!("{}: {}", it.path.display(), it.reason))
        .collect();
    let first = first.join("; ");
    tracing::warn!(
        files,
        first,
        "files of history are not as they were written; they were set aside, and what is whole of them is used"
    );
}
