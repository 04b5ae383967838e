//! Neither the password nor the session's cookie is in anything that the exporter says, in any spelling.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mock_vcenter::{Effect, MockVcenter, Options};
use rustix::process::Signal;
use tempfile::TempDir;
use zroc_exporter::settings::Settings;

use crate::exporter::{Exporter, command, settings_for};
use crate::hard_cases::{always, fault, mock};

/// Each spelling of it is another one.
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
    let xml = secret.replace('&', "&amp;").replace('<', "&lt;");
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

fn shown<'s>(secrets: &'s [String], text: &str) -> Option<&'s String> {
    secrets.iter().find(|secret| text.contains(*secret))
}

fn assert_silent(secrets: &[String], what: &str, text: &str) {
    let shown = shown(secrets, text);
    assert_eq!(shown, None, "in {what}: {text}");
}

fn html(text: &str) -> Effect {
    Effect::Status {
        code: 503,
        content_type: "text/html".to_owned(),
        body: format!("<html>upstream failed for {text}</html>"),
    }
}

/// All that it says to whoever asks.
async fn assert_says_nothing(exporter: &Exporter, secrets: &[String]) {
    for path in ["/", "/health", "/metrics", "/-/ready", "/nowhere"] {
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
    let mut settings = settings_for(mock);
    settings.retain(|(name, _)| !matches!(*name, "VCENTER_PASSWORD" | "POLL_INTERVAL"));
    settings.extend([
        ("VCENTER_PASSWORD", password.to_owned()),
        ("LOG_LEVEL", "DEBUG".to_owned()),
        ("POLL_INTERVAL", "0.1".to_owned()),
        ("STATE_FILE", state),
    ]);
    Exporter::start(&settings).await
}

#[tokio::test]
async fn a_vcenter_that_quotes_them_does_not_make_it_tell() {
    let options = Options {
        password: PASSWORD.to_owned(),
        ..Options::default()
    };
    let mock = mock(5, options).await;
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
            fault(
                "SystemError",
                &cookie,
                &format!("<reason>{cookie}</reason>"),
            ),
            html(&cookie),
        ] {
            mock.add_fault(always(operation, None, &effect));
            exporter.page_after_cycles(2).await;
            assert_says_nothing(&exporter, &secrets).await;
            mock.clear_faults();
        }
    }
    for effect in [
        fault("SystemError", PASSWORD, ""),
        html(PASSWORD),
        // After this one it does not log in for a while.
        fault("InvalidLogin", &format!("{PASSWORD} is wrong"), ""),
    ] {
        mock.add_fault(always("Login", None, &effect));
        mock.drop_sessions();
        exporter.page_after_cycles(3).await;
        assert_says_nothing(&exporter, &secrets).await;
        mock.clear_faults();
    }
    let (_, log) = exporter.end(Signal::TERM).await;
    assert_silent(&secrets, "the log", &log);
    let totals = fs::read_to_string(folder.path().join("totals")).unwrap();
    assert!(!totals.is_empty());
    assert_silent(&secrets, "STATE_FILE", &totals);
}

#[tokio::test]
async fn settings_do_not_tell_it() {
    let secrets = spellings(PASSWORD);
    let load = |name: &str| match name {
        "VCENTER_PASSWORD" => Some(PASSWORD.into()),
        _ => None,
    };
    let settings = Settings::load(load).unwrap();
    assert_silent(&secrets, "Debug", &format!("{settings:?} {settings:#?}"));

    // A password that stands in the place of everything else, as after a slip of the hand.
    for (name, value) in [
        ("VCENTER_PASSWORD_FILE", "/nowhere"),
        ("POLL_INTERVAL", "x"),
        ("HTTP_PORT", "x"),
        ("WEB_CONFIG_FILE", "/nowhere"),
    ] {
        let given = [
            ("VCENTER_PASSWORD", PASSWORD.to_owned()),
            (name, value.to_owned()),
        ];
        let output = command(&given).output().await.unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}");
        for said in [output.stdout, output.stderr] {
            assert_silent(&secrets, name, &String::from_utf8(said).unwrap());
        }
    }
}

#[tokio::test]
async fn a_refused_password_is_not_shown() {
    let mock = mock(5, Options::default()).await;
    let folder = TempDir::new().unwrap();
    let exporter = running(&mock, PASSWORD, &folder).await;
    exporter.page_after_cycles(2).await;
    assert_eq!(mock.failed_logins(), 1);
    assert_says_nothing(&exporter, &spellings(PASSWORD)).await;
}
