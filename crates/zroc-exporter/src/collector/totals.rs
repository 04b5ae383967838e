//! Reads and writes the totals without letting a file system delay collection for long.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use planner_core::collection::totals::SavedTotals;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::error_chain::with_causes;
use crate::limited_read::LimitedRead;
use crate::self_metrics::CollectionMetrics;
use crate::state_file::{ReplaceError, cure_of_reading};
use crate::task::join;
use crate::totals_file::{LoadedTotals, TotalsFile};

/// What a file held, and whether all of it was read.
type Loaded = (LoadedTotals, io::Result<()>);

/// The file that `STATE_FILE` names, if it names one.
#[derive(Debug)]
pub(super) struct TotalsKeeper {
    /// `None` where totals are not kept.
    writer: Option<Writer>,
    /// The latest write. It may hang with its disk.
    write: Option<JoinHandle<()>>,
}

/// Writes, and says each problem once, and when it is over.
#[derive(Debug, Clone)]
struct Writer {
    file: TotalsFile,
    metrics: CollectionMetrics,
    /// What the log said last. A write that hangs shares it with those who complain of that.
    problem: Arc<Mutex<Option<String>>>,
}

impl TotalsKeeper {
    pub(super) fn new(file: Option<TotalsFile>, metrics: CollectionMetrics) -> Self {
        if file.is_some() {
            metrics.expect_saved_totals();
        }
        let writer = file.map(|file| Writer {
            file,
            metrics,
            problem: Arc::default(),
        });
        Self {
            writer,
            write: None,
        }
    }

    /// Whether totals are kept at all.
    pub(super) fn is_on(&self) -> bool {
        self.writer.is_some()
    }

    /// The totals of an earlier process. Afterwards the file is replaced by a copy of itself, so that an operator learns
    /// at once what would prevent it later.
    pub(super) async fn load(&mut self) -> Option<(SavedTotals, Duration)> {
        let file = self.writer.as_ref()?.file.clone();
        let totals = self.load_by(move || file.load()).await;
        self.start(TotalsFile::prove_writable);
        totals
    }

    /// A file that cannot be read in time, or that never held totals, is left alone: writing would replace what nobody
    /// has read.
    async fn load_by(
        &mut self,
        load: impl FnOnce() -> Loaded + Send + 'static,
    ) -> Option<(SavedTotals, Duration)> {
        let path = self.writer.as_ref()?.file.path().to_owned();
        let path = path.display();
        match LimitedRead::default().run(load).await {
            Ok((loaded, Ok(()))) => {
                if let Some((reason, to)) = loaded.set_aside {
                    let kept_as = to.display();
                    tracing::warn!(
                        %path,
                        %kept_as,
                        reason,
                        "STATE_FILE was set aside; totals that are not resumed restart from zero"
                    );
                }
                loaded.totals.map(|totals| (totals, loaded.away))
            }
            Ok((loaded, Err(error))) if loaded.totals.is_some() => {
                tracing::warn!(%path, %error, "not all totals could be read; the others restart from zero");
                loaded.totals.map(|totals| (totals, loaded.away))
            }
            Ok((_, Err(error))) => {
                let cure = cure_of_reading(&error);
                tracing::warn!(
                    %path,
                    %error,
                    "STATE_FILE {cure}; it is left alone, so totals restart from zero and are not kept"
                );
                self.writer = None;
                None
            }
            Err(error) => {
                tracing::warn!(%path, %error, "the totals cannot be read; they restart from zero and are not kept");
                self.writer = None;
                None
            }
        }
    }

    /// Writes the totals, unless the write before has not ended yet.
    pub(super) async fn save(&mut self, totals: Option<SavedTotals>) {
        let Some(totals) = totals else {
            return;
        };
        if let Some(write) = self.write.take_if(|write| write.is_finished())
            && let Err(error) = join(write).await
        {
            tracing::error!(%error, "writing the totals failed");
        }
        if self.write.is_none() {
            self.start(move |file| file.save(&totals));
        } else if let Some(writer) = &self.writer {
            writer.complain("the write before has not ended");
        }
    }

    /// Writes on a thread of its own.
    fn start(
        &mut self,
        write: impl FnOnce(&TotalsFile) -> Result<(), ReplaceError> + Send + 'static,
    ) {
        let writer = self.writer.clone();
        self.write = writer.map(|writer| spawn_blocking(move || writer.write(write)));
    }
}

impl Writer {
    fn write(&self, write: impl FnOnce(&TotalsFile) -> Result<(), ReplaceError>) {
        match write(&self.file) {
            Ok(()) => {
                let problem = self.problem().take();
                if problem.is_some() {
                    let path = self.file.path().display();
                    tracing::info!(%path, "totals are kept again");
                }
                self.metrics.note_saved_totals(Timestamp::now());
            }
            Err(error) => self.complain(&with_causes(&error)),
        }
    }

    fn complain(&self, reason: &str) {
        let before = self.problem().replace(reason.to_owned());
        if before.as_deref() != Some(reason) {
            let path = self.file.path().display();
            tracing::warn!(%path, reason, "the totals are not kept; see to STATE_FILE");
        }
    }

    fn problem(&self) -> MutexGuard<'_, Option<String>> {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::mpsc;

    use planner_core::collection::counters::Direction;
    use planner_core::collection::source::Source;
    use planner_core::collection::totals::{OpenSamples, Totals, VmTotals};
    use planner_core::inventory::VmId;
    use planner_core::vcenter_time::VcenterTime;
    use tempfile::TempDir;

    use super::*;
    use crate::limited_read::READ_WITHIN;

    fn totals(vcenter: &str) -> SavedTotals {
        SavedTotals {
            instance: Arc::from(vcenter),
            source: Source::ALL[0],
            vms: Vec::new(),
        }
    }

    /// A keeper of a file with totals.
    fn keeper(folder: &TempDir) -> (TotalsKeeper, TotalsFile) {
        let file = TotalsFile::new(folder.path().join("totals"));
        file.save(&totals("before")).unwrap();
        let metrics = CollectionMetrics::default();
        (TotalsKeeper::new(Some(file.clone()), metrics), file)
    }

    fn content(file: &TotalsFile) -> String {
        fs::read_to_string(file.path()).unwrap()
    }

    fn problem(keeper: &TotalsKeeper) -> Option<String> {
        keeper.writer.as_ref().unwrap().problem().clone()
    }

    impl TotalsKeeper {
        async fn settle(&mut self) {
            if let Some(write) = self.write.take() {
                write.await.unwrap();
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_is_not_read_in_time_is_left_alone() {
        let folder = TempDir::new().unwrap();
        let (mut keeper, file) = keeper(&folder);
        let before = content(&file);
        let (answer, hanging) = mpsc::channel();
        let (loaded, ()) = tokio::join!(
            keeper.load_by(move || hanging.recv().unwrap()),
            tokio::time::advance(READ_WITHIN)
        );
        assert!(loaded.is_none() && !keeper.is_on());
        keeper.save(Some(totals("after"))).await;
        keeper.settle().await;
        assert_eq!(content(&file), before);
        answer.send((LoadedTotals::default(), Ok(()))).unwrap();
    }

    #[tokio::test]
    async fn a_file_that_never_held_totals_is_left_alone() {
        for foreign in ["root:x:0:0:root:/root:/bin/bash\n", "secret", "[]", "{}\n"] {
            let folder = TempDir::new().unwrap();
            let (mut keeper, file) = keeper(&folder);
            fs::write(file.path(), foreign).unwrap();
            assert!(keeper.load().await.is_none());
            keeper.save(Some(totals("after"))).await;
            keeper.settle().await;
            assert_eq!(content(&file), foreign);
        }
    }

    /// What was set aside, by its content.
    fn set_aside(folder: &TempDir) -> Vec<String> {
        let entries = fs::read_dir(folder.path()).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        let aside = paths.filter(|path| path.to_str().unwrap().contains(".set-aside-"));
        aside
            .map(|path| fs::read_to_string(path).unwrap())
            .collect()
    }

    #[tokio::test]
    async fn a_file_of_a_later_format_is_set_aside() {
        let folder = TempDir::new().unwrap();
        let (mut keeper, file) = keeper(&folder);
        let later = "{\"version\":3,\"what\":\"nobody knows\"}\n[]";
        fs::write(file.path(), later).unwrap();
        assert!(keeper.load().await.is_none() && keeper.is_on());
        keeper.settle().await;
        keeper.save(Some(totals("after"))).await;
        keeper.settle().await;
        assert!(content(&file).contains("after"));
        assert_eq!(set_aside(&folder), [later]);
    }

    #[tokio::test]
    async fn samples_that_may_still_come_are_in_the_file() {
        let folder = TempDir::new().unwrap();
        let (mut keeper, file) = keeper(&folder);
        let time = |second| VcenterTime::from_second(second);
        let open = |disk: &str, direction, stamps: &[i64]| OpenSamples {
            instance: Arc::from(disk),
            direction,
            stamps: stamps.iter().copied().map(time).collect(),
        };
        let saved = SavedTotals {
            vms: vec![VmTotals {
                vm: VmId::new("vm-1"),
                newest_sample: time(1_700_000_040),
                all_disks: Totals::default(),
                disks: Vec::new(),
                open: vec![
                    open("scsi0:1", Direction::Write, &[1_700_000_020, 1_700_000_040]),
                    open("", Direction::Read, &[1_700_000_040]),
                ],
            }],
            ..totals("uuid")
        };
        keeper.save(Some(saved.clone())).await;
        keeper.settle().await;
        assert_eq!(keeper.load().await.unwrap().0, saved);
        let line = r#""open":[{"disk":"scsi0:1","way":"written","at":[1700000020,1700000040]}"#;
        assert!(content(&file).contains(line), "{}", content(&file));
    }

    /// Format 1 had no number and no time.
    #[tokio::test]
    async fn a_file_of_the_first_format_is_read() {
        let folder = TempDir::new().unwrap();
        let (mut keeper, file) = keeper(&folder);
        let first = "{\"vcenter\":\"uuid\",\"source\":\"realtime\"}\n\
                     {\"vm\":\"vm-1\",\"newest_sample\":1700000000,\"written\":7}";
        fs::write(file.path(), first).unwrap();
        let (totals, away) = keeper.load().await.unwrap();
        assert_eq!((totals.vms.len(), away), (1, Duration::from_secs(3_600)));
        assert!(set_aside(&folder).is_empty());
    }

    #[tokio::test]
    async fn totals_that_no_disk_reaches_are_set_aside_and_the_others_resumed() {
        let folder = TempDir::new().unwrap();
        let (mut keeper, file) = keeper(&folder);
        let line = |vm: u32, written: u64| {
            format!("{{\"vm\":\"vm-{vm}\",\"newest_sample\":1700000000,\"written\":{written}}}")
        };
        let absurd = [
            "{\"version\":2,\"vcenter\":\"uuid\",\"source\":\"realtime\",\"saved_at\":1700000000}"
                .to_owned(),
            line(1, 5),
            line(2, u64::MAX),
            line(3, 1_000_000_000_000_000_001),
            line(4, 1_000_000_000_000_000_000),
        ]
        .join("\n");
        fs::write(file.path(), &absurd).unwrap();
        let (totals, _) = keeper.load().await.unwrap();
        let vms: Vec<&str> = totals.vms.iter().map(|it| it.vm.as_str()).collect();
        assert_eq!(vms, ["vm-1", "vm-4"]);
        assert_eq!(set_aside(&folder), [absurd]);
    }

    #[tokio::test]
    async fn a_file_is_proved_writable_without_a_change() {
        let folder = TempDir::new().unwrap();
        let (mut keeper, file) = keeper(&folder);
        let before = content(&file);
        assert_eq!(&*keeper.load().await.unwrap().0.instance, "before");
        keeper.settle().await;
        assert_eq!(content(&file), before);

        fs::remove_file(file.path()).unwrap();
        assert!(keeper.load().await.is_none());
        keeper.settle().await;
        assert_eq!(content(&file), "");
        assert!(keeper.load().await.is_none() && keeper.is_on());
    }

    #[tokio::test]
    async fn a_write_that_hangs_holds_up_nobody_and_is_not_repeated() {
        let folder = TempDir::new().unwrap();
        let (mut keeper, file) = keeper(&folder);
        let (release, hanging) = mpsc::channel::<()>();
        keeper.start(move |_| {
            let _ = hanging.recv();
            Ok(())
        });
        for _ in 0..2 {
            keeper.save(Some(totals("meanwhile"))).await;
            assert_eq!(
                problem(&keeper),
                Some("the write before has not ended".into())
            );
        }
        release.send(()).unwrap();
        while !keeper.write.as_ref().unwrap().is_finished() {
            tokio::task::yield_now().await;
        }
        // The write that hung has said that totals are kept again.
        assert_eq!(problem(&keeper), None);
        keeper.save(Some(totals("after"))).await;
        keeper.settle().await;
        assert!(content(&file).contains("after"));
    }

    #[tokio::test]
    async fn a_problem_is_said_once_until_it_is_over() {
        let folder = TempDir::new().unwrap();
        let (mut keeper, file) = keeper(&folder);
        fs::create_dir(folder.path().join("totals.new")).unwrap();
        keeper.save(Some(totals("lost"))).await;
        keeper.settle().await;
        let problem_of_write = problem(&keeper).unwrap();
        assert!(
            problem_of_write.contains("totals.new")
                && problem_of_write.contains("remove this folder")
        );
        fs::remove_dir(folder.path().join("totals.new")).unwrap();
        keeper.save(Some(totals("kept"))).await;
        keeper.settle().await;
        assert_eq!(problem(&keeper), None);
        assert!(content(&file).contains("kept"));
    }
}
