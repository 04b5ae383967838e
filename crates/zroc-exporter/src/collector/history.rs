//! Keeps the history of one vCenter: in memory from cycle to cycle, and in files that it doesn't wait for.

use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;
use std::mem;
use std::time::Duration;

use jiff::Timestamp;
use planner_core::collection::CycleReport;
use planner_core::history::{Block, Folded, History};
use planner_core::vcenter_time::VcenterTime;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, sleep_until, timeout};

use crate::about::About;
use crate::error_chain::with_causes;
use crate::history_folder::{Change, FolderError, Found, HistoryFolder, SetAside, Unwritten};
use crate::self_metrics::{CollectionMetrics, HistoryStatus};
use crate::settings::HistorySettings;
use crate::task::{TaskError, join};

/// At the end of the process files get no longer than this to be brought up to date.
const END_WITHIN: Duration = Duration::from_secs(2);

/// Of files that are set aside, the log names no more than this number.
const MOST_NAMED: usize = 3;

type Opened = Result<(HistoryFolder, Found), FolderError>;
type Written = (HistoryFolder, Result<(), Unwritten>);

/// The history of one vCenter, and its files.
///
/// Memory never waits for files: what they lack is noted by hour, and written once they can be. So whatever they do, cycles
/// go into the history as they come.
#[derive(Debug)]
pub(super) struct HistoryKeeper {
    settings: HistorySettings,
    metrics: CollectionMetrics,
    /// Whose history it is: an instance UUID, once that is known.
    vcenter: Option<Box<str>>,
    history: History,
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

impl HistoryKeeper {
    pub(super) fn new(settings: HistorySettings, metrics: CollectionMetrics) -> Self {
        let keeper = Self {
            history: History::new(settings.limits),
            settings,
            metrics,
            vcenter: None,
            files: Files::Closed,
            changed: BTreeSet::new(),
            saved: Timestamp::UNIX_EPOCH,
            problem: None,
        };
        keeper.note_status();
        keeper
    }

    /// Takes the new samples of a cycle of the vCenter that says this about itself.
    pub(super) fn fold(&mut self, report: &CycleReport, about: Option<&About>) {
        if let Some(about) = about {
            self.belong_to(&about.instance_uuid);
        }
        let Folded {
            records,
            closed,
            dropped,
        } = self.history.fold(report);
        self.changed.extend(closed);
        self.changed.extend(dropped);
        match mem::replace(&mut self.files, Files::Closed) {
            Files::Open(folder) => self.write(folder, records),
            other => {
                self.changed.extend(records.iter().map(Block::hour));
                self.files = match other {
                    Files::Closed => self.open(),
                    busy => busy,
                };
            }
        }
        self.note_status();
    }

    /// References of another vCenter would be mistaken for those of this one.
    fn belong_to(&mut self, uuid: &str) {
        let before = self.vcenter.replace(uuid.into());
        if before.is_some_and(|before| *before != *uuid) {
            tracing::warn!("this is another vCenter than before; its history is kept apart");
            self.history = History::new(self.settings.limits);
            self.files = Files::Closed;
            self.changed.clear();
        }
    }

    /// Waits for a moment, and meanwhile does what files need. Cancel safe.
    pub(super) async fn until(&mut self, moment: Instant) {
        let mut time = std::pin::pin!(sleep_until(moment));
        loop {
            tokio::select! {
                // Cycles that take all the time must not hold up files.
                biased;
                () = self.step() => {}
                () = &mut time => return,
            }
        }
    }

    /// Brings files up to date as far as that takes no more than 2 seconds, and leaves the folder.
    pub(super) async fn finish(mut self) {
        let done = async {
            while matches!(self.files, Files::Opening(_) | Files::Writing(_)) {
                self.step().await;
            }
        };
        if timeout(END_WITHIN, done).await.is_err() {
            tracing::warn!(
                "the disk under HISTORY_DIR does not answer; the newest samples may be lost"
            );
        }
    }

    /// Waits for what is under way, and begins what comes next. Never ends if nothing is under way. Cancel safe.
    async fn step(&mut self) {
        match &mut self.files {
            Files::Closed | Files::Open(_) => pending().await,
            Files::Opening(task) => {
                let opened = join(task).await;
                self.files = Files::Closed;
                self.opened(opened);
            }
            Files::Writing(task) => {
                let written = join(task).await;
                self.files = Files::Closed;
                self.written(written);
            }
        }
        self.note_status();
    }

    fn open(&self) -> Files {
        let Some(vcenter) = self.vcenter.clone() else {
            return Files::Closed;
        };
        let root = self.settings.folder.clone();
        let history = self.history.to_restore();
        Files::Opening(spawn_blocking(move || {
            HistoryFolder::open(&root, &vcenter, history)
        }))
    }

    fn opened(&mut self, opened: Result<Opened, TaskError>) {
        let (folder, found) = match opened {
            Ok(Ok(opened)) => opened,
            Ok(Err(error)) => return self.complain(&with_causes(&error)),
            Err(error) => return self.complain(&with_causes(&error)),
        };
        say_set_aside(&found.set_aside);
        let path = folder.path().display().to_string();
        let bytes = found.history.bytes();
        self.changed.extend(found.changed);
        self.changed
            .extend(self.history.continue_from(found.history));
        if self.problem.take().is_some() {
            tracing::info!(path, "the history is kept in files again");
        } else {
            tracing::info!(path, bytes, "the history is kept in this folder");
        }
        self.write(folder, Vec::new());
    }

    /// Begins to write what files lack: these records, and whatever else has changed.
    fn write(&mut self, mut folder: HistoryFolder, records: Vec<Block>) {
        let replaced = mem::take(&mut self.changed);
        let mut added: BTreeMap<VcenterTime, Vec<Block>> = BTreeMap::new();
        for record in records {
            added.entry(record.hour()).or_default().push(record);
        }
        added.retain(|hour, _| !replaced.contains(hour));
        let replaced = replaced.into_iter().map(|hour| (hour, Vec::new()));
        let changes = replaced.chain(added).map(|(hour, added)| Change {
            hour,
            all: self.history.blocks_of(hour).collect(),
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

    fn written(&mut self, written: Result<Written, TaskError>) {
        match written {
            Ok((folder, Ok(()))) => {
                if self.problem.take().is_some() {
                    let path = folder.path().display();
                    tracing::info!(%path, "the history is kept in files again");
                }
                // What has changed meanwhile.
                self.write(folder, Vec::new());
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

    fn note_status(&self) {
        self.metrics.note_history(HistoryStatus {
            bytes: self.history.bytes() as u64,
            oldest: self.history.oldest().map(VcenterTime::timestamp),
            dropped_hours: self.history.dropped_hours(),
            saved: self.saved,
        });
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
