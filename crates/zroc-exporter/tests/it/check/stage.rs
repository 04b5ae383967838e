//! A mock, the program that checks it, and reports without what differs from run to run.

use std::path::Path;

use mock_vcenter::{Denial, DenyRule, MockVcenter, Options};
use serde_json::Value;
use tempfile::TempDir;
use zroc_exporter::version::{REVISION, VERSION};

use crate::exporter::command;
use crate::staging::{read_afresh, settings};

/// Lines with these words have figures that differ.
const MEASURED: [&str; 5] = [
    "answers in",
    "newest sample",
    "page of",
    "this machine's",
    " s ago",
];

/// Facts that differ.
const MEASURED_FACTS: [&str; 6] = [
    "seconds",
    "received_bytes",
    "calls",
    "series",
    "version",
    "offset_seconds",
];

pub(super) struct Stage {
    pub(super) mock: MockVcenter,
    folder: TempDir,
}

/// How a check ended.
pub(super) struct Checked {
    pub(super) code: i32,
    pub(super) text: String,
}

impl Stage {
    pub(super) async fn new(vms: usize) -> Self {
        Self::of(Options::with_vms(vms)).await
    }

    pub(super) async fn of(options: Options) -> Self {
        Self {
            mock: MockVcenter::start(options).await.unwrap(),
            folder: TempDir::new().unwrap(),
        }
    }

    /// Where the program keeps its state.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn deny(&self, object: &str, kind: Denial) {
        let rule = DenyRule {
            object: object.to_owned(),
            path: "*".to_owned(),
            kind,
        };
        self.mock.deny(&rule).unwrap();
    }

    /// The reference of a host by its name.
    pub(super) async fn host_of(&self, name: &str) -> String {
        let vms = read_afresh(&self.mock, &[]).await;
        let found = vms.iter().find(|vm| &*vm.placement.host == name).unwrap();
        found.placement.host_moref.as_deref().unwrap().to_owned()
    }

    /// Checks the mock with these settings in addition or instead. It gets one login at most.
    pub(super) async fn check(&self, more: &[(&'static str, &str)], arguments: &[&str]) -> Checked {
        let before = self.mock.calls_of("Login");
        let checked = self.run_with(more, arguments).await;
        assert!(
            self.mock.calls_of("Login") <= before + 1,
            "{}",
            checked.text
        );
        assert_eq!(self.mock.open_sessions(), 0, "{}", checked.text);
        let text = self.steady(&checked.text);
        Checked { text, ..checked }
    }

    /// The same with the report as it is.
    pub(super) async fn run_with(
        &self,
        more: &[(&'static str, &str)],
        arguments: &[&str],
    ) -> Checked {
        self.run(&settings(&self.mock, more), arguments).await
    }

    /// Runs the program with these settings alone.
    pub(super) async fn run(
        &self,
        settings: &[(&'static str, String)],
        arguments: &[&str],
    ) -> Checked {
        let mut command = command(settings);
        command.env("XDG_STATE_HOME", self.folder()).args(arguments);
        let output = command.output().await.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said, "", "nobody watches");
        Checked {
            code: output.status.code().unwrap(),
            text: String::from_utf8(output.stdout).unwrap(),
        }
    }

    /// The report without what differs from run to run.
    pub(super) fn steady(&self, text: &str) -> String {
        if let Ok(mut json) = serde_json::from_str(text) {
            self.steady_json(&mut json);
            return format!("{json:#}\n");
        }
        let lines = text.lines().map(|line| self.steady_line(line));
        lines.map(|line| line + "\n").collect()
    }

    fn steady_json(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.steady_line(text),
            Value::Array(values) => values.iter_mut().for_each(|value| self.steady_json(value)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    if MEASURED_FACTS.contains(&name.as_str()) {
                        *value = "#".into();
                    }
                    self.steady_json(value);
                }
            }
            _ => {}
        }
    }

    fn steady_line(&self, line: &str) -> String {
        let address = self.mock.address();
        let revision = REVISION.get(..9).unwrap_or(REVISION);
        let line = line
            .replace(&address.to_string(), "VCENTER")
            .replace(
                &format!("VCENTER_PORT ({})", address.port()),
                "VCENTER_PORT (PORT)",
            )
            .replace(self.mock.thumbprint(), "THUMBPRINT")
            .replace(&format!("{VERSION} ({revision})"), "VERSION (REVISION)");
        if !MEASURED.iter().any(|words| line.contains(words)) {
            return line.trim_end().to_owned();
        }
        let words = line.split(' ').collect::<Vec<_>>();
        let units = ["ms", "s", "kB", "calls", "series"];
        let is_measured = |place: usize| {
            let next = words.get(place + 1).unwrap_or(&"");
            let unit = next.trim_end_matches([';', ',', '.', ':']);
            let is_number = words[place].starts_with(|digit: char| digit.is_ascii_digit());
            is_number && units.contains(&unit)
        };
        let steady: Vec<&str> = (0..words.len())
            .map(|place| {
                if is_measured(place) {
                    "#"
                } else {
                    words[place]
                }
            })
            .collect();
        steady.join(" ").trim_end().to_owned()
    }
}

impl Checked {
    /// Compares the report with the golden one, and the exit code.
    pub(super) fn hold(&self, name: &str, code: i32) {
        insta::assert_snapshot!(name, self.text);
        assert_eq!(self.code, code, "{}", self.text);
    }
}
