//! The real binary, started with environment variables alone, and a small HTTP client to ask it.

use std::net::SocketAddr;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use mock_vcenter::MockVcenter;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::NamedTempFile;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::metrics_page::MetricsPage;
use crate::staging::settings;

/// Nothing here takes this long; a condition that does not come true in time fails the test.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// After a signal everything ends within 5 seconds; the rest is for a busy machine.
pub(crate) const END_WITHIN: Duration = Duration::from_secs(5 + 3);

/// A running exporter. Dropping it kills it.
pub(crate) struct Exporter {
    child: Child,
    address: SocketAddr,
    /// Everything logged so far.
    log: watch::Receiver<String>,
    reader: watch::Sender<LogReader>,
    /// Ends with the program's standard error.
    logging: JoinHandle<()>,
}

/// What who reads the log does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogReader {
    /// Reads all there is.
    Reads,
    /// Keeps the pipe open and reads nothing.
    Sleeps,
    /// Has closed the pipe.
    IsGone,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// The mock's certificate as a file for `VCENTER_CA_FILE`.
pub(crate) fn ca_file(mock: &MockVcenter) -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), mock.certificate_pem()).unwrap();
    file
}

/// A command with nothing of this process' environment.
pub(crate) fn command(settings: &[(&'static str, String)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zroc-exporter"));
    command
        .env_clear()
        .envs(settings.iter().map(|(name, value)| (name, value)))
        .kill_on_drop(true);
    command
}

impl Exporter {
    /// Starts the exporter on a free port and waits until it listens. Tests count calls, so it reads nothing of the past
    /// unless the settings say so.
    pub(crate) async fn start(settings: &[(&'static str, String)]) -> Self {
        let mut command = command(settings);
        if settings.iter().all(|(name, _)| *name != "HISTORY_BACKFILL") {
            command.env("HISTORY_BACKFILL", "false");
        }
        command
            .env("HTTP_HOST", "127.0.0.1")
            .env("HTTP_PORT", "0")
            .env("LOG_FORMAT", "json");
        Self::start_with(&mut command).await
    }

    /// Starts the exporter against a mock and waits until it has collected.
    pub(crate) async fn collecting(mock: &MockVcenter, more: &[(&'static str, &str)]) -> Self {
        let exporter = Self::start(&settings(mock, more)).await;
        exporter
            .health_when(|health| health["status"] == "ok")
            .await;
        exporter
    }

    /// Starts a command that listens on a port that the system chooses and logs in JSON, and waits until it listens.
    pub(crate) async fn start_with(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let (written, log) = watch::channel(String::new());
        let (found, mut address) = watch::channel(None);
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (reader, mut behaviour) = watch::channel(LogReader::Reads);
        let logging = tokio::spawn(async move {
            loop {
                let does = *behaviour.borrow_and_update();
                if does == LogReader::IsGone {
                    return;
                }
                let line = tokio::select! {
                    line = lines.next_line(), if does == LogReader::Reads => line,
                    _ = behaviour.changed() => continue,
                };
                let Ok(Some(line)) = line else { return };
                let event: Value = serde_json::from_str(&line).unwrap_or_default();
                if event["message"] == "listening" {
                    found.send_replace(event["address"].as_str().unwrap().parse().ok());
                }
                written.send_modify(|log| log.extend([line.as_str(), "\n"]));
            }
        });
        let listening = address.wait_for(Option::is_some);
        let address = tokio::time::timeout(PATIENCE, listening)
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        Self {
            child,
            address,
            log,
            reader,
            logging,
        }
    }

    /// What who reads the log does from now on.
    pub(crate) fn log_reader(&self, does: LogReader) {
        self.reader.send_replace(does);
    }

    /// Everything logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.borrow().clone()
    }

    /// The first line logged that is as wanted.
    pub(crate) async fn logged_when(&self, wanted: impl Fn(&str) -> bool) -> String {
        let find = |log: &str| log.lines().find(|line| wanted(line)).map(str::to_owned);
        let mut log = self.log.clone();
        let found = log.wait_for(|log| find(log).is_some());
        match tokio::time::timeout(PATIENCE, found).await {
            Ok(Ok(log)) => find(&log).unwrap(),
            _ => panic!("no such line in the log:\n{}", self.log()),
        }
    }

    pub(crate) fn pid(&self) -> Pid {
        let id = self.child.id().unwrap().try_into().unwrap();
        Pid::from_raw(id).unwrap()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, path, headers).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let client = Client::builder(TokioExecutor::new()).build_http();
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = client
            .request(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer {
            status: head.status,
            headers: head.headers,
            body,
        }
    }

    /// Asks for `/health` until the answer is as wanted. What it says before the first cycle has ended is no error of a
    /// cycle, so `last_error` is null until then.
    pub(crate) async fn health_when(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut latest = Value::Null;
        let asking = async {
            loop {
                latest = self.get("/health").await.json();
                if latest["collection_cycles"] == 0 {
                    latest["last_error"] = Value::Null;
                }
                if wanted(&latest) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, asking).await;
        assert!(
            in_time.is_ok(),
            "health stayed {latest}\nlog:\n{}",
            self.log()
        );
        latest
    }

    /// What `/health` answers once a cycle has ended.
    pub(crate) async fn first_cycle(&self) -> Value {
        self.health_when(|health| health["collection_cycles"].as_u64() >= Some(1))
            .await
    }

    /// The metrics once this many more cycles have ended.
    pub(crate) async fn page_after_cycles(&self, more: u64) -> MetricsPage {
        let cycles = |health: &Value| health["collection_cycles"].as_u64().unwrap();
        let before = cycles(&self.get("/health").await.json());
        self.health_when(|health| cycles(health) >= before + more)
            .await;
        self.page().await
    }

    /// The metrics as they are.
    pub(crate) async fn page(&self) -> MetricsPage {
        MetricsPage::parse(self.get("/metrics").await.text())
    }

    /// Sends a signal and waits for the end, which must come soon whatever vCenter does.
    pub(crate) async fn end(mut self, signal: Signal) -> (ExitStatus, String) {
        kill_process(self.pid(), signal).unwrap();
        let ended = tokio::time::timeout(END_WITHIN, self.child.wait()).await;
        let status = ended.unwrap_or_else(|_| panic!("it is still running\nlog:\n{}", self.log()));
        // What it said last may not have been read yet.
        if *self.reader.borrow() == LogReader::Sleeps {
            self.log_reader(LogReader::Reads);
        }
        (&mut self.logging).await.unwrap();
        (status.unwrap(), self.log())
    }
}
