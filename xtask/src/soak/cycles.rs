//! The exporter's log: its cycles, and what must not be in it.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use jiff::Timestamp;
use serde::Deserialize;

/// A cycle as its last log line reports it.
#[derive(Debug, Clone)]
pub(super) struct Cycle {
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    pub(super) sampled: u64,
    /// VMs of which vCenter had no values.
    pub(super) no_data: u64,
    /// VMs that could not be asked for.
    pub(super) failed: u64,
    /// Why it has failed, if so.
    pub(super) reason: Option<String>,
}

/// Reads a log while it is written.
pub(super) struct Log {
    file: File,
    /// The beginning of a line whose end is not there yet.
    unfinished: Vec<u8>,
    pub(super) cycles: Vec<Cycle>,
    pub(super) panics: u64,
    /// Lines that are not log entries, such as those of a panic.
    pub(super) odd_lines: Vec<String>,
    /// Lines that were dropped, as the log says where they are missing.
    pub(super) missing_lines: u64,
}

#[derive(Deserialize)]
struct Line {
    timestamp: String,
    message: String,
    sampled: Option<u64>,
    no_data: Option<u64>,
    failed: Option<u64>,
    lines: Option<u64>,
    seconds: Option<f64>,
    reason: Option<String>,
}

impl Log {
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        Ok(Self {
            file,
            unfinished: Vec::new(),
            cycles: Vec::new(),
            panics: 0,
            odd_lines: Vec::new(),
            missing_lines: 0,
        })
    }

    /// Takes in what was written since the last time.
    pub(super) fn read(&mut self) -> anyhow::Result<()> {
        self.file.read_to_end(&mut self.unfinished)?;
        while let Some(end) = self.unfinished.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.unfinished.drain(..=end).collect();
            self.take(&String::from_utf8_lossy(&line));
        }
        Ok(())
    }

    fn take(&mut self, line: &str) {
        if line.contains("panicked") {
            self.panics += 1;
        }
        let entry = serde_json::from_str::<Line>(line).ok();
        let dated =
            entry.and_then(|entry| Some((entry.timestamp.parse::<Timestamp>().ok()?, entry)));
        let Some((end, line)) = dated else {
            self.odd_lines.push(line.trim_end().to_owned());
            return;
        };
        if line.message.starts_with("log lines are missing here") {
            self.missing_lines += line.lines.unwrap_or(0);
        }
        if !line.message.starts_with("cycle finished") {
            return;
        }
        let duration = Duration::try_from_secs_f64(line.seconds.unwrap_or_default());
        self.cycles.push(Cycle {
            start: end - duration.unwrap_or_default(),
            end,
            sampled: line.sampled.unwrap_or(0),
            no_data: line.no_data.unwrap_or(0),
            failed: line.failed.unwrap_or(0),
            reason: line.reason,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::Log;

    #[test]
    fn cycles_are_told_from_other_lines() {
        let mut log = Log::open("/dev/null".as_ref()).expect("it is there");
        log.take(r#"{"timestamp":"2026-01-02T03:04:05.5Z","level":"INFO","message":"cycle finished","sampled":7,"seconds":0.5}"#);
        log.take(r#"{"timestamp":"2026-01-02T03:04:06Z","level":"WARN","message":"cycle finished with errors","reason":"away"}"#);
        log.take(r#"{"timestamp":"2026-01-02T03:04:06Z","level":"INFO","message":"connected"}"#);
        log.take(r#"{"timestamp":"2026-01-02T03:04:07Z","level":"WARN","message":"log lines are missing here, because","lines":5}"#);
        log.take("thread 'main' panicked at src/main.rs:1:1:");
        let [good, bad] = &log.cycles[..] else {
            panic!("{:?}", log.cycles);
        };
        assert_eq!(good.start.to_string(), "2026-01-02T03:04:05Z");
        assert_eq!((good.sampled, good.reason.as_deref()), (7, None));
        assert_eq!(bad.reason.as_deref(), Some("away"));
        assert_eq!((log.panics, log.odd_lines.len()), (1, 1));
        assert_eq!(log.missing_lines, 5);
    }
}
