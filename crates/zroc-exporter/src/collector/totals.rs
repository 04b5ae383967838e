//! Reads and writes the totals without letting a file system delay collection for long.

use planner_core::collection::totals::SavedTotals;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::limited_read::LimitedRead;
use crate::task::join;
use crate::totals_file::TotalsFile;

/// The file that `STATE_FILE` names, if it names one.
#[derive(Debug)]
pub(super) struct TotalsKeeper {
    file: Option<TotalsFile>,
    /// The latest write. It may hang with its disk.
    write: Option<JoinHandle<()>>,
}

impl TotalsKeeper {
    pub(super) fn new(file: Option<TotalsFile>) -> Self {
        Self { file, write: None }
    }

    /// Whether totals are kept at all.
    pub(super) fn is_on(&self) -> bool {
        self.file.is_some()
    }

    /// The totals of an earlier process. A file that cannot be read in time is left alone: writing would replace totals
    /// that nobody has read.
    pub(super) async fn load(&mut self) -> Option<SavedTotals> {
        let file = self.file.clone()?;
        let path = file.path().to_owned();
        let path = path.display();
        match LimitedRead::default().run(move || file.load()).await {
            Ok((totals, Ok(()))) => totals,
            Ok((totals, Err(error))) => {
                tracing::warn!(%path, %error, "not all totals could be read; the others restart from zero");
                totals
            }
            Err(error) => {
                tracing::warn!(%path, %error, "the totals cannot be read; they restart from zero and are not kept");
                self.file = None;
                None
            }
        }
    }

    /// Writes the totals, unless the write before has not ended yet.
    pub(super) async fn save(&mut self, totals: Option<SavedTotals>) {
        let (Some(file), Some(totals)) = (self.file.clone(), totals) else {
            return;
        };
        if let Some(write) = self.write.take_if(|write| write.is_finished())
            && let Err(error) = join(write).await
        {
            tracing::error!(%error, "writing the totals failed");
        }
        if self.write.is_some() {
            let path = file.path().display();
            tracing::warn!(%path, "the totals are not kept: the write before has not ended; see to STATE_FILE");
            return;
        }
        self.write = Some(spawn_blocking(move || {
            if let Err(error) = file.save(&totals) {
                let path = file.path().display();
                tracing::warn!(%path, %error, "totals cannot be kept; see to STATE_FILE");
            }
        }));
    }
}
