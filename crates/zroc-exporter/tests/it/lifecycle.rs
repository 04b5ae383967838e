//! `POST /-/reload`: the reload of SIGHUP, with an answer.

use std::fs;

use axum::http::{Method, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::join_all;
use mock_vcenter::MockVcenter;
use rustix::process::Signal;

use crate::exporter::{Answer, Exporter, command};
use crate::several_vcenters::{File, all_are_ok, mocks, of, right};
use crate::staging::settings;

async fn reload(exporter: &Exporter) -> Answer {
    exporter.send(Method::POST, "/-/reload", &[]).await
}

/// An exporter with the settings of a file, and this flag if it is not empty.
async fn start(file: &File, flag: &str) -> Exporter {
    let mut command = command(&[("ZROC_CONFIG", file.path().display().to_string())]);
    command
        .env("HTTP_HOST", "127.0.0.1")
        .env("HTTP_PORT", "0")
        .env("LOG_FORMAT", "json")
        .args((!flag.is_empty()).then_some(flag));
    Exporter::start_with(&mut command).await
}

#[tokio::test]
async fn it_answers_when_the_settings_are_in_force_or_refused() {
    let [stays, comes] = mocks().await;
    let file = File::new(&[right("stays", &stays)]);
    let exporter = start(&file, "--web.enable-lifecycle").await;
    exporter.health_when(all_are_ok).await;

    file.write(&[right("stays", &stays), right("comes", &comes)]);
    let answer = reload(&exporter).await;
    assert_eq!(
        (answer.status, answer.text()),
        (StatusCode::OK, "the settings were read again\n")
    );
    exporter
        .health_when(|health| of(health, "comes")["status"] == "ok")
        .await;
    assert_eq!((stays.calls_of("Login"), stays.calls_of("Logout")), (1, 0));

    fs::write(file.path(), "[[vcenter]]\nhots = \"vc\"\n").unwrap();
    let answer = reload(&exporter).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(answer.text().contains("hots"), "{}", answer.text());
    let health = exporter.get("/health").await.json();
    assert!(
        health["last_reload_error"]
            .as_str()
            .unwrap()
            .contains("hots")
    );
    assert_eq!(of(&health, "comes")["name"], "comes");

    file.write(&[right("stays", &stays)]);
    let answers = join_all((0..20).map(|_| reload(&exporter))).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::OK));
    assert_eq!((stays.calls_of("Login"), comes.open_sessions()), (1, 0));

    // Where it is enabled belongs to what a reload cannot change.
    let get = exporter.get("/-/reload").await;
    assert_eq!(get.status, StatusCode::METHOD_NOT_ALLOWED);
    let (status, _) = exporter.end(Signal::TERM).await;
    assert_eq!((status.code(), stays.open_sessions()), (Some(0), 0));
}

#[tokio::test]
async fn it_is_refused_unless_it_is_enabled() {
    let [mock] = mocks().await;
    let file = File::new(&[right("one", &mock)]);
    for flag in ["", "--web.enable-lifecycle=false"] {
        let exporter = start(&file, flag).await;
        let answer = reload(&exporter).await;
        let refusal = (StatusCode::FORBIDDEN, "Lifecycle API is not enabled.\n");
        assert_eq!((answer.status, answer.text()), refusal);
        assert!(!exporter.log().contains("read again"));
    }
}

#[tokio::test]
async fn the_variable_enables_it_and_users_are_asked_for_their_password() {
    let mock = MockVcenter::with_vms(1).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let web_config = folder.path().join("web.yml").display().to_string();
    let hash = bcrypt::hash("secret", 4).unwrap();
    fs::write(&web_config, format!("basic_auth_users:\n  admin: {hash}\n")).unwrap();
    let more = [
        ("WEB_CONFIG_FILE", &*web_config),
        ("WEB_ENABLE_LIFECYCLE", "true"),
    ];
    let exporter = Exporter::start(&settings(&mock, &more)).await;
    assert_eq!(reload(&exporter).await.status, StatusCode::UNAUTHORIZED);
    assert!(!exporter.log().contains("read again"));
    let login = format!("Basic {}", STANDARD.encode("admin:secret"));
    let headers = [("Authorization", &*login)];
    let answer = exporter.send(Method::POST, "/-/reload", &headers).await;
    assert_eq!(answer.status, StatusCode::OK);
}
