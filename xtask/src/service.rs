//! Programs that run beside a chore: started, awaited, ended with it.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use crate::repository;

/// Longer than any program here takes to start on a busy machine.
const START_DEADLINE: Duration = Duration::from_secs(120);
const STOP_DEADLINE: Duration = Duration::from_secs(15);

/// A running program. Dropping it kills the program and all that it started.
pub(crate) struct Service {
    name: String,
    child: Child,
    log: PathBuf,
    /// Whether the program's output is read.
    reads: watch::Sender<bool>,
}

impl Service {
    /// Starts `command` and waits for the line, on either output, in which it announces itself.
    pub(crate) async fn start<T>(
        name: &str,
        mut command: Command,
        announcement: impl Fn(&str) -> Option<T>,
    ) -> anyhow::Result<(Self, T)> {
        let log = repository::scratch("service-logs")?.join(format!("{name}.log"));
        let file = Arc::new(File::create(&log)?);
        // Its own process group: Ctrl-C on the terminal reaches the chore alone, which then ends its
        // services in order.
        let mut child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let (sender, mut lines) = mpsc::unbounded_channel();
        let reads = watch::Sender::new(true);
        if let Some(output) = child.stdout.take() {
            let reads = reads.subscribe();
            tokio::spawn(keep(output, reads, Arc::clone(&file), sender.clone()));
        }
        if let Some(output) = child.stderr.take() {
            tokio::spawn(keep(output, reads.subscribe(), file, sender));
        }
        let service = Self {
            name: name.to_owned(),
            child,
            log,
            reads,
        };

        let heard = timeout(START_DEADLINE, async {
            while let Some(line) = lines.recv().await {
                if let Some(announced) = announcement(&line) {
                    return Some(announced);
                }
            }
            None
        });
        match heard.await {
            Ok(Some(announced)) => Ok((service, announced)),
            Ok(None) => bail!("{name} ended before it was ready; {}", service.last_words()),
            Err(_) => bail!(
                "{name} was not ready within {START_DEADLINE:?}; {}",
                service.last_words()
            ),
        }
    }

    /// An error when the program has ended by itself.
    pub(crate) fn still_running(&mut self) -> anyhow::Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("{} ended ({status}); {}", self.name, self.last_words());
        }
        Ok(())
    }

    /// Waits for the program to end by itself, which always is an error.
    pub(crate) async fn ended(&mut self) -> anyhow::Result<()> {
        let status = self.child.wait().await?;
        bail!("{} ended ({status}); {}", self.name, self.last_words());
    }

    /// The number of the process; `None` once it has been waited for.
    pub(crate) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// The file with everything the program printed.
    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// Sent `false`, nobody reads what the program prints, until `true` is sent.
    pub(crate) fn reads(&self) -> watch::Sender<bool> {
        self.reads.clone()
    }

    /// The end of the log, as the second half of an error message.
    pub(crate) fn last_words(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let last = lines.get(lines.len().saturating_sub(20)..).unwrap_or(&[]);
        format!("the end of its log:\n{}", last.join("\n"))
    }

    /// Asks the program to end, as a container engine does, and waits until it has.
    pub(crate) async fn stop(mut self) -> anyhow::Result<ExitStatus> {
        self.signal(Signal::TERM);
        match timeout(STOP_DEADLINE, self.child.wait()).await {
            Ok(status) => Ok(status?),
            Err(_) => bail!(
                "{} did not end within {STOP_DEADLINE:?}; {}",
                self.name,
                self.last_words()
            ),
        }
    }

    fn signal(&self, signal: Signal) {
        // No id: the program has been waited for, and its number may belong to another one.
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = id.and_then(Pid::from_raw) {
            // The only failure is that the group is gone, which is what was wanted.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

/// Returns when the user or the system asks this process to end.
pub(crate) async fn stop_requested() -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// Copies lines to the log until the output ends, and to the listener while there is one.
async fn keep(
    output: impl AsyncRead + Unpin,
    mut reads: watch::Receiver<bool>,
    log: Arc<File>,
    listener: mpsc::UnboundedSender<String>,
) {
    let mut lines = BufReader::new(output).lines();
    loop {
        // Once nobody can stop the reading any more, the rest is read.
        let _ = reads.wait_for(|reads| *reads).await;
        let Ok(Some(line)) = lines.next_line().await else {
            return;
        };
        // A full disk must not stop the program: its pipe is emptied in any case.
        let _ = writeln!(&*log, "{line}");
        let _ = listener.send(line);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use tokio::process::Command;

    use super::Service;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn port(line: &str) -> Option<u16> {
        line.strip_prefix("port ")?.parse().ok()
    }

    #[tokio::test]
    async fn the_announcement_is_found_among_other_lines_and_stop_is_a_termination_signal() {
        let script = "echo starting; echo port 17 >&2; exec sleep 600";
        let (service, announced) = Service::start("test-announces", shell(script), port)
            .await
            .expect("it announces itself");
        assert_eq!(announced, 17);
        let status = service.stop().await.expect("it ends");
        assert_eq!(status.signal(), Some(15));
    }

    #[tokio::test]
    async fn a_program_that_ends_too_early_is_quoted() {
        let early =
            Service::start("test-ends-early", shell("echo no such disk; exit 3"), port).await;
        let error = early.err().expect("it never announces itself").to_string();
        assert!(error.contains("no such disk"), "{error}");
    }
}
