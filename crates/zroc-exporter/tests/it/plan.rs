//! `zroc-exporter plan`, through the real binary.

mod arguments;
mod cases;
mod comparison;
mod csv_files;
mod formats;
mod lists;
mod prometheus;
mod report;
mod selection;
mod vcenter;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Monday, 1 January 2024, 00:00 UTC.
const MONDAY: i64 = 1_704_067_200;

/// Buckets of one rate in bytes per second, `None` without samples, and how many of them.
type Run = (Option<f64>, usize);

/// Quiet, then 40 MB/s for 600 s, then quiet, in buckets of 20 s.
const BURST: [Run; 3] = [(Some(0.0), 30), (Some(40e6), 30), (Some(0.0), 60)];

/// Neither compression nor overhead.
const PLAIN: [&str; 4] = ["--compression", "0", "--overhead", "0"];

/// A folder with the files of one test.
struct Stage(TempDir);

impl Stage {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    /// Runs the command in the folder, with nothing of this process' environment.
    fn run(&self, arguments: &[&str]) -> Output {
        plan_in(self.0.path(), arguments)
    }

    /// The plan of a command that must succeed.
    fn plan(&self, arguments: &[&str]) -> Value {
        let all = [arguments, &["--format", "json"]].concat();
        let output = self.run(&all);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The text of a command that must succeed.
    fn text(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a command says that must end with this exit code, and without a plan.
    fn refused(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(output.stdout.is_empty(), "a plan beside {said}");
        said
    }
}

fn plan_in(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_zroc-exporter"))
        .env_clear()
        .current_dir(folder)
        .arg("plan")
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A CSV file of VMs with buckets of this length from Monday on.
fn csv(bucket_seconds: i64, vms: &[(&str, &[Run])]) -> String {
    let mut text = "time,vm,write_bytes_per_second\n".to_owned();
    for (name, runs) in vms {
        let rates = runs
            .iter()
            .flat_map(|(rate, count)| std::iter::repeat_n(*rate, *count));
        for (place, rate) in (0..).zip(rates) {
            if let Some(rate) = rate {
                let _ = writeln!(text, "{},{name},{rate}", MONDAY + place * bucket_seconds);
            }
        }
    }
    text
}

/// A stage with one VM in `w.csv`.
fn stage(bucket_seconds: i64, runs: &[Run]) -> Stage {
    let stage = Stage::new();
    stage.write("w.csv", csv(bucket_seconds, &[("vm-0", runs)]));
    stage
}

/// The plan of one VM without compression and overhead.
fn plain(bucket_seconds: i64, runs: &[Run], more: &[&str]) -> Value {
    let all = [&["--from", "w.csv"], &PLAIN[..], more].concat();
    stage(bucket_seconds, runs).plan(&all)
}

#[track_caller]
fn assert_close(actual: &Value, expected: f64) {
    let number = actual.as_f64();
    let number = number.unwrap_or_else(|| panic!("{actual} instead of {expected}"));
    let difference = (number - expected).abs();
    assert!(
        difference <= 1e-6 * expected.abs().max(1.0),
        "{number} instead of {expected}"
    );
}
