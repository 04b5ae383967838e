//! One row per file that a setting names and per thing that it may be instead.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use mock_vcenter::{MockVcenter, Options};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustix::process::Signal;
use tempfile::TempDir;
use tokio::time::timeout;

use super::stage::{Row, collects, ends, row, vcenter};
use crate::exporter::{Exporter, PATIENCE, command};
use crate::staging::{Variables, settings};

/// What a file can be instead of what it should be.
#[derive(Debug, Clone, Copy)]
enum Instead {
    Missing,
    Folder,
    Pipe,
    Device,
    Long,
    Garbage,
}

impl Instead {
    const ALL: [Self; 6] = [
        Self::Missing,
        Self::Folder,
        Self::Pipe,
        Self::Device,
        Self::Long,
        Self::Garbage,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Folder => "a folder",
            Self::Pipe => "a pipe",
            Self::Device => "a link to a device",
            Self::Long => "3 GB long",
            Self::Garbage => "something else",
        }
    }

    /// Puts it in the file's place at once: the exporter may write at the same moment.
    fn make(self, path: &Path) {
        let made = path.with_extension("made");
        match self {
            Self::Missing => return fs::remove_file(path).unwrap(),
            Self::Folder => {
                fs::remove_file(path).unwrap();
                fs::create_dir(&made).unwrap();
            }
            Self::Pipe => {
                let status = Command::new("mkfifo").arg(&made).status();
                assert!(status.unwrap().success());
            }
            Self::Device => std::os::unix::fs::symlink("/dev/zero", &made).unwrap(),
            Self::Long => File::create(&made).unwrap().set_len(3 << 30).unwrap(),
            Self::Garbage => fs::write(&made, "\u{1}{[:\n\u{1}{[:\n").unwrap(),
        }
        fs::rename(made, path).unwrap();
    }
}

/// Which file; the web config names the key.
#[derive(Debug, Clone, Copy)]
enum Named {
    Password,
    Authority,
    WebConfig,
    Key,
    State,
}

impl Named {
    const ALL: [Self; 5] = [
        Self::Password,
        Self::Authority,
        Self::WebConfig,
        Self::Key,
        Self::State,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Password => "`VCENTER_PASSWORD_FILE`",
            Self::Authority => "`VCENTER_CA_FILE`",
            Self::WebConfig => "`WEB_CONFIG_FILE`",
            Self::Key => "`key_file` of `WEB_CONFIG_FILE`",
            Self::State => "`STATE_FILE`",
        }
    }
}

pub(super) fn rows() -> Vec<Row> {
    let at_the_start = Named::ALL.map(|file| {
        row(
            format!("{} at the start", file.as_str()),
            each(move |instead| at_the_start(file, instead)),
        )
    });
    let later = Named::ALL.map(|file| {
        row(
            format!("{} later", file.as_str()),
            each(move |instead| later(file, instead)),
        )
    });
    at_the_start.into_iter().chain(later).collect()
}

/// What becomes of each thing that a file can be instead, by outcome.
async fn each<O: Future<Output = String>>(outcome: impl Fn(Instead) -> O) -> String {
    let mut by_outcome = BTreeMap::<String, Vec<&str>>::new();
    for instead in Instead::ALL {
        let outcome = outcome(instead).await;
        by_outcome
            .entry(outcome)
            .or_default()
            .push(instead.as_str());
    }
    let sentences = by_outcome
        .into_iter()
        .map(|(outcome, instead)| format!("{}: {outcome}", instead.join(", ")));
    sentences.collect::<Vec<_>>().join("; ")
}

/// Files as they should be, in a folder of their own.
struct Files {
    folder: TempDir,
    settings: Variables,
}

impl Files {
    fn new(mock: &MockVcenter) -> Self {
        let folder = TempDir::new().unwrap();
        let write = |name: &str, content: &str| {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            path.display().to_string()
        };
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        write("cert.pem", &cert.pem());
        write("key.pem", &signing_key.serialize_pem());
        let password = write("password", &Options::default().password);
        let authority = write("ca.pem", mock.certificate_pem());
        let state = write("state", "");
        let config = "tls_server_config: {cert_file: cert.pem, key_file: key.pem}";
        let web_config = write("web.yml", config);
        let mut settings = settings(
            mock,
            &[
                ("VCENTER_HOST", "localhost"),
                ("VCENTER_PASSWORD_FILE", &password),
                ("VCENTER_CA_FILE", &authority),
                ("WEB_CONFIG_FILE", &web_config),
                ("STATE_FILE", &state),
            ],
        );
        settings.retain(|(name, _)| *name != "VCENTER_THUMBPRINT");
        Self { folder, settings }
    }

    /// Plain HTTP, for a client that speaks no TLS.
    fn without_tls(self) -> Self {
        fs::write(self.folder.path().join("web.yml"), "").unwrap();
        self
    }

    fn path(&self, file: Named) -> PathBuf {
        self.folder.path().join(match file {
            Named::Password => "password",
            Named::Authority => "ca.pem",
            Named::WebConfig => "web.yml",
            Named::Key => "key.pem",
            Named::State => "state",
        })
    }
}

async fn at_the_start(file: Named, instead: Instead) -> String {
    let mock = vcenter().await;
    let files = Files::new(&mock);
    instead.make(&files.path(file));
    let mut child = command(&files.settings)
        .env("HTTP_HOST", "127.0.0.1")
        .env("HTTP_PORT", "0")
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let collects = async {
        while mock.calls().get("QueryPerf") < Some(&2) {
            tokio::task::yield_now().await;
        }
    };
    let outcome = async {
        tokio::select! {
            status = child.wait() => format!("ends with code {}", status.unwrap().code().unwrap()),
            () = collects => "collects".to_owned(),
        }
    };
    let outcome = timeout(PATIENCE, outcome).await;
    outcome.unwrap_or_else(|_| "hangs".to_owned())
}

async fn later(file: Named, instead: Instead) -> String {
    let mock = vcenter().await;
    let files = Files::new(&mock).without_tls();
    let exporter = Exporter::start(&files.settings).await;
    collects(&exporter).await;
    if matches!(file, Named::Key) {
        let config = "tls_server_config: {cert_file: cert.pem, key_file: key.pem}";
        instead.make(&files.path(file));
        fs::write(files.path(Named::WebConfig), config).unwrap();
    } else {
        instead.make(&files.path(file));
    }
    let collects = collects(&exporter).await;
    let ends = ends(exporter, Signal::TERM, &mock).await;
    assert_eq!(ends, "ends with code 0 within 5 s, logged out");
    collects.to_owned()
}
