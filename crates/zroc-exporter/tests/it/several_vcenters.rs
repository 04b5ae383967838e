//! Several vCenters in one process: each has its own series, session and trouble.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use mock_vcenter::{Effect, FaultRule, MockVcenter, Options};
use rustix::process::{Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::exporter::Exporter;

/// A file with these vCenters.
pub(crate) struct File {
    folder: TempDir,
}

impl File {
    pub(crate) fn new(vcenters: &[String]) -> Self {
        let file = Self {
            folder: TempDir::new().unwrap(),
        };
        file.write(vcenters);
        file
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("zroc.toml")
    }

    pub(crate) fn write(&self, vcenters: &[String]) {
        for (file, password) in [
            ("right", Options::default().password),
            ("wrong", "x".to_owned()),
        ] {
            fs::write(self.folder.path().join(file), password).unwrap();
        }
        let mut text =
            "[defaults]\npoll_interval = \"0.2s\"\nbatch_delay = 0\nhistory_backfill = false\n"
                .to_owned();
        for vcenter in vcenters {
            let _ = write!(text, "[[vcenter]]\n{vcenter}");
        }
        fs::write(self.path(), text).unwrap();
    }

    async fn start(&self) -> Exporter {
        Exporter::start(&[("ZROC_CONFIG", self.path().display().to_string())]).await
    }
}

fn vcenter(name: &str, mock: &MockVcenter, password_file: &str) -> String {
    let (host, port) = (mock.address().ip(), mock.address().port());
    let thumbprint = mock.thumbprint();
    format!(
        "name = \"{name}\"\nhost = \"{host}\"\nport = {port}\nthumbprint = \"{thumbprint}\"\npassword_file = \"{password_file}\"\n"
    )
}

pub(crate) fn right(name: &str, mock: &MockVcenter) -> String {
    vcenter(name, mock, "right")
}

pub(crate) async fn mocks<const N: usize>() -> [MockVcenter; N] {
    let mocks = (0..N).map(|_| MockVcenter::with_vms(6));
    let mocks = futures_util::future::join_all(mocks).await.into_iter();
    let mocks: Vec<_> = mocks.map(Result::unwrap).collect();
    mocks
        .try_into()
        .unwrap_or_else(|_| panic!("another number of mocks"))
}

/// What `/health` says of one vCenter.
pub(crate) fn of<'h>(health: &'h Value, name: &str) -> &'h Value {
    let all = health["vcenters"].as_array().unwrap().iter();
    let mut named = all.filter(|vcenter| vcenter["name"] == name);
    named.next().unwrap_or(&Value::Null)
}

pub(crate) fn all_are_ok(health: &Value) -> bool {
    health["status"] == "ok"
}

#[tokio::test]
async fn a_dead_vcenter_and_a_wrong_password_cost_the_third_nothing() {
    let [dead, refusing, well] = mocks().await;
    dead.add_fault(FaultRule::on("*", Effect::CloseConnection));
    let file = File::new(&[
        right("dead", &dead),
        vcenter("refusing", &refusing, "wrong"),
        right("well", &well),
    ]);
    let exporter = file.start().await;
    let health = exporter
        .health_when(|health| {
            let cycles = of(health, "well")["collection_cycles"].as_u64();
            let have_tried = ["dead", "refusing"].map(|it| !of(health, it)["last_error"].is_null());
            cycles.unwrap_or(0) > 4 && have_tried == [true, true]
        })
        .await;
    assert_eq!(health["status"], "partly", "{health}");
    assert_eq!(of(&health, "well")["status"], "ok", "{health}");
    assert_eq!(of(&health, "well")["last_error"], Value::Null);
    for name in ["dead", "refusing"] {
        assert_eq!(of(&health, name)["status"], "degraded", "{health}");
        let sum = health["last_error"].as_str().unwrap();
        assert!(sum.contains(&format!("{name}: ")), "{sum}");
    }
    let answer = exporter.get("/health").await;
    assert_eq!(answer.status.as_u16(), 200);
    // The guard against lock-out is each vCenter's own.
    assert_eq!((refusing.calls_of("Login"), well.calls_of("Login")), (1, 1));
    let page = exporter.page().await;
    for (name, up) in [("dead", 0.0), ("refusing", 0.0), ("well", 1.0)] {
        let series = page.series("vcenter_up").iter();
        let mut of_it = series.filter(|(labels, _)| labels["vcenter"] == name);
        assert_eq!(of_it.next().map(|(_, value)| *value), Some(up), "{name}");
    }
    let log = exporter.log();
    let of_dead = log
        .lines()
        .filter(|line| line.contains("\"vcenter\":\"dead\""));
    assert!(of_dead.count() > 0, "{log}");
}

#[tokio::test]
async fn equal_references_of_two_vcenters_are_series_of_their_own() {
    let [one, other] = mocks().await;
    let file = File::new(&[right("one", &one), right("other", &other)]);
    let exporter = file.start().await;
    exporter.health_when(all_are_ok).await;
    let page = exporter.page().await;
    for name in ["one", "other"] {
        let series = page.series("vcenter_vm_disk_write_iops").iter();
        let of_it = series.filter(|(labels, _)| labels["vcenter"] == name);
        assert_eq!(of_it.count(), 6, "{name}");
    }
}

#[tokio::test]
async fn a_reload_adds_removes_and_changes_vcenters_and_leaves_the_others_alone() {
    let [stays, goes, comes] = mocks().await;
    let file = File::new(&[right("stays", &stays), right("goes", &goes)]);
    let exporter = file.start().await;
    exporter.health_when(all_are_ok).await;

    file.write(&[right("stays", &stays), right("comes", &comes)]);
    kill_process(exporter.pid(), Signal::HUP).unwrap();
    exporter
        .health_when(|health| of(health, "comes")["status"] == "ok")
        .await;
    assert_eq!(goes.open_sessions(), 0);
    assert_eq!((stays.calls_of("Login"), stays.calls_of("Logout")), (1, 0));
    let page = exporter.page().await;
    let names = page.series("vcenter_up").iter();
    let names: Vec<&str> = names.map(|(labels, _)| &*labels["vcenter"]).collect();
    assert_eq!(names, ["stays", "comes"]);
    assert!(!exporter.get("/metrics").await.text().contains("\"goes\""));

    // Changed: another session, and counters of its own.
    let changed = format!("{}batch_size = 3\n", right("comes", &comes));
    file.write(&[right("stays", &stays), changed]);
    kill_process(exporter.pid(), Signal::HUP).unwrap();
    exporter
        .health_when(|_| comes.calls_of("Login") == 2 && comes.open_sessions() == 1)
        .await;
    exporter.health_when(all_are_ok).await;
    assert_eq!((stays.calls_of("Login"), stays.calls_of("Logout")), (1, 0));

    // Broken: nothing changes, and everybody can see why.
    file.write(&["name = \"stays\"\nhots = \"vc\"\n".to_owned()]);
    kill_process(exporter.pid(), Signal::HUP).unwrap();
    let health = exporter
        .health_when(|health| !health["last_reload_error"].is_null())
        .await;
    assert!(
        health["last_reload_error"]
            .as_str()
            .unwrap()
            .contains("hots"),
        "{health}"
    );
    let page = exporter.page_after_cycles(2).await;
    let successful = page.value("vcenter_collector_config_last_reload_successful");
    assert_eq!(successful, Some(0.0));
    assert_eq!(page.series("vcenter_up").len(), 2);
    assert_eq!((stays.calls_of("Login"), stays.calls_of("Logout")), (1, 0));

    let (status, _) = exporter.end(Signal::TERM).await;
    assert_eq!(status.code(), Some(0));
    assert_eq!((stays.open_sessions(), comes.open_sessions()), (0, 0));
}

#[tokio::test]
async fn a_reload_that_would_take_the_label_away_is_refused() {
    let [mock] = mocks().await;
    let file = File::new(&[right("one", &mock)]);
    let exporter = file.start().await;
    exporter.health_when(all_are_ok).await;
    fs::write(file.path(), "").unwrap();
    kill_process(exporter.pid(), Signal::HUP).unwrap();
    let health = exporter
        .health_when(|health| !health["last_reload_error"].is_null())
        .await;
    assert_eq!(of(&health, "one")["name"], "one");
}
