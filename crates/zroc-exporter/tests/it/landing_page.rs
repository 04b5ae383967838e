//! `/`: the state of each vCenter for people.

use std::path::Path;
use std::time::Duration;

use mock_vcenter::{Effect, FaultRule, MockVcenter, Options};
use tokio::net::TcpListener;
use tokio::time::Instant;
use zroc_exporter::landing::{Landing, STYLE};
use zroc_exporter::settings::{Effective, Given, HttpSettings, Layers};
use zroc_exporter::status::{CollectionStatus, Success, Trouble, VcenterStatus};
use zroc_exporter::version::LONG_VERSION;

use crate::exporter::{Exporter, command};
use crate::exposition::{at, snapshot, vcenter};
use crate::several_vcenters::{File, all_are_ok, mocks, right};
use crate::staging::settings;

const HOSTILE: &str = "<script>alert('1')</script>\u{202e}\" onload=\"&";

/// The settings of a file, with a password that is given by a variable.
fn in_force() -> Effective {
    let given: Given = [
        ("VCENTER_PASSWORD", "a secret".to_owned()),
        ("HTTPS_PROXY", "http://me:hunter2@proxy:3128".to_owned()),
        ("VCENTR_USER", "x".to_owned()),
    ]
    .into_iter()
    .collect();
    let text = "[defaults]\nhost = \"vc1.example\"\npoll_interval = 60\nexclude_vms = [\"<b>*\", \"tmp-*\"]\n";
    let http = HttpSettings::load(given.clone()).unwrap();
    let layers = Layers::with_file(given, Path::new("/etc/zroc.toml"), text.to_owned());
    Effective::of(&layers, &http, false)
}

/// The page of these vCenters, made `age` seconds after their latest cycles.
fn page(vcenters: &[VcenterStatus], began: Instant, age: u64) -> String {
    let landing = Landing {
        vcenters,
        settings: &in_force(),
        reload_problem: None,
        at: at(1_700_000_341),
        now: began + Duration::from_secs(age),
    };
    landing.render().unwrap()
}

fn named(name: &str, ended: Instant, vcenter: VcenterStatus) -> VcenterStatus {
    let success = vcenter.collection.last_success.clone();
    let last_success = success.map(|success| Success { ended, ..success });
    VcenterStatus {
        name: planner_core::collection::VcenterName::new(name),
        collection: CollectionStatus {
            last_success,
            ..vcenter.collection
        },
        ..vcenter
    }
}

fn starting(now: Instant) -> VcenterStatus {
    let vcenter = named("lab", now, vcenter(None));
    VcenterStatus {
        collection: CollectionStatus::default(),
        report: None,
        about: None,
        tls_verified: true,
        ..vcenter
    }
}

fn failing(now: Instant) -> VcenterStatus {
    let mut failing = named("berlin", now, vcenter(None));
    failing.collection.up = false;
    failing.collection.troubles = vec![Trouble {
        kind: "invalid_login",
        operation: Some("Login"),
        what: format!("Login on vc2.example:443: {HOSTILE}"),
        cure: Some("check VCENTER_USER (reader) and the password".to_owned()),
    }];
    failing
}

/// The version differs from release to release.
fn stable(page: &str) -> String {
    page.replace(LONG_VERSION, "VERSION")
}

#[test]
fn the_page_is_as_agreed() {
    let now = Instant::now();
    let well = named(HOSTILE, now, vcenter(Some(snapshot())));
    let page = page(&[well, failing(now), starting(now)], now, 41);
    insta::assert_snapshot!("page", stable(&page));
}

#[test]
fn before_the_first_cycle_it_says_so() {
    let now = Instant::now();
    let page = page(&[starting(now)], now, 5);
    assert!(page.contains("the first cycle has not ended yet"));
    assert!(page.contains("Nothing is known of the VMs yet."));
    assert!(!page.contains("Last errors"));
}

#[test]
fn it_says_how_bad_things_are() {
    let now = Instant::now();
    let well = || named("well", now, vcenter(Some(snapshot())));
    let mut partly = named("partly", now, vcenter(Some(snapshot())));
    partly.collection.troubles = vec![Trouble {
        kind: "timeout",
        operation: Some("QueryPerf"),
        what: "1 of 4 VMs failed".to_owned(),
        cure: None,
    }];
    for (vcenters, age, class, sentence) in [
        (vec![well()], 10, "answer met", "well is read."),
        (vec![well()], 901, "answer warn", "well is overdue."),
        (
            vec![well(), partly],
            10,
            "answer warn",
            "partly is read in part; well is read.",
        ),
        (
            vec![well(), failing(now)],
            10,
            "answer over",
            "berlin is not read; well is read.",
        ),
        (vec![starting(now)], 10, "answer none", "lab is starting."),
        (
            (0..6).map(|_| well()).collect(),
            10,
            "answer met",
            "well, well, well and 3 more are read.",
        ),
    ] {
        let page = page(&vcenters, now, age);
        assert!(
            page.contains(&format!("<section class=\"{class}\"")),
            "{page}"
        );
        assert!(
            page.contains(&format!(">{sentence}</p>")),
            "{sentence}: {page}"
        );
    }
}

#[test]
fn nothing_of_it_needs_inline_style_or_script() {
    let now = Instant::now();
    let page = page(
        &[failing(now), named(HOSTILE, now, vcenter(Some(snapshot())))],
        now,
        1,
    );
    for forbidden in [
        "<script",
        "<style",
        " style=",
        "\" onload",
        "javascript:",
        "\u{202e}",
        "hunter2",
        "a secret",
    ] {
        assert!(!page.contains(forbidden), "{forbidden}: {page}");
    }
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
}

fn links(page: &str) -> Vec<String> {
    let links = page.split("href=\"").skip(1);
    let links = links.filter_map(|rest| rest.split('"').next());
    links
        .map(|link| format!("/{}", link.trim_start_matches("./")))
        .collect()
}

#[tokio::test]
async fn it_leads_everywhere() {
    let mock = MockVcenter::start(Options::with_vms(30).with_oddities())
        .await
        .unwrap();
    let exporter = Exporter::collecting(&mock, &[]).await;
    let answer = exporter.get("/").await;
    let page = answer.text();
    assert!(page.contains("✓ read"), "{page}");
    let links = links(page);
    for expected in ["/style.css", "/metrics", "/health", "/-/ready"] {
        assert!(links.iter().any(|link| link == expected), "{links:?}");
    }
    for link in links {
        assert_eq!(exporter.get(&link).await.status, 200, "{link}");
    }
    let policy = answer.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'self';"));
    assert!(!policy.contains("unsafe"));
    let style = exporter.get("/style.css").await;
    assert_eq!(style.headers["content-type"], "text/css; charset=utf-8");
    assert_eq!(style.text(), STYLE);
    assert!(page.contains("<code>poll_interval</code>"));
    assert!(!page.contains(&Options::default().password));
}

#[tokio::test]
async fn it_is_there_before_anything_was_collected() {
    // It takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mock = MockVcenter::with_vms(1).await.unwrap();
    let port = silent.local_addr().unwrap().port().to_string();
    let exporter = Exporter::start(&settings(&mock, &[("VCENTER_PORT", &port)])).await;
    let page = exporter.get("/").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("is starting."), "{}", page.text());
}

#[tokio::test]
async fn it_says_what_went_wrong_and_what_to_do() {
    let mock = MockVcenter::with_vms(3).await.unwrap();
    mock.add_fault(FaultRule::on("Login", Effect::fault("InvalidLogin")));
    let exporter = Exporter::start(&settings(&mock, &[("POLL_INTERVAL", "3600")])).await;
    exporter.first_cycle().await;
    let answer = exporter.get("/").await;
    let page = answer.text();
    assert!(page.contains("1 of 1 vCenter not read"), "{page}");
    assert!(page.contains("invalid login in Login"), "{page}");
    assert!(
        page.contains("<b>What to do:</b> check VCENTER_USER"),
        "{page}"
    );
}

#[tokio::test]
async fn a_reload_changes_the_settings_that_it_shows() {
    let [one] = mocks().await;
    let file = File::new(&[right("one", &one)]);
    let mut command = command(&[("ZROC_CONFIG", file.path().display().to_string())]);
    command
        .env("HTTP_HOST", "127.0.0.1")
        .env("HTTP_PORT", "0")
        .env("LOG_FORMAT", "json");
    let exporter = Exporter::start_with(&mut command).await;
    exporter.health_when(all_are_ok).await;
    assert!(!exporter.get("/").await.text().contains("&#60;i&#62;*"));

    let more = "exclude_vms = [\"<i>*\"]\n";
    file.write(&[right("one", &one) + more]);
    rustix::process::kill_process(exporter.pid(), rustix::process::Signal::HUP).unwrap();
    exporter
        .logged_when(|line| line.contains("the settings were read again"))
        .await;
    let page = exporter.get("/").await;
    assert!(page.text().contains("&#60;i&#62;*"), "{}", page.text());

    std::fs::write(file.path(), "[[vcenter]]\nhots = \"vc\"\n").unwrap();
    rustix::process::kill_process(exporter.pid(), rustix::process::Signal::HUP).unwrap();
    exporter
        .logged_when(|line| line.contains("the settings were not read again"))
        .await;
    let page = exporter.get("/").await;
    assert!(page.text().contains("the settings could not be read again"));
    assert!(page.text().contains("&#60;i&#62;*"), "{}", page.text());
}
