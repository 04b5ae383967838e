//! `zroc-exporter check`: golden reports against each fault of the mock, exit codes, and one login at most.

mod probing;
mod refusals;
mod stage;

use std::num::NonZeroU32;
use std::time::Duration;

use mock_vcenter::{Change, Denial, DenyRule, Effect, FaultRule, HostClock, Options, Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use zroc_exporter::check::code;

use self::stage::{Checked, Stage};
use crate::staging::invalid_argument;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/CHECKS.md");

#[test]
fn the_document_has_every_check() {
    let mark = "<!-- generated from src/check/code.rs -->\n";
    let documented = std::fs::read_to_string(DOCUMENT).unwrap();
    let (before, table) = documented.split_once(mark).unwrap();
    let found = code::reference();
    if std::env::var_os("WRITE_CHECKS").is_some() {
        std::fs::write(DOCUMENT, format!("{before}{mark}{found}")).unwrap();
    } else {
        assert_eq!(
            found, table,
            "docs/CHECKS.md says something else; if this is right, run the test with WRITE_CHECKS=1"
        );
    }
}

#[tokio::test]
async fn a_vcenter_as_it_should_be() {
    let stage = Stage::new(40).await;
    let checked = stage.check(&[], &["check"]).await;
    checked.hold("sound", 0);
    assert_eq!(stage.mock.open_sessions(), 0);
    let strict = stage.check(&[], &["check", "--strict"]).await;
    assert_eq!(strict.code, 1, "level 1 is a warning");
    let json = stage.check(&[], &["check", "--format=json"]).await;
    json.hold("sound_json", 0);

    let settings = Settings {
        statistics_level: 3,
        ..stage.mock.settings()
    };
    stage.mock.set_settings(settings);
    let strict = stage.check(&[], &["check", "--strict"]).await;
    assert_eq!(strict.code, 0, "{}", strict.text);
}

#[tokio::test]
async fn nothing_is_sent_offline() {
    let stage = Stage::new(3).await;
    let odd = [("VCENTR_USER", "reader"), ("VCENTER_PASSWORD", "'secret'")];
    let checked = stage.check(&odd, &["check", "--offline"]).await;
    checked.hold("offline", 0);
    assert_eq!(stage.mock.calls_of("*"), 0);
    assert!(!checked.text.contains("secret"));
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_listed() {
    let stage = Stage::new(3).await;
    let bad = [("POLL_INTERVAL", "soon"), ("BATCH_SIZE", "0")];
    let checked = stage.check(&bad, &["check"]).await;
    checked.hold("bad_settings", 2);
    let json = stage.check(&bad, &["check", "--format=json"]).await;
    json.hold("bad_settings_json", 2);
    assert_eq!(stage.mock.calls_of("*"), 0);
}

#[tokio::test]
async fn an_unverified_certificate_is_shown() {
    let stage = Stage::new(3).await;
    let checked = stage.check(&[("VCENTER_THUMBPRINT", "")], &["check"]).await;
    checked.hold("unverified", 0);
}

#[tokio::test]
async fn another_certificate_gets_no_login() {
    let stage = Stage::new(3).await;
    let thumbprint = "AB:".repeat(31) + "AB";
    let more = [("VCENTER_THUMBPRINT", thumbprint.as_str())];
    let checked = stage.check(&more, &["check"]).await;
    checked.hold("other_certificate", 1);
    let json = stage.check(&more, &["check", "--format=json"]).await;
    json.hold("other_certificate_json", 1);
    assert_eq!(stage.mock.calls_of("Login"), 0);
}

#[tokio::test]
async fn a_dead_address() {
    let stage = Stage::new(3).await;
    stage.mock.become_unreachable().await;
    let checked = stage.check(&[], &["check"]).await;
    checked.hold("dead_address", 1);
}

#[tokio::test]
async fn a_port_that_speaks_http() {
    let stage = Stage::new(3).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let serving = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 64]).await;
            let answer = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
            let _ = stream.write_all(answer).await;
        }
    });
    let checked = stage.check(&[("VCENTER_PORT", &port)], &["check"]).await;
    serving.abort();
    let text = checked.text.replace(&port, "PORT");
    Checked { text, ..checked }.hold("http_port", 1);
}

#[tokio::test]
async fn hidden_vms_are_counted_by_the_hosts() {
    let stage = Stage::new(40).await;
    stage.mock.set_settings(Settings {
        hosts_list_hidden_vms: true,
        ..stage.mock.settings()
    });
    for vm in ["vm-1001", "vm-1002", "vm-1003"] {
        stage.deny(vm, Denial::Hidden);
    }
    let checked = stage.check(&[], &["check"]).await;
    checked.hold("hidden_vms", 1);
    let json = stage.check(&[], &["check", "--format=json"]).await;
    json.hold("hidden_vms_json", 1);
}

#[tokio::test]
async fn an_account_that_sees_nothing() {
    let stage = Stage::new(5).await;
    stage.deny("*", Denial::Hidden);
    stage.check(&[], &["check"]).await.hold("no_vms", 1);
}

#[tokio::test]
async fn vms_that_may_not_be_read() {
    let stage = Stage::new(5).await;
    stage
        .mock
        .deny(&DenyRule {
            object: "vm-1001".to_owned(),
            path: "runtime".to_owned(),
            kind: Denial::NoPermission,
        })
        .unwrap();
    stage.check(&[], &["check"]).await.hold("withheld", 0);
}

#[tokio::test]
async fn limits_and_levels_matter_for_roll_ups() {
    let stage = Stage::new(5).await;
    stage.mock.set_settings(Settings {
        max_query_metrics: Some(64),
        ..stage.mock.settings()
    });
    stage.check(&[], &["check"]).await.hold("query_limit", 0);
    let historical = [("PERF_SOURCE", "historical")];
    let checked = stage.check(&historical, &["check"]).await;
    checked.hold("historical_at_level_1", 1);
    let odd = [("PERF_SOURCE", "historical"), ("PERF_INTERVAL_ID", "777")];
    stage.check(&odd, &["check"]).await.hold("no_interval", 1);
}

#[tokio::test]
async fn clocks_that_are_wrong() {
    let stage = Stage::new(20).await;
    let host = stage.mock.world().vms()[0].host.clone();
    let moref = stage.host_of(&host).await;
    stage
        .mock
        .set_host_clock(&HostClock {
            host: moref,
            // With the age of the newest sample, up to 54 s, ten minutes in whole ones.
            offset_seconds: -575,
        })
        .unwrap();
    stage.mock.advance_clock(3_600);
    stage.check(&[], &["check"]).await.hold("clocks", 0);
}

#[tokio::test]
async fn queries_that_fail() {
    let stage = Stage::new(20).await;
    let refused = invalid_argument("querySpec.entity");
    stage.mock.add_fault(FaultRule::on("QueryPerf", refused));
    stage.check(&[], &["check"]).await.hold("queries_fail", 1);
    stage.mock.clear_faults();
    let poison = FaultRule::on("QueryPerf", invalid_argument("querySpec.entity"));
    stage.mock.add_fault(poison.object("vm-1004"));
    let checked = stage.check(&[], &["check", "--vms"]).await;
    checked.hold("one_query_fails", 0);
}

#[tokio::test]
async fn odd_vms_are_named_with_their_reasons() {
    let stage = Stage::of(Options::with_vms(5).with_oddities()).await;
    let checked = stage.check(&[], &["check", "--vms"]).await;
    checked.hold("oddities", 0);
    let json = stage.check(&[], &["check", "--vms", "--format=json"]).await;
    json.hold("oddities_json", 0);
}

#[tokio::test]
async fn names_cannot_steer_a_terminal() {
    let stage = Stage::new(3).await;
    stage
        .mock
        .apply(&Change::Rename {
            object: "vm-1001".to_owned(),
            name: "a\u{9b}31m\u{202e}b".to_owned(),
        })
        .unwrap();
    let poison = FaultRule::on("QueryPerf", invalid_argument("querySpec.entity"));
    stage.mock.add_fault(poison.object("vm-1001"));
    for format in ["--format=text", "--format=json"] {
        let checked = stage.check(&[], &["check", "--vms", format]).await;
        assert!(
            checked.text.contains("a\u{fffd}31m\u{fffd}b"),
            "{}",
            checked.text
        );
        let steers = |character: char| character.is_control() && character != '\n';
        assert!(!checked.text.contains(steers), "{}", checked.text);
    }
}

#[tokio::test]
async fn a_vcenter_that_does_not_answer_is_not_waited_for() {
    let stage = Stage::new(3).await;
    let silence = Effect::Delay(Duration::from_secs(3_600));
    stage.mock.add_fault(FaultRule::on("Login", silence));
    let silent = [("VCENTER_REQUEST_TIMEOUT", "1"), ("CYCLE_TIMEOUT", "20")];
    let checked = stage.check(&silent, &["check"]).await;
    checked.hold("silent_login", 1);
    stage.mock.clear_faults();
    let more = [("VCENTER_REQUEST_TIMEOUT", "1")];
    let drip = Effect::Drip(NonZeroU32::MIN);
    stage.mock.add_fault(FaultRule::on("QueryPerf", drip));
    stage.check(&more, &["check"]).await.hold("slow_queries", 1);
}

#[tokio::test]
async fn patterns_that_fit_nothing() {
    let stage = Stage::new(5).await;
    let more = [("EXCLUDE_VMS", "/test.*/")];
    stage.check(&more, &["check"]).await.hold("idle_pattern", 0);
    let more = [("INCLUDE_VMS", "nomatch*")];
    stage
        .check(&more, &["check"])
        .await
        .hold("nothing_chosen", 1);
}

#[tokio::test]
async fn attributes_that_vcenter_does_not_define() {
    let stage = Stage::new(5).await;
    let more = [("CUSTOM_ATTRIBUTES", "Owner,owner")];
    stage
        .check(&more, &["check"])
        .await
        .hold("undefined_attribute", 0);
}

#[tokio::test]
async fn several_vcenters_are_checked_in_order() {
    let (one, dead) = (Stage::new(5).await, Stage::new(5).await);
    dead.mock.become_unreachable().await;
    let folder = one.folder();
    std::fs::write(folder.join("password"), "mock-password").unwrap();
    let table = |name: &str, stage: &Stage| {
        let (address, thumbprint) = (stage.mock.address(), stage.mock.thumbprint());
        format!(
            "[[vcenter]]\nname = \"{name}\"\nhost = \"{}\"\nport = {}\nthumbprint = \"{thumbprint}\"\n",
            address.ip(),
            address.port()
        )
    };
    let text = format!(
        "[defaults]\npassword_file = \"password\"\n{}{}",
        table("boston", &dead),
        table("berlin", &one)
    );
    let file = folder.join("settings.toml");
    std::fs::write(&file, text).unwrap();
    let path = file.to_str().unwrap();
    let checked = one.run(&[], &["check", "--config", path]).await;
    let text = one
        .steady(&dead.steady(&checked.text))
        .replace(path, "FILE");
    Checked { text, ..checked }.hold("several", 1);
}

#[tokio::test]
async fn the_series_that_a_switch_adds_are_foretold() {
    let stage = Stage::new(10).await;
    let series = async |more: &[(&'static str, &str)]| {
        let checked = stage.run_with(more, &["check", "--format=json"]).await;
        let json: serde_json::Value = serde_json::from_str(&checked.text).unwrap();
        let facts = json["vcenters"][0]["checks"].as_array().unwrap();
        let found = facts.iter().find(|check| check["id"] == "ZR143").unwrap();
        found["facts"].clone()
    };
    let now = series(&[]).await;
    for (switch, fact) in [
        ("PER_DISK_METRICS", "added_by_per_disk_metrics"),
        ("COLLECT_READS", "added_by_collect_reads"),
    ] {
        let then = series(&[(switch, "true")]).await;
        let per_vcenter = then["series"].as_u64().unwrap() - now["series"].as_u64().unwrap();
        let foretold = now[fact].as_u64().unwrap();
        // A few series are about the vCenter itself, such as what its statistics offer.
        assert!(
            (foretold..foretold + 12).contains(&per_vcenter),
            "{switch}: {foretold} foretold, {per_vcenter} came"
        );
    }
}
