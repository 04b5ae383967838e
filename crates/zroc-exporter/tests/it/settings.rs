//! Settings are read from the environment, and refused all together.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::time::Duration;

use mock_vcenter::{MockVcenter, Options};
use planner_core::collection::accumulators::Measures;
use planner_core::collection::source::SourceChoice;
use planner_core::inventory::filter::{Filter, Pattern};
use secrecy::ExposeSecret as _;
use tempfile::NamedTempFile;
use vsphere_soap::Trust;
use zroc_exporter::settings::{
    Given, HttpSettings, ListenAddress, LogFormat, SETTINGS, Settings, SettingsError,
};

use crate::exporter::{ca_file, command};

const THUMBPRINT: &str = "AB:CD:EF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC";

pub(crate) fn load(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    // Of several values of a name, the last counts.
    let given: Given = variables.iter().rev().copied().collect();
    Settings::load(given)
}

pub(crate) fn with_password(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    load(&[variables, &[("VCENTER_PASSWORD", "secret")]].concat())
}

pub(crate) fn problems(result: Result<Settings, SettingsError>) -> Vec<String> {
    let problems = result.unwrap_err().problems;
    problems.into_iter().map(|problem| problem.name).collect()
}

#[test]
fn defaults_are_those_of_the_predecessor() {
    let settings = with_password(&[]).unwrap();
    let [vcenter] = &settings.vcenters[..] else {
        panic!("{:?}", settings.vcenters);
    };
    assert_eq!(
        (vcenter.name.as_str(), settings.labelled),
        ("vcenter.local", false)
    );
    assert_eq!(
        (vcenter.host.as_str(), vcenter.port),
        ("vcenter.local", 443)
    );
    assert_eq!(vcenter.user, "administrator@vsphere.local");
    assert_eq!(vcenter.password.read().unwrap().expose_secret(), "secret");
    assert_eq!(vcenter.trust, Trust::AcceptAny);
    let collection = &vcenter.collection;
    assert_eq!(collection.poll_interval, Duration::from_secs(300));
    assert_eq!(collection.cycle_timeout, Duration::from_secs(270));
    assert_eq!(collection.batch_size.get(), 100);
    assert_eq!(collection.batch_delay, Duration::from_millis(500));
    assert_eq!(collection.inventory_ttl, Duration::from_secs(600));
    assert_eq!(collection.window_seconds, 300);
    assert_eq!(collection.source, SourceChoice::Auto);
    assert_eq!(collection.concurrency, 1);
    assert_eq!(collection.measures, Measures::default());
    assert_eq!(collection.filter, Filter::default());
    assert_eq!(
        settings.http,
        HttpSettings {
            listen: vec![ListenAddress {
                host: "0.0.0.0".to_owned(),
                port: 9272,
            }],
            web_config_file: None,
            enable_lifecycle: false,
        }
    );
    assert_eq!(
        (settings.log.level, settings.log.format),
        (tracing::Level::INFO, LogFormat::Text)
    );
}

#[test]
fn values_are_read_in_all_their_forms() {
    let settings = with_password(&[
        ("VCENTER_HOST", "[fd00::10]"),
        ("VCENTER_SSL_VERIFY", "Yes"),
        ("POLL_INTERVAL", "1"),
        ("BATCH_DELAY", "0"),
        ("VM_INVENTORY_TTL", "5m"),
        ("VCENTER_REQUEST_TIMEOUT", "90s"),
        ("VCENTER_CONNECT_TIMEOUT", "2.5"),
        ("LOG_LEVEL", "warning"),
        ("LOG_FORMAT", "JSON"),
        ("PERF_SOURCE", "Historical"),
        ("HTTP_PORT", "0"),
        ("BATCH_SIZE", " 200 "),
    ])
    .unwrap();
    assert_eq!(settings.vcenters[0].host, "fd00::10");
    assert_eq!(settings.vcenters[0].trust, Trust::SystemRoots);
    assert_eq!(
        settings.vcenters[0].connect_timeout,
        Duration::from_millis(2_500)
    );
    assert_eq!(
        settings.vcenters[0].request_timeout,
        Duration::from_secs(90)
    );
    assert_eq!(
        settings.vcenters[0].collection.poll_interval,
        Duration::from_secs(1)
    );
    assert_eq!(
        settings.vcenters[0].collection.cycle_timeout,
        Duration::from_secs(30)
    );
    assert_eq!(settings.vcenters[0].collection.batch_delay, Duration::ZERO);
    assert_eq!(
        settings.vcenters[0].collection.inventory_ttl,
        Duration::from_secs(300)
    );
    assert_eq!(settings.vcenters[0].collection.batch_size.get(), 200);
    assert_eq!(
        settings.vcenters[0].collection.source,
        SourceChoice::Historical
    );
    assert_eq!(
        (settings.log.level, settings.log.format),
        (tracing::Level::WARN, LogFormat::Json)
    );
}

#[test]
fn patterns_are_separated_by_commas() {
    let settings = with_password(&[
        ("INCLUDE_VMS", "web-*, db-??"),
        ("EXCLUDE_CLUSTERS", "Test"),
    ])
    .unwrap();
    let filter = &settings.vcenters[0].collection.filter;
    assert_eq!(
        filter.names.include,
        [Pattern::new("web-*"), Pattern::new("db-??")]
    );
    assert_eq!(filter.clusters.exclude, [Pattern::new("Test")]);
}

#[test]
fn an_empty_variable_is_an_absent_one() {
    let settings = with_password(&[("VCENTER_PORT", ""), ("VCENTER_CA_FILE", "")]).unwrap();
    assert_eq!(settings.vcenters[0].port, 443);
    assert_eq!(
        problems(load(&[("VCENTER_PASSWORD", "")])),
        ["VCENTER_PASSWORD"]
    );
}

#[test]
fn host_names_and_addresses_are_told_from_mistakes() {
    for (given, host) in [
        ("vc", "vc"),
        ("VC-1.corp_x.example.", "VC-1.corp_x.example."),
        ("3fa4", "3fa4"),
        (" 10.0.0.5 ", "10.0.0.5"),
        ("fd00::10", "fd00::10"),
    ] {
        let settings = with_password(&[("VCENTER_HOST", given)]).unwrap();
        assert_eq!(settings.vcenters[0].host, host);
    }
}

#[tokio::test]
async fn a_refusal_counts_even_where_another_setting_makes_it_moot() {
    let mock = MockVcenter::start(Options::default()).await.unwrap();
    let ca_file = ca_file(&mock);
    for trust in [
        ("VCENTER_THUMBPRINT", THUMBPRINT),
        ("VCENTER_CA_FILE", ca_file.path().to_str().unwrap()),
    ] {
        let result = with_password(&[("VCENTER_SSL_VERIFY", "maybe"), trust]);
        assert_eq!(problems(result), ["VCENTER_SSL_VERIFY"], "{trust:?}");
    }
}

#[test]
fn realtime_samples_make_no_window_beyond_the_hour_that_hosts_keep() {
    let window =
        |seconds, source| with_password(&[("PERF_INTERVAL_ID", seconds), ("PERF_SOURCE", source)]);
    assert!(window("3600", "realtime").is_ok());
    assert!(window("7200", "auto").is_ok());
    assert!(window("7200", "historical").is_ok());
    assert_eq!(
        window("7200", "realtime").unwrap_err().to_string(),
        "a setting cannot be used:\n  PERF_INTERVAL_ID is \"7200\", but hosts keep 20-second samples for an hour only: \
         give a whole number of seconds from 20 to 86400, at most 3600 with `PERF_SOURCE=realtime`"
    );
}

#[test]
fn what_is_no_text_is_refused_and_shown_unless_it_may_hold_a_password() {
    let may_hold_one = [
        "VCENTER_HOST",
        "VCENTER_PASSWORD",
        "VCENTER_PASSWORD_FILE",
        "HTTPS_PROXY",
        "ALL_PROXY",
    ];
    for setting in SETTINGS.iter().filter(|setting| setting.is_variable) {
        let mut given = vec![(setting.name, OsString::from_vec(b"hunter\xff2".to_vec()))];
        if setting.name != "VCENTER_PASSWORD_FILE" {
            given.push(("VCENTER_PASSWORD", "secret".into()));
        }
        let error = Settings::load(given.into_iter().collect()).unwrap_err();
        let names: Vec<&str> = error.problems.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, [setting.name], "{error}");
        let is_shown = error.to_string().contains(r"hunter\xFF2");
        assert_eq!(is_shown, !may_hold_one.contains(&setting.name), "{error}");
    }
}

#[tokio::test]
async fn the_program_refuses_all_invalid_variables_in_one_message_and_exits_with_2() {
    let empty = NamedTempFile::new().unwrap();
    let refused = command(&[
        ("VCENTER_CA_FILE", empty.path().to_str().unwrap().to_owned()),
        ("VCENTER_SSL_VERIFY", "maybe".to_owned()),
        ("VCENTER_THUMBPRINT", "AB:CD".to_owned()),
        ("HTTP_PORT", "99999".to_owned()),
    ])
    .env("POLL_INTERVAL", OsStr::from_bytes(b"\xff"))
    .output()
    .await
    .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let message = String::from_utf8(refused.stderr).unwrap();
    for line in [
        "zroc-exporter: 6 settings cannot be used:",
        "  VCENTER_PASSWORD is missing: ",
        "  VCENTER_SSL_VERIFY is \"maybe\": ",
        "holds no certificate in PEM form): give path of a readable PEM file",
        "  VCENTER_THUMBPRINT is \"AB:CD\", which has 4 digits instead of 64: ",
        "  POLL_INTERVAL is \"\\xFF\", which is not in UTF-8: ",
        "  HTTP_PORT is \"99999\": ",
    ] {
        assert!(message.contains(line), "{line}\nis not in\n{message}");
    }
}

#[test]
fn every_default_is_a_valid_value() {
    for setting in SETTINGS {
        let Some(default) = setting.default else {
            continue;
        };
        assert!(
            with_password(&[(setting.name, default)]).is_ok(),
            "{}",
            setting.name
        );
    }
}

#[tokio::test]
async fn the_ways_to_trust_a_certificate_exclude_each_other() {
    let mock = MockVcenter::start(Options::default()).await.unwrap();
    let file = ca_file(&mock);
    let ca_file = file.path().to_str().unwrap();
    let trust =
        |variables: &[(&str, &str)]| with_password(variables).unwrap().vcenters.remove(0).trust;
    assert_eq!(
        trust(&[("VCENTER_CA_FILE", ca_file)]),
        Trust::CaFile(ca_file.into())
    );
    assert!(matches!(
        trust(&[("VCENTER_THUMBPRINT", THUMBPRINT)]),
        Trust::Sha256Thumbprint(_)
    ));
    let both = with_password(&[
        ("VCENTER_CA_FILE", ca_file),
        ("VCENTER_THUMBPRINT", THUMBPRINT),
    ]);
    assert_eq!(problems(both), ["VCENTER_THUMBPRINT"]);
}

#[test]
fn a_password_file_is_read_anew_and_its_line_break_dropped() {
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "first one\n").unwrap();
    let settings = load(&[("VCENTER_PASSWORD_FILE", file.path().to_str().unwrap())]).unwrap();
    assert_eq!(
        settings.vcenters[0]
            .password
            .read()
            .unwrap()
            .expose_secret(),
        "first one"
    );
    std::fs::write(file.path(), "second\r\n").unwrap();
    assert_eq!(
        settings.vcenters[0]
            .password
            .read()
            .unwrap()
            .expose_secret(),
        "second"
    );
}

#[test]
fn a_password_file_must_hold_a_password() {
    let file = NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let from_file = || load(&[("VCENTER_PASSWORD_FILE", path)]);
    assert_eq!(problems(from_file()), ["VCENTER_PASSWORD_FILE"]);
    std::fs::write(path, "x".repeat(5_000)).unwrap();
    assert_eq!(problems(from_file()), ["VCENTER_PASSWORD_FILE"]);
    std::fs::write(path, [0xff, 0xfe]).unwrap();
    assert_eq!(problems(from_file()), ["VCENTER_PASSWORD_FILE"]);
    std::fs::write(path, "fine").unwrap();
    assert!(from_file().is_ok());
    assert_eq!(
        problems(with_password(&[("VCENTER_PASSWORD_FILE", path)])),
        ["VCENTER_PASSWORD"]
    );
}

#[test]
fn secrets_are_in_no_message() {
    let settings = load(&[("VCENTER_PASSWORD", "hunter2")]).unwrap();
    assert!(!format!("{settings:?}").contains("hunter2"));
    let error = load(&[
        ("VCENTER_PASSWORD", "hunter2"),
        ("VCENTER_PASSWORD_FILE", "/x"),
    ])
    .unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}
