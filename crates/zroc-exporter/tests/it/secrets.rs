//! The exporter shows neither the password nor the session's cookie, in any spelling.

use std::fs::{self, File};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mock_vcenter::{Effect, FaultRule, MockVcenter, Options};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::{NamedTempFile, TempDir};
use zroc_exporter::settings::{Given, Layers, Settings};

use crate::exporter::{Exporter, PATIENCE, command};
use crate::staging::settings;

/// Every way to encode it gives a different text.
const PASSWORD: &str = "p&<'\"ü\\%/+ s3cret";

/// The ways in which a text may show in another.
fn spellings(secret: &str) -> Vec<String> {
    let json = serde_json::to_string(secret).unwrap();
    let debug = format!("{secret:?}");
    let hex = |format: fn(u8) -> String| secret.bytes().map(format).collect::<String>();
    let url = |byte: u8| {
        if byte.is_ascii_alphanumeric() {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    let xml = xml(secret);
    let mut spellings = vec![
        secret.to_owned(),
        json.trim_matches('"').to_owned(),
        debug.trim_matches('"').to_owned(),
        xml.clone(),
        xml.replace('"', "&quot;").replace('\'', "&apos;"),
        hex(url),
        hex(|byte| format!("{byte:02x}")),
        hex(|byte| format!("{byte:02X}")),
    ];
    // Behind 0, 1 or 2 other bytes, without the characters that those and what follows have a part in.
    for before in 0..3 {
        let encoded = STANDARD.encode(format!("{}{secret}", &"xx"[..before]));
        let begin = if before == 0 { 0 } else { 4 };
        let whole = encoded.trim_end_matches('=');
        spellings.push(whole[begin..whole.len() - 2].to_owned());
    }
    spellings
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn shown<'s>(secrets: &'s [String], text: &str) -> Option<&'s String> {
    secrets.iter().find(|secret| text.contains(*secret))
}

fn assert_silent(secrets: &[String], what: &str, text: &str) {
    let shown = shown(secrets, text);
    assert_eq!(shown, None, "in {what}: {text}");
}

fn html(text: &str) -> Effect {
    let body = format!("<html>upstream failed for {text}</html>");
    Effect::status(503, "text/html", body)
}

/// Checks every page and the log.
async fn assert_shows_none(exporter: &Exporter, secrets: &[String]) {
    for path in [
        "/",
        "/style.css",
        "/api/v1/status",
        "/api/v1/vms",
        "/health",
        "/metrics",
        "/-/ready",
        "/nowhere",
    ] {
        assert_silent(secrets, path, exporter.get(path).await.text());
    }
    assert_silent(secrets, "the log", &exporter.log());
}

#[test]
fn the_search_finds_every_spelling() {
    for spelling in spellings(PASSWORD) {
        let text = format!("reason=\"{spelling}\"");
        assert!(shown(&spellings(PASSWORD), &text).is_some(), "{spelling}");
    }
    let inside = STANDARD.encode(format!("user:{PASSWORD}:more"));
    assert!(shown(&spellings(PASSWORD), &inside).is_some());
    assert!(shown(&spellings(PASSWORD), "upstream failed").is_none());
}

async fn running(mock: &MockVcenter, password: &str, folder: &TempDir) -> Exporter {
    let state = folder.path().join("totals").display().to_string();
    let more = [
        ("VCENTER_PASSWORD", password),
        ("LOG_LEVEL", "TRACE"),
        ("POLL_INTERVAL", "0.1"),
        ("STATE_FILE", &state),
    ];
    Exporter::start(&settings(mock, &more)).await
}

#[tokio::test]
async fn secrets_that_vcenter_quotes_are_not_shown() {
    let options = Options {
        password: PASSWORD.to_owned(),
        ..Options::with_vms(5)
    };
    let mock = MockVcenter::start(options).await.unwrap();
    let folder = TempDir::new().unwrap();
    let exporter = running(&mock, PASSWORD, &folder).await;
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;

    let mut secrets = spellings(PASSWORD);
    for operation in ["QueryPerf", "CurrentTime", "WaitForUpdatesEx"] {
        let cookie = mock.session_cookies().pop().unwrap();
        secrets.extend(spellings(&cookie));
        for effect in [
            Effect::fault_with(
                "SystemError",
                &cookie,
                &format!("<reason>{cookie}</reason>"),
            ),
            html(&cookie),
        ] {
            mock.add_fault(FaultRule::on(operation, effect));
            exporter.page_after_cycles(2).await;
            assert_shows_none(&exporter, &secrets).await;
            mock.clear_faults();
        }
    }
    for operation in ["QueryPerf", "CurrentTime", "RetrieveServiceContent"] {
        for effect in [
            Effect::fault_with(
                "SystemError",
                "no",
                &format!("<reason>{}</reason>", xml(PASSWORD)),
            ),
            html(PASSWORD),
            html(&STANDARD.encode(format!("user:{PASSWORD}"))),
        ] {
            mock.add_fault(FaultRule::on(operation, effect));
            mock.drop_sessions();
            exporter.page_after_cycles(2).await;
            assert_shows_none(&exporter, &secrets).await;
            mock.clear_faults();
        }
    }
    for effect in [
        Effect::fault_with("SystemError", PASSWORD, ""),
        html(PASSWORD),
        // After this one it does not log in for a while.
        Effect::fault_with("InvalidLogin", &format!("{PASSWORD} is wrong"), ""),
    ] {
        mock.add_fault(FaultRule::on("Login", effect));
        mock.drop_sessions();
        exporter.page_after_cycles(3).await;
        assert_shows_none(&exporter, &secrets).await;
        mock.clear_faults();
    }
    let (_, log) = exporter.end(Signal::TERM).await;
    assert_silent(&secrets, "the log", &log);
    let totals = fs::read_to_string(folder.path().join("totals")).unwrap();
    assert!(!totals.is_empty());
    assert_silent(&secrets, "STATE_FILE", &totals);
}

#[tokio::test]
async fn settings_do_not_show_the_password() {
    let secrets = spellings(PASSWORD);
    let given = Given::from_iter([("VCENTER_PASSWORD", PASSWORD)]);
    assert_silent(&secrets, "Debug", &format!("{given:?} {given:#?}"));
    let layers = Layers::gather(given);
    assert_silent(&secrets, "Debug", &format!("{layers:?}"));
    let settings = Settings::of(&layers).unwrap();
    assert_silent(&secrets, "Debug", &format!("{settings:?} {settings:#?}"));

    // Problems of other settings do not show it either.
    for (name, value) in [
        ("VCENTER_PASSWORD_FILE", "/nowhere"),
        ("VCENTER_HOST", PASSWORD),
        ("VCENTER_PORT", PASSWORD),
        ("INCLUDE_VMS", "a,,p&<'\"ü\\%/+ s3cret"),
        ("POLL_INTERVAL", "x"),
        ("HTTP_PORT", "x"),
        ("WEB_CONFIG_FILE", "/nowhere"),
    ] {
        let given = [
            ("VCENTER_PASSWORD", PASSWORD.to_owned()),
            (name, value.to_owned()),
        ];
        assert_ends_silently(&given, &[], 2, name).await;
    }
}

/// Runs the program until it ends with this code, and checks what it printed.
async fn assert_ends_silently(
    given: &[(&'static str, String)],
    arguments: &[&str],
    code: i32,
    what: &str,
) {
    let secrets = spellings(PASSWORD);
    let output = command(given).args(arguments).output().await.unwrap();
    assert_eq!(output.status.code(), Some(code), "{what}");
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap());
    assert!(!said.concat().is_empty(), "{what}");
    assert_silent(&secrets, what, &said.concat());
}

#[tokio::test]
async fn a_password_in_the_place_of_something_else_is_not_shown() {
    for (name, value) in [
        ("VCENTER_PASSWORD_FILE", PASSWORD.to_owned()),
        ("VCENTER_PASSWORD_FILE", format!("/{PASSWORD}")),
        ("VCENTER_PASSWORD_FILE", format!("/no/such/{PASSWORD}")),
        ("VCENTER_HOST", format!("reader:{PASSWORD}@vc1.corp")),
        (
            "VCENTER_HOST",
            format!("https://reader:{PASSWORD}@vc1.corp/sdk"),
        ),
        (
            "HTTPS_PROXY",
            format!("http://reader:{PASSWORD}@proxy.corp"),
        ),
    ] {
        assert_ends_silently(&[(name, value)], &[], 2, name).await;
    }
}

#[test]
fn a_path_that_leads_nowhere_is_shown() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("password").display().to_string();
    let given = Given::from_iter([("VCENTER_PASSWORD_FILE", &path)]);
    let refused = Settings::load(given).unwrap_err().to_string();
    assert!(refused.contains(&path), "{refused}");
}

#[tokio::test]
async fn a_password_file_that_cannot_be_used_is_not_quoted() {
    let file = NamedTempFile::new().unwrap();
    let given = [("VCENTER_PASSWORD_FILE", file.path().display().to_string())];
    for (what, content) in [
        ("two lines", format!("{PASSWORD}\nand more").into_bytes()),
        ("a NUL character", format!("{PASSWORD}\0").into_bytes()),
        ("no UTF-8", [PASSWORD.as_bytes(), b"\xff"].concat()),
        ("too long", PASSWORD.repeat(500).into_bytes()),
    ] {
        fs::write(file.path(), content).unwrap();
        assert_ends_silently(&given, &[], 2, what).await;
    }
}

#[tokio::test]
async fn commands_do_not_show_the_password() {
    let given = [
        ("VCENTER_PASSWORD", PASSWORD.to_owned()),
        ("HTTP_PORT", "1".to_owned()),
    ];
    for (argument, code) in [("--help", 0), ("healthcheck", 1), ("nonsense", 2)] {
        assert_ends_silently(&given, &[argument], code, argument).await;
    }
}

/// Waits until the exporter has called this operation this often.
async fn asked(mock: &MockVcenter, operation: &str, times: u64) {
    let asked = mock.called(operation, times);
    let in_time = tokio::time::timeout(PATIENCE, asked).await;
    assert!(in_time.is_ok(), "{operation}: {:?}", mock.calls());
}

#[tokio::test]
async fn a_log_for_people_shows_no_secrets() {
    let options = Options {
        password: PASSWORD.to_owned(),
        ..Options::with_vms(5)
    };
    let mock = MockVcenter::start(options).await.unwrap();
    let log = NamedTempFile::new().unwrap();
    let more = [
        ("VCENTER_PASSWORD", PASSWORD),
        ("HTTP_HOST", "127.0.0.1"),
        ("HTTP_PORT", "0"),
        ("LOG_FORMAT", "text"),
        ("LOG_LEVEL", "TRACE"),
        ("POLL_INTERVAL", "0.1"),
    ];
    let mut exporter = command(&settings(&mock, &more))
        .stderr(File::create(log.path()).unwrap())
        .spawn()
        .unwrap();
    asked(&mock, "QueryPerf", 1).await;

    let cookie = mock.session_cookies().pop().unwrap();
    let secrets = [spellings(PASSWORD), spellings(&cookie)].concat();
    mock.add_fault(FaultRule::on("QueryPerf", html(&cookie)));
    mock.reset_calls();
    asked(&mock, "QueryPerf", 4).await;
    mock.add_fault(FaultRule::on("Login", html(PASSWORD)));
    mock.drop_sessions();
    asked(&mock, "Login", 2).await;

    let id = Pid::from_raw(exporter.id().unwrap().try_into().unwrap()).unwrap();
    kill_process(id, Signal::TERM).unwrap();
    let ended = tokio::time::timeout(PATIENCE, exporter.wait()).await;
    assert!(ended.unwrap().unwrap().success());
    let log = fs::read_to_string(log.path()).unwrap();
    for expected in ["QueryPerf", "503", "RetrieveServiceContentResponse"] {
        assert!(log.contains(expected), "{expected} is not in {log}");
    }
    assert_silent(&secrets, "the log", &log);
}

#[tokio::test]
async fn a_refused_password_is_not_shown() {
    let mock = MockVcenter::with_vms(5).await.unwrap();
    let folder = TempDir::new().unwrap();
    let exporter = running(&mock, PASSWORD, &folder).await;
    exporter.page_after_cycles(2).await;
    assert_eq!(mock.failed_logins(), 1);
    assert_shows_none(&exporter, &spellings(PASSWORD)).await;
}
