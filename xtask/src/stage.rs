//! A vCenter and the exporter, started as an operator would: by environment variables alone.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::ensure;
use serde::Deserialize;
use serde_json::Value;
use tokio::process::Command;

use crate::http;
use crate::service::Service;

/// A cycle over a few hundred VMs takes well under a second; the rest is for a busy machine.
const FIRST_CYCLE_DEADLINE: Duration = Duration::from_secs(60);

/// The JSON line with which the mock vCenter and the simulator announce themselves.
#[derive(Debug, Deserialize)]
pub(crate) struct Vcenter {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) password: String,
    /// SHA-256 of the certificate; `None` for the simulator, which does not announce it.
    thumbprint: Option<String>,
    /// Base URL of the mock's control interface.
    pub(crate) control: Option<String>,
}

impl Vcenter {
    /// Starts a program that announces itself with that line.
    pub(crate) async fn start(name: &str, command: Command) -> anyhow::Result<(Service, Self)> {
        Service::start(name, command, |line| serde_json::from_str(line).ok()).await
    }

    /// Starts the mock vCenter on free ports.
    pub(crate) async fn start_mock(
        program: &Path,
        arguments: &[impl AsRef<OsStr>],
    ) -> anyhow::Result<(Service, Self)> {
        let mut command = Command::new(program);
        command.args(arguments);
        Self::start("mock-vcenter", command).await
    }

    /// The certificate's SHA-256, if it was announced.
    pub(crate) fn thumbprint(&self) -> Option<&str> {
        self.thumbprint.as_deref()
    }

    /// The address and the credentials as arguments of the scripts.
    pub(crate) fn script_arguments(&self) -> [String; 4] {
        [
            self.host.clone(),
            self.port.to_string(),
            self.user.clone(),
            self.password.clone(),
        ]
    }

    /// What an operator would put into the environment for this vCenter.
    ///
    /// One poll in an hour: whatever is compared with the exporter must not change meanwhile.
    pub(crate) fn exporter_settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = common_settings();
        settings.extend([
            ("VCENTER_HOST", self.host.clone()),
            ("VCENTER_PORT", self.port.to_string()),
            ("VCENTER_USER", self.user.clone()),
            ("VCENTER_PASSWORD", self.password.clone()),
        ]);
        settings.push(match &self.thumbprint {
            Some(thumbprint) => ("VCENTER_THUMBPRINT", thumbprint.clone()),
            None => ("VCENTER_SSL_VERIFY", "false".to_owned()),
        });
        settings
    }
}

/// Whatever vCenter it is.
fn common_settings() -> Vec<(&'static str, String)> {
    vec![
        ("POLL_INTERVAL", "3600".to_owned()),
        ("BATCH_DELAY", "0".to_owned()),
        ("HISTORY_BACKFILL", "false".to_owned()),
        ("HTTP_HOST", "127.0.0.1".to_owned()),
        ("HTTP_PORT", "0".to_owned()),
        ("LOG_FORMAT", "json".to_owned()),
        // As in the image.
        ("MALLOC_ARENA_MAX", "1".to_owned()),
        ("MALLOC_TRIM_THRESHOLD_", "1048576".to_owned()),
    ]
}

/// What an operator would put into the environment for these vCenters: the place of a file, which is written into a folder
/// with the passwords beside it.
pub(crate) fn settings_of(
    folder: &Path,
    vcenters: &[Vcenter],
) -> anyhow::Result<Vec<(&'static str, String)>> {
    let mut text = String::new();
    for (number, vcenter) in (1..).zip(vcenters) {
        let password_file = format!("password-{number}");
        fs::write(folder.join(&password_file), &vcenter.password)?;
        let Vcenter {
            host, port, user, ..
        } = vcenter;
        write!(
            text,
            "[[vcenter]]\nname = \"mock-{number}\"\nhost = \"{host}\"\nport = {port}\nuser = \"{user}\"\n\
             password_file = \"{password_file}\"\n"
        )?;
        match vcenter.thumbprint() {
            Some(thumbprint) => writeln!(text, "thumbprint = \"{thumbprint}\"\n")?,
            None => writeln!(text, "ssl_verify = false\n")?,
        }
    }
    let file = folder.join("zroc-exporter.toml");
    fs::write(&file, text)?;
    let mut settings = common_settings();
    settings.push(("ZROC_CONFIG", file.display().to_string()));
    Ok(settings)
}

/// A running exporter that listens.
pub(crate) struct Exporter {
    pub(crate) service: Service,
    /// Without a slash at the end.
    pub(crate) url: String,
    pub(crate) port: String,
}

impl Exporter {
    /// Starts the program with these settings and nothing else in its environment.
    pub(crate) async fn start(
        program: &Path,
        settings: &[(&'static str, String)],
    ) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(settings.iter().map(|(name, value)| (name, value)));
        Self::start_command(command).await
    }

    /// Starts a command that ends up as the exporter, with its settings already in place.
    pub(crate) async fn start_command(command: Command) -> anyhow::Result<Self> {
        let (service, address) = Service::start("zroc-exporter", command, listening).await?;
        let port = address.rsplit(':').next().unwrap_or_default().to_owned();
        Ok(Self {
            service,
            url: format!("http://{address}"),
            port,
        })
    }

    /// Asks the exporter to end; anything but a clean end is an error.
    pub(crate) async fn end(self) -> anyhow::Result<()> {
        let status = self.service.stop().await?;
        ensure!(status.success(), "the exporter ended with {status}");
        Ok(())
    }

    /// Waits until the first cycle has succeeded.
    pub(crate) async fn collected(&mut self) -> anyhow::Result<()> {
        let health = format!("{}/health", self.url);
        http::get_until_ok(&health, &mut self.service, FIRST_CYCLE_DEADLINE).await?;
        Ok(())
    }
}

/// The address in the log line `listening`.
pub(crate) fn listening(line: &str) -> Option<String> {
    let entry: Value = serde_json::from_str(line).ok()?;
    let fields = entry.get("fields").unwrap_or(&entry);
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    (text("message")? == "listening").then(|| text("address").map(str::to_owned))?
}

#[cfg(test)]
mod tests {
    use super::listening;

    #[test]
    fn the_address_is_read_from_the_log() {
        let line =
            r#"{"level":"INFO","fields":{"message":"listening","address":"127.0.0.1:9272"}}"#;
        assert_eq!(listening(line).as_deref(), Some("127.0.0.1:9272"));
    }

    #[test]
    fn other_lines_are_passed_over() {
        assert_eq!(
            listening(r#"{"fields":{"message":"connected","address":"vc"}}"#),
            None
        );
        assert_eq!(listening("listening"), None);
    }
}
