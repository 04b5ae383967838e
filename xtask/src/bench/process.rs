//! The CPU time that a running program has used, as Linux counts it.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::time::{Instant, sleep};

/// How often a program is looked at.
pub(super) const PAUSE: Duration = Duration::from_millis(20);
/// A program that uses less than this in [`SETTLING_TIME`] is done with its work.
const SETTLED: Duration = Duration::from_micros(500);
const SETTLING_TIME: Duration = Duration::from_millis(200);
const SETTLING_DEADLINE: Duration = Duration::from_secs(60);

/// CPU time of a program, user and system, in nanoseconds.
///
/// The time of a whole process is only known in steps of 10 ms; that of its threads is exact, but gone with them. So
/// the threads are read often enough to see each one's last value.
pub(super) struct CpuMeter {
    id: u32,
    by_thread: BTreeMap<u32, u64>,
}

impl CpuMeter {
    pub(super) fn new(id: u32) -> Self {
        Self {
            id,
            by_thread: BTreeMap::new(),
        }
    }

    /// All that was used so far.
    pub(super) fn read(&mut self) -> anyhow::Result<Duration> {
        let folder = format!("/proc/{}/task", self.id);
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {folder}"))? {
            let path = entry?.path();
            // A thread may end between the two reads.
            let Ok(text) = fs::read_to_string(path.join("schedstat")) else {
                continue;
            };
            let thread = path.file_name().and_then(|name| name.to_str());
            let thread: u32 = thread.unwrap_or_default().parse()?;
            let used: u64 = text.split(' ').next().unwrap_or_default().parse()?;
            let known = self.by_thread.entry(thread).or_default();
            *known = used.max(*known);
        }
        Ok(Duration::from_nanos(self.by_thread.values().sum()))
    }

    /// Waits until the program rests, and returns all that it has used.
    pub(super) async fn settled(&mut self) -> anyhow::Result<Duration> {
        let deadline = Instant::now() + SETTLING_DEADLINE;
        let mut used = self.read()?;
        while Instant::now() < deadline {
            sleep(SETTLING_TIME).await;
            let before = std::mem::replace(&mut used, self.read()?);
            if used.saturating_sub(before) < SETTLED {
                return Ok(used);
            }
        }
        bail!("a program that should rest keeps working")
    }
}
