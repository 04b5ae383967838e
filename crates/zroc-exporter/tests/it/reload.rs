//! SIGHUP: files are read again, and an unusable one changes nothing.

use std::fs::{self, File};
use std::process::Stdio;

use mock_vcenter::{MockVcenter, Options};
use rustix::process::{Signal, kill_process};

use crate::exporter::{Exporter, ca_file, command};
use crate::staging::settings;

const SUCCESSFUL: &str = "vcenter_collector_config_last_reload_successful";
const SUCCESS_AT: &str = "vcenter_collector_config_last_reload_success_timestamp_seconds";

#[tokio::test]
async fn sighup_reads_files_again_and_says_which_cannot_be_used() {
    let mock = MockVcenter::start(Options::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (password, web_config, ca) = (path("password"), path("web.yml"), path("ca.pem"));
    let authority = fs::read(ca_file(&mock).path()).unwrap();
    let write_all = || {
        fs::write(&password, Options::default().password).unwrap();
        fs::write(&web_config, "").unwrap();
        fs::write(&ca, &authority).unwrap();
    };
    write_all();
    let mut settings = settings(
        &mock,
        &[
            ("VCENTER_PASSWORD_FILE", &password),
            ("WEB_CONFIG_FILE", &web_config),
            ("VCENTER_CA_FILE", &ca),
            ("VCENTER_HOST", "localhost"),
        ],
    );
    settings.retain(|(name, _)| *name != "VCENTER_THUMBPRINT");
    let exporter = Exporter::start(&settings).await;
    let page = exporter.page_after_cycles(1).await;
    assert_eq!(page.value(SUCCESSFUL), Some(1.0));
    let at_the_start = page.value(SUCCESS_AT).unwrap();
    assert!(at_the_start > 0.0);

    for (file, setting) in [
        (&password, "VCENTER_PASSWORD_FILE"),
        (&web_config, "WEB_CONFIG_FILE"),
        (&ca, "VCENTER_CA_FILE"),
    ] {
        fs::write(file, "\u{1}: [").unwrap();
        fs::remove_file(file).unwrap();
        fs::create_dir(file).unwrap();
        kill_process(exporter.pid(), Signal::HUP).unwrap();
        let complaint = |line: &str| line.contains("were not read again") && line.contains(setting);
        exporter.logged_when(complaint).await;
        let page = exporter.page_after_cycles(2).await;
        assert_eq!(page.value(SUCCESSFUL), Some(0.0), "{setting}");
        assert_eq!(page.value(SUCCESS_AT), Some(at_the_start));
        assert_eq!(page.value("vcenter_up"), Some(1.0));
        fs::remove_dir(file).unwrap();
        write_all();
    }
    // The line about the reload has said it.
    assert!(
        !exporter
            .log()
            .contains("WEB_CONFIG_FILE cannot be used any more")
    );
    kill_process(exporter.pid(), Signal::HUP).unwrap();
    exporter
        .logged_when(|line| line.contains("the settings were read again"))
        .await;
    let page = exporter.page_after_cycles(2).await;
    assert_eq!(page.value(SUCCESSFUL), Some(1.0));
    assert!(page.value(SUCCESS_AT).unwrap() > at_the_start);
    let (status, _) = exporter.end(Signal::TERM).await;
    assert_eq!((status.code(), mock.open_sessions()), (Some(0), 0));
}

#[tokio::test]
async fn settings_from_standard_input_stay_in_force_and_the_log_says_why() {
    let mock = MockVcenter::start(Options::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("zroc.toml");
    fs::write(&file, "[defaults]\npoll_interval = 1\n").unwrap();
    let mut settings = settings(
        &mock,
        &[
            ("HTTP_HOST", "127.0.0.1"),
            ("HTTP_PORT", "0"),
            ("LOG_FORMAT", "json"),
        ],
    );
    settings.retain(|(name, _)| *name != "POLL_INTERVAL");
    let mut command = command(&settings);
    command
        .args(["--config", "-"])
        .stdin(Stdio::from(File::open(&file).unwrap()));
    let exporter = Exporter::start_with(&mut command).await;
    let page = exporter.page_after_cycles(1).await;
    let at_the_start = page.value(SUCCESS_AT).unwrap();

    kill_process(exporter.pid(), Signal::HUP).unwrap();
    let refused =
        |line: &str| line.contains("were not read again") && line.contains("standard input");
    exporter.logged_when(refused).await;
    let page = exporter.page_after_cycles(2).await;
    assert_eq!(page.value(SUCCESSFUL), Some(0.0));
    assert_eq!(page.value(SUCCESS_AT), Some(at_the_start));
    assert_eq!(page.value("vcenter_up"), Some(1.0));
}
