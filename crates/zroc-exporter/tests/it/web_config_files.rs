//! Web config files that cannot be used: told at the start, all at once, and without what is secret.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;
use zroc_exporter::http::web_config::WebConfigFile;
use zroc_exporter::settings::{Given, Settings};

use crate::exporter::command;

fn problem(text: &str) -> String {
    WebConfigFile::parse(text).unwrap_err().to_string()
}

#[test]
fn an_empty_file_asks_for_nothing() {
    for text in ["", "\n", "# nothing yet\n", "{}", "basic_auth_users: {}"] {
        assert!(WebConfigFile::parse(text).is_ok(), "{text:?}");
    }
}

#[test]
fn the_example_of_prometheus_is_understood() {
    let example = "
        tls_server_config:
          cert_file: server.crt
          key_file: server.key
          client_auth_type: RequireAndVerifyClientCert
          client_ca_file: ca.crt
          min_version: TLS12
          max_version: TLS13
          prefer_server_cipher_suites: true
        http_server_config:
          http2: true
          headers:
            Strict-Transport-Security: max-age=31536000
        basic_auth_users:
          alice: $2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi
    ";
    assert!(WebConfigFile::parse(example).is_ok());
}

#[test]
fn every_value_that_cannot_be_used_is_named() {
    let told = problem(
        "
        tls_server_config:
          cert_file: server.crt
          cert: also here
          client_ca_file: ca.crt
          min_version: TLS13
          max_version: TLS12
          cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]
        http_server_config:
          headers:
            Server: mine
            X-Frame-Options: \"a\\nb\"
        basic_auth_users:
          plain: my-secret-password
          'a:b': $2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi
          slow: $2y$31$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi
        auth_excluded_paths: [health]
        ",
    );
    for expected in [
        "only one of cert_file and cert",
        "key_file or key is missing",
        "needs client_auth_type RequireAndVerifyClientCert",
        "min_version is above max_version",
        "cipher_suites is not supported",
        "the header Server cannot be set",
        "the value of X-Frame-Options has characters",
        "\"plain\" is no bcrypt hash",
        "the user \"a:b\" has a colon",
        "\"slow\" has the cost 31",
        "\"health\" does not begin with a slash",
    ] {
        assert!(told.contains(expected), "{expected} is missing in: {told}");
    }
    assert!(
        !told.contains("my-secret-password") && !told.contains("$2y"),
        "{told}"
    );
}

#[test]
fn what_is_no_such_yaml_is_refused_without_being_quoted() {
    for text in [
        "basic_auth_user:\n  alice: hunter2",
        "basic_auth_users:\n  alice: [hunter2]",
        "basic_auth_users:\n  alice: hunter2\n bob: hunter2",
        "tls_server_config:\n  key: |\n    hunter2\n  min_version: SSL3",
        "- hunter2",
        "hunter2",
        "{{{{ hunter2",
        "basic_auth_users:\n  alice: hunter2\n  alice: hunter2",
    ] {
        let told = problem(text);
        assert!(!told.contains("hunter2"), "{text:?}: {told}");
    }
    assert!(problem("tls_server_config:\n  cert_fil: a").contains("cert_file"));
}

#[test]
fn bombs_do_not_go_off() {
    let mut laughs = String::from("a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for (name, before) in ('b'..='z').zip('a'..) {
        let nine = vec![format!("*{before}"); 9].join(", ");
        writeln!(laughs, "{name}: &{name} [{nine}]").unwrap();
    }
    for bomb in [
        laughs,
        "[".repeat(100_000),
        "a: ".repeat(100_000),
        "- ".repeat(100_000),
        "&a [*a]".to_owned(),
    ] {
        assert!(WebConfigFile::parse(&bomb).is_err());
    }
}

fn load(config: &str, prepare: impl Fn(&std::path::Path)) -> String {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("web.yml");
    fs::write(&path, config).unwrap();
    prepare(folder.path());
    let given = Given::from_iter([
        ("VCENTER_PASSWORD", "secret"),
        ("WEB_CONFIG_FILE", path.to_str().unwrap()),
    ]);
    match Settings::load(given) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn certificates_and_keys_are_tried_at_the_start() {
    const TLS: &str = "tls_server_config: {cert_file: cert.pem, key_file: key.pem}";
    let made = || generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let CertifiedKey { cert, signing_key } = made();
    let write = |folder: &std::path::Path, name: &str, text: &str| {
        fs::write(folder.join(name), text).unwrap();
    };
    let told = load(TLS, |_| ());
    assert!(
        told.contains("WEB_CONFIG_FILE") && told.contains("cert.pem"),
        "{told}"
    );
    let told = load(TLS, |folder| {
        write(folder, "cert.pem", "hello");
        write(folder, "key.pem", &signing_key.serialize_pem());
    });
    assert!(told.contains("no PEM certificate"), "{told}");
    let told = load(TLS, |folder| {
        write(folder, "cert.pem", &cert.pem());
        write(folder, "key.pem", "hello");
    });
    assert!(told.contains("no PEM private key"), "{told}");
    let told = load(TLS, |folder| {
        write(folder, "cert.pem", &cert.pem());
        write(folder, "key.pem", &made().signing_key.serialize_pem());
    });
    assert!(
        told.contains("certificate and key cannot be used"),
        "{told}"
    );
    let told = load(TLS, |folder| {
        write(folder, "cert.pem", &cert.pem());
        write(folder, "key.pem", &signing_key.serialize_pem());
    });
    assert_eq!(told, "");
}

#[tokio::test]
async fn a_bad_file_ends_the_start_with_code_2_and_a_pipe_is_not_waited_for() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("web.yml");
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.unwrap().success());
    let settings = [
        ("VCENTER_PASSWORD", "secret".to_owned()),
        ("WEB_CONFIG_FILE", path.display().to_string()),
    ];
    let ended = command(&settings).output();
    let ended = tokio::time::timeout(Duration::from_secs(60), ended);
    let output = ended.await.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("no regular file"), "{told}");
}
