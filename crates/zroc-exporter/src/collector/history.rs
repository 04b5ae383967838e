//! Keeps the history of one vCenter from cycle to cycle: in memory, and in files if there is a folder for them.

mod files;

use planner_core::collection::CycleReport;
use planner_core::history::filling::Filling;
use planner_core::history::{History, View};
use planner_core::vcenter_time::VcenterTime;
use tokio::time::{Instant, sleep_until};

use self::files::HistoryFiles;
use crate::about::About;
use crate::self_metrics::{CollectionMetrics, HistoryStatus};
use crate::settings::HistorySettings;

/// The history of one vCenter.
#[derive(Debug)]
pub(super) struct HistoryKeeper {
    metrics: CollectionMetrics,
    /// Whose history it is: an instance UUID, once that is known.
    vcenter: Option<Box<str>>,
    history: History,
    /// `None` where it is kept in memory alone.
    files: Option<HistoryFiles>,
}

impl HistoryKeeper {
    pub(super) fn new(settings: HistorySettings, metrics: CollectionMetrics) -> Self {
        let keeper = Self {
            metrics,
            vcenter: None,
            history: History::new(settings.limits),
            files: settings.folder.map(HistoryFiles::new),
        };
        keeper.note_status();
        keeper
    }

    /// Takes the new samples of a cycle of the vCenter that says this about itself.
    pub(super) fn fold(&mut self, report: &CycleReport, about: Option<&About>) {
        if let Some(about) = about {
            self.belong_to(&about.instance_uuid);
        }
        let folded = self.history.fold(report);
        if let Some(files) = &mut self.files {
            files.take(folded, &self.history, self.vcenter.as_deref());
        }
        self.note_status();
    }

    /// What the history has now.
    pub(super) fn view(&self) -> View {
        self.history.view()
    }

    /// References of another vCenter would be mistaken for those of this one.
    fn belong_to(&mut self, uuid: &str) {
        let before = self.vcenter.replace(uuid.into());
        if before.is_some_and(|before| *before != *uuid) {
            tracing::warn!("this is another vCenter than before; its history is kept apart");
            self.history = History::new(self.history.limits());
            if let Some(files) = &mut self.files {
                files.leave();
            }
        }
    }

    /// What there is by now.
    pub(super) fn history(&self) -> &History {
        &self.history
    }

    /// Puts what was found of the past under what there is.
    pub(super) fn fill(&mut self, found: Filling) {
        let changed = self.history.fill(found);
        if let Some(files) = &mut self.files {
            files.change(changed, &self.history);
        }
        self.note_status();
    }

    /// Waits for files that are being read, but not long, and not beyond a moment. Cancel safe.
    pub(super) async fn read_files(&mut self, moment: Instant) {
        if let Some(files) = &mut self.files {
            files.opened(moment, &mut self.history).await;
        }
        self.note_status();
    }

    /// Waits for a moment, and meanwhile does what files need. Cancel safe.
    pub(super) async fn until(&mut self, moment: Instant) {
        let Some(files) = &mut self.files else {
            return sleep_until(moment).await;
        };
        let mut time = std::pin::pin!(sleep_until(moment));
        loop {
            tokio::select! {
                // Cycles that take all the time must not hold up files.
                biased;
                () = files.step(&mut self.history) => {}
                () = &mut time => return,
            }
            note_status(&self.metrics, &self.history, Some(files));
        }
    }

    /// Brings files up to date as far as that takes no more than 2 seconds, and leaves the folder.
    pub(super) async fn finish(mut self) {
        if let Some(files) = self.files {
            files.finish(&mut self.history).await;
        }
    }

    fn note_status(&self) {
        note_status(&self.metrics, &self.history, self.files.as_ref());
    }
}

fn note_status(metrics: &CollectionMetrics, history: &History, files: Option<&HistoryFiles>) {
    metrics.note_history(HistoryStatus {
        bytes: history.bytes() as u64,
        oldest: history.oldest().map(VcenterTime::timestamp),
        dropped_hours: history.dropped_hours(),
        saved: files.map(HistoryFiles::saved),
    });
}
