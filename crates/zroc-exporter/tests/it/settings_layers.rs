//! Which of several values of a setting counts: flags beat variables, which beat the file, which beats defaults.

use std::fs;
use std::time::Duration;

use mock_vcenter::{MockVcenter, Options};
use secrecy::ExposeSecret as _;
use tempfile::TempDir;
use vsphere_soap::Trust;
use zroc_exporter::settings::{Given, Layers, Settings};

use crate::exporter::{Exporter, ca_file, command};
use crate::settings::with_password;
use crate::settings_file::{folder_with_password, load_in};
use crate::staging::settings;

const THUMBPRINT: &str = "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF";

#[test]
fn the_stronger_layer_counts() {
    let folder = folder_with_password();
    let file = folder.path().join("zroc.toml");
    let interval = |given: Given, text: &str| {
        let text = format!("[defaults]\npassword_file = \"password\"\n{text}");
        let settings = Settings::of(&Layers::with_file(given, &file, text)).unwrap();
        settings.vcenters[0].collection.poll_interval.as_secs()
    };
    let variable = || Given::from_iter([("POLL_INTERVAL", "3m")]);
    let flag = |given: Given| given.with_flag("poll-interval", vec!["240".into()]);
    let shared = "poll_interval = 60\n";
    let own = "poll_interval = 60\n[[vcenter]]\nhost = \"vc1\"\npoll_interval = 120\n";
    assert_eq!(interval(Given::default(), ""), 300);
    assert_eq!(interval(Given::default(), shared), 60);
    assert_eq!(interval(Given::default(), own), 120);
    assert_eq!(interval(variable(), own), 180);
    assert_eq!(interval(flag(variable()), own), 240);
}

#[test]
fn what_reaches_one_vcenter_is_refused_beside_tables_of_vcenters() {
    let folder = folder_with_password();
    let tables = "[[vcenter]]\nhost = \"vc1\"\npassword_file = \"password\"\n";
    for name in ["VCENTER_HOST", "VCENTER_PASSWORD", "VCENTER_LABEL"] {
        let error = load_in(folder.path(), tables, &[(name, "x")]).unwrap_err();
        let fault =
            format!("{name} is given beside `[[vcenter]]`: put it into the file, or take it away");
        assert!(error.to_string().contains(&fault), "{error}");
    }
    let given = Given::default().with_flag("vcenter.port", vec!["443".into()]);
    let file = folder.path().join("zroc.toml");
    let error = Settings::of(&Layers::with_file(given, &file, tables.to_owned())).unwrap_err();
    assert!(
        error.to_string().contains("--vcenter.port is given beside"),
        "{error}"
    );
    let error = load_in(
        folder.path(),
        &format!("vcenter_label = false\n{tables}"),
        &[],
    );
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("zroc.toml:1: vcenter_label is false, but with"),
        "{error}"
    );
}

#[tokio::test]
async fn of_settings_that_exclude_each_other_the_stronger_layer_counts() {
    let folder = folder_with_password();
    let mock = MockVcenter::start(Options::default()).await.unwrap();
    let ca = ca_file(&mock);
    let ca = ca.path().to_str().unwrap();
    let text = format!("[defaults]\npassword_file = \"password\"\nthumbprint = \"{THUMBPRINT}\"\n");
    let vcenter = |variables: &[(&str, &str)]| {
        let settings = load_in(folder.path(), &text, variables).unwrap();
        settings.vcenters.into_iter().next().unwrap()
    };
    assert!(matches!(vcenter(&[]).trust, Trust::Sha256Thumbprint(_)));
    let given = vcenter(&[("VCENTER_CA_FILE", ca), ("VCENTER_PASSWORD", "stronger")]);
    assert_eq!(given.trust, Trust::CaFile(ca.into()));
    assert_eq!(given.password.read().unwrap().expose_secret(), "stronger");
    let both = format!("{text}ca_file = {ca:?}\n");
    let error = load_in(folder.path(), &both, &[]).unwrap_err().to_string();
    assert!(
        error.contains("zroc.toml:3: defaults.thumbprint is given beside ca_file"),
        "{error}"
    );
}

#[test]
fn host_and_port_by_variable_replace_that_part_of_the_list() {
    let folder = TempDir::new().unwrap();
    let file = "[http]\nlisten = [\"127.0.0.1:9272\", \"[::1]:9273\", \":9274\"]\n";
    let listen = |variables: &[(&str, &str)]| {
        let variables = [variables, &[("VCENTER_PASSWORD", "secret")]].concat();
        let settings = load_in(folder.path(), file, &variables).unwrap();
        let addresses = settings.http.listen.into_iter();
        addresses.map(|it| it.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(
        listen(&[]),
        ["127.0.0.1:9272", "[::1]:9273", "0.0.0.0:9274"]
    );
    let port = ("HTTP_PORT", "80");
    assert_eq!(listen(&[port]), ["127.0.0.1:80", "[::1]:80", "0.0.0.0:80"]);
    assert_eq!(listen(&[port, ("HTTP_HOST", "::1")]), ["[::1]:80"]);
}

#[test]
fn credentials_of_systemd_are_found() {
    let folder = folder_with_password();
    let text = "[defaults]\npassword_file = \"$CREDENTIALS_DIRECTORY/password\"\n";
    let elsewhere = TempDir::new().unwrap();
    let directory = folder.path().to_str().unwrap();
    let settings = load_in(
        elsewhere.path(),
        text,
        &[("CREDENTIALS_DIRECTORY", directory)],
    );
    let password = settings.unwrap().vcenters[0].password.read().unwrap();
    assert_eq!(password.expose_secret(), "secret");
    let error = load_in(elsewhere.path(), text, &[])
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("but CREDENTIALS_DIRECTORY is not set"),
        "{error}"
    );
}

#[test]
fn variables_about_proxies_count_in_lower_case_too_and_beat_the_file() {
    let proxy = |variables: &[(&str, &str)], text: &str| {
        let folder = folder_with_password();
        let text = format!("[defaults]\npassword_file = \"password\"\n{text}");
        let settings = load_in(folder.path(), &text, variables).unwrap();
        let proxy = settings.vcenters[0].proxy.as_ref();
        proxy.map(ToString::to_string)
    };
    let text = "https_proxy = \"http://file:3128\"\n";
    assert!(proxy(&[], text).unwrap().contains("file:3128"));
    let lower = proxy(&[("https_proxy", "http://lower:3128")], text).unwrap();
    assert!(
        lower.contains("lower:3128") && lower.contains("https_proxy"),
        "{lower}"
    );
    assert_eq!(proxy(&[("no_proxy", "*")], text), None);
}

#[test]
fn variables_that_were_meant_to_be_settings_are_named() {
    let settings = with_password(&[
        ("VCENTR_USER", "x"),
        ("POLL_INTERVALL", "60"),
        ("HOME", "/"),
    ]);
    let settings = settings.unwrap();
    let named: Vec<String> = settings
        .unknown_variables
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        named,
        [
            "POLL_INTERVALL is not a setting; did you mean POLL_INTERVAL?",
            "VCENTR_USER is not a setting; did you mean VCENTER_USER?",
        ]
    );
    assert_eq!(
        settings.vcenters[0].collection.poll_interval,
        Duration::from_secs(300)
    );
}

#[tokio::test]
async fn the_program_takes_flags_a_file_and_variables_and_listens_on_all_addresses() {
    let mock = MockVcenter::start(Options::default()).await.unwrap();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("zroc.toml");
    fs::write(
        &file,
        "[http]\nlisten = [\"127.0.0.1:0\", \"127.0.0.2:0\"]\n",
    )
    .unwrap();
    let mut variables = settings(&mock, &[("POLL_INTERVALL", "1")]);
    variables.push(("ZROC_CONFIG", file.display().to_string()));
    let exporter = Exporter::start_with(command(&variables).arg("--log.format=json")).await;
    let warned = |line: &str| line.contains("POLL_INTERVALL is not a setting");
    exporter.logged_when(warned).await;
    for host in ["127.0.0.1:", "127.0.0.2:"] {
        let listens = |line: &str| line.contains("listening") && line.contains(host);
        exporter.logged_when(listens).await;
    }
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
}

#[tokio::test]
async fn flags_are_understood_before_and_after_the_command() {
    for arguments in [
        &["--log.level=LOUD", "serve"][..],
        &["serve", "--log.level", "LOUD"],
        &["--log.level", "LOUD"],
    ] {
        let refused = command(&[("VCENTER_PASSWORD", "x".to_owned())])
            .args(arguments)
            .output()
            .await
            .unwrap();
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{said}");
        assert!(
            said.contains("--log.level is \"LOUD\": give `TRACE`"),
            "{said}"
        );
    }
    let secret = command(&[])
        .arg("--vcenter.password=x")
        .output()
        .await
        .unwrap();
    assert_eq!(secret.status.code(), Some(2));
}
