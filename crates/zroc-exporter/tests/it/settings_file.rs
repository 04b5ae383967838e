//! The file with settings: what it may say, and what is said about its mistakes.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use planner_core::inventory::filter::Pattern;
use secrecy::ExposeSecret as _;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use zroc_exporter::settings::{Given, Layers, Settings, SettingsError};

use crate::exporter::command;
use crate::settings::problems;

/// The settings that this file in this folder gives, beside these variables.
pub(crate) fn load_in(
    folder: &Path,
    text: &str,
    variables: &[(&str, &str)],
) -> Result<Settings, SettingsError> {
    let given: Given = variables.iter().copied().collect();
    let file = folder.join("zroc.toml");
    Settings::of(&Layers::with_file(given, &file, text.to_owned()))
}

/// A folder with a file that holds a password.
pub(crate) fn folder_with_password() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("password"), "secret\n").unwrap();
    folder
}

fn load(text: &str) -> Result<Settings, SettingsError> {
    load_in(folder_with_password().path(), text, &[])
}

/// What is said about a file, without its path. Nothing else is missing.
fn said(text: &str) -> Vec<String> {
    let folder = folder_with_password();
    let password = [("VCENTER_PASSWORD", "secret")];
    let error = load_in(folder.path(), text, &password).unwrap_err();
    let path = format!("{}/", folder.path().display());
    let problems = error.problems.iter();
    problems
        .map(|problem| problem.to_string().replace(&path, ""))
        .collect()
}

#[test]
fn a_file_gives_several_vcenters_with_what_they_share() {
    let folder = folder_with_password();
    let text = r#"
        [http]
        listen = ["127.0.0.1:9272", "[::1]:9273"]

        [log]
        level = "debug"
        format = "json"

        [defaults]
        user = "svc-zroc@vsphere.local"
        password_file = "password"
        poll_interval = "60s"
        batch_delay = 0.25
        include_vms = ["web-*", "a,b"]

        [[vcenter]]
        name = "boston"
        host = "vc1.corp.example"
        exclude_clusters = ["Lab*"]
        collect_reads = true

        [[vcenter]]
        host = "vc2.corp.example"
        port = 8443
        poll_interval = 300
        state_file = "berlin.totals"
    "#;
    let settings = load_in(folder.path(), text, &[]).unwrap();
    assert!(settings.labelled);
    let listen: Vec<String> = settings
        .http
        .listen
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(listen, ["127.0.0.1:9272", "[::1]:9273"]);
    assert_eq!(settings.log.level, tracing::Level::DEBUG);
    let [boston, berlin] = &settings.vcenters[..] else {
        panic!("{:?}", settings.vcenters);
    };
    assert_eq!((boston.name.as_str(), boston.port), ("boston", 443));
    assert_eq!(
        (berlin.name.as_str(), berlin.port),
        ("vc2.corp.example", 8443)
    );
    for vcenter in [boston, berlin] {
        assert_eq!(vcenter.user, "svc-zroc@vsphere.local");
        let password = vcenter.password.read().unwrap();
        assert_eq!(password.expose_secret(), "secret");
        let names = &vcenter.collection.filter.names.include;
        assert_eq!(names, &[Pattern::new("web-*"), Pattern::new("a,b")]);
        assert_eq!(vcenter.collection.batch_delay, Duration::from_millis(250));
    }
    let interval = |seconds| Duration::from_secs(seconds);
    assert_eq!(boston.collection.poll_interval, interval(60));
    assert_eq!(berlin.collection.poll_interval, interval(300));
    assert!(boston.collection.measures.reads && !berlin.collection.measures.reads);
    assert_eq!(
        boston.collection.filter.clusters.exclude,
        [Pattern::new("Lab*")]
    );
    let state_file = berlin.collection.state_file.as_ref().unwrap();
    assert_eq!(state_file.path(), folder.path().join("berlin.totals"));
}

#[test]
fn defaults_alone_make_one_vcenter_without_the_label() {
    let settings = load("[defaults]\nhost = \"vc1\"\npassword_file = \"password\"").unwrap();
    assert_eq!(settings.vcenters.len(), 1);
    assert_eq!(settings.vcenters[0].host, "vc1");
    assert!(!settings.labelled);
    let labelled = load("vcenter_label = true\n[defaults]\npassword_file = \"password\"").unwrap();
    assert!(labelled.labelled);
}

#[test]
fn unknown_keys_are_named_with_what_may_be_meant() {
    for (text, problem) in [
        (
            "[defaults]\npol_interval = 60",
            "zroc.toml:2: defaults.pol_interval is not a setting; did you mean `poll_interval`?",
        ),
        (
            "[defaults]\nPOLL_INTERVAL = 60",
            "zroc.toml:2: defaults.POLL_INTERVAL is not a setting; did you mean `poll_interval`?",
        ),
        (
            "[defaults]\nVCENTER_USER = \"x\"",
            "zroc.toml:2: defaults.VCENTER_USER is not a setting; did you mean `user`?",
        ),
        (
            "poll_interval = 60",
            "zroc.toml:1: poll_interval belongs into `[defaults]` or `[[vcenter]]`",
        ),
        (
            "[http]\nlevel = \"INFO\"",
            "zroc.toml:2: http.level belongs into `[log]`",
        ),
        (
            "[defaults]\nname = \"x\"",
            "zroc.toml:2: defaults.name belongs into `[[vcenter]]`, because no two may have the same",
        ),
        (
            "[default]\nuser = \"x\"",
            "zroc.toml:1: default is not a setting; did you mean `defaults`?",
        ),
        (
            "[defaults]\npassword = \"hunter2\"",
            "zroc.toml:2: defaults.password is not accepted in a file, so that the file is no secret: give `password_file`",
        ),
        (
            "\n\n\"a\\u0000b\" = 1",
            "zroc.toml:3: \"a\\0b\" is not a setting",
        ),
    ] {
        assert_eq!(said(text), [problem], "{text}");
    }
}

#[test]
fn a_value_of_the_wrong_kind_is_refused_where_it_is() {
    for (text, problem) in [
        (
            "[defaults]\nport = \"443\"",
            "zroc.toml:2: defaults.port is a string: give a port from 1 to 65535",
        ),
        (
            "[defaults]\nbatch_size = 1.5",
            "zroc.toml:2: defaults.batch_size is a number: give a whole number from 1 to 10000",
        ),
        (
            "[defaults]\nbatch_size = 99999999999999999999",
            "zroc.toml:2: defaults.batch_size is \"99999999999999999999\": give a whole number from 1 to 10000",
        ),
        (
            "[defaults]\ncollect_reads = \"yes\"",
            "zroc.toml:2: defaults.collect_reads is a string: give `true` or `false`",
        ),
        (
            "[defaults]\nhost = true",
            "zroc.toml:2: defaults.host is true or false: give a host name or an IP address, without scheme, port or path",
        ),
        (
            "[log]\nformat = 1979-05-27",
            "zroc.toml:2: log.format is a date or time: give `text` or `json`",
        ),
        (
            "[log.format]\nx = 1",
            "zroc.toml:1: log.format is a table: give `text` or `json`",
        ),
        (
            "[http]\nlisten = \"0.0.0.0:9272\"",
            "zroc.toml:2: http.listen is a string: give a list of addresses with ports, such as `[\"127.0.0.1:9272\"]`",
        ),
        (
            "[http]\nlisten = [\"::1:9272\"]",
            "zroc.toml:2: http.listen is \"::1:9272\", which needs brackets around its IPv6 address, such as `[::]:9272`: \
             give a list of addresses with ports, such as `[\"127.0.0.1:9272\"]`",
        ),
        (
            "[http]\nlisten = []",
            "zroc.toml:2: http.listen is an empty list: give a list of addresses with ports, such as `[\"127.0.0.1:9272\"]`",
        ),
        (
            "[defaults]\ninclude_vms = [\"a\", 1]",
            "zroc.toml:2: defaults.include_vms is a list of other values than strings: give a list of names with `*` and `?` \
             as wildcards, such as `[\"web-*\", \"db-??\"]`",
        ),
        ("http = 1", "zroc.toml:1: http is a number: write `[http]`"),
        (
            "[vcenter]\nhost = \"x\"",
            "zroc.toml:1: vcenter is not a list of tables: write `[[vcenter]]` before the settings of each",
        ),
        ("vcenter = []", "zroc.toml:1: vcenter is an empty list"),
    ] {
        assert_eq!(said(text), [problem], "{text}");
    }
}

#[test]
fn all_problems_are_in_one_message_wherever_they_come_from() {
    let folder = folder_with_password();
    let text = "[defaults]\nbatch_size = 0\nshape = 1\n";
    let given = Given::from_iter([("PERF_SOURCE", "rollup")])
        .with_flag("poll-interval", vec!["soon".into()]);
    let file = folder.path().join("zroc.toml");
    let error = Settings::of(&Layers::with_file(given, &file, text.to_owned())).unwrap_err();
    let message = error
        .to_string()
        .replace(&format!("{}/", folder.path().display()), "");
    assert_eq!(
        message,
        "5 settings cannot be used:\n  \
         zroc.toml:3: defaults.shape is not a setting\n  \
         VCENTER_PASSWORD is missing: give the account's password\n  \
         --poll-interval is \"soon\": give seconds such as `300` or `0.5`, or a duration such as `5m` or `90s`, from 0.1 s \
         to a day\n  \
         zroc.toml:2: defaults.batch_size is \"0\": give a whole number from 1 to 10000\n  \
         PERF_SOURCE is \"rollup\": give `auto`, `realtime` or `historical`"
    );
}

#[test]
fn syntax_errors_name_the_line_and_quote_nothing_of_it() {
    let text = "[defaults]\nuser = \"hunter2\nport = 443\nhost = hunter2\n";
    let said = said(text);
    assert!(said.len() >= 2, "{said:?}");
    assert!(
        said[0].starts_with("zroc.toml:2 cannot be read as TOML: "),
        "{said:?}"
    );
    assert!(
        said[1].starts_with("zroc.toml:4 cannot be read as TOML: "),
        "{said:?}"
    );
    assert!(!said.concat().contains("hunter2"), "{said:?}");
    // What is missing may be in what was not understood.
    let error = load("[defaults]\npassword_file = password").unwrap_err();
    assert!(!error.to_string().contains("VCENTER_PASSWORD"), "{error}");
}

#[test]
fn hostile_files_are_refused_briefly() {
    let deep = format!("x = {}{}", "[".repeat(100_000), "]".repeat(100_000));
    let tables = "[[vcenter]]\n".repeat(20_000);
    let keys: Vec<String> = (0..20_000).map(|number| format!("k{number} = 1")).collect();
    let long_key = format!("{} = 1", "k".repeat(200_000));
    for text in [deep, tables, keys.join("\n"), long_key] {
        let error = load(&text).unwrap_err();
        assert!(error.problems.len() <= 20_010);
        assert!(
            error
                .problems
                .iter()
                .all(|problem| problem.to_string().len() < 1_000)
        );
    }
}

#[test]
fn a_vcenter_of_several_must_say_which_it_is() {
    let folder = folder_with_password();
    let error = load_in(folder.path(), "\n[[vcenter]]\nname = \"a\"\n", &[]).unwrap_err();
    let message = error
        .to_string()
        .replace(&format!("{}/", folder.path().display()), "");
    assert!(
        message.contains("zroc.toml:2: vcenter.host is missing: "),
        "{message}"
    );
    let missing = "zroc.toml:2: vcenter.password_file is missing: ";
    assert!(message.contains(missing), "{message}");
}

#[test]
fn vcenters_have_names_and_files_of_their_own() {
    let folder = folder_with_password();
    let load = |one: &str, other: &str| {
        let common = "[defaults]\npassword_file = \"password\"\n";
        let text = format!("{common}[[vcenter]]\n{one}\n[[vcenter]]\n{other}\n");
        let error = load_in(folder.path(), &text, &[]).unwrap_err();
        error
            .to_string()
            .replace(&format!("{}/", folder.path().display()), "")
    };
    let same_host = load("host = \"vc1\"", "host = \"vc1\"");
    assert!(
        same_host.contains("zroc.toml:5: vcenter.name is \"vc1\", like another"),
        "{same_host}"
    );
    let same_name = load("host = \"a\"\nname = \"x\"", "host = \"b\"\nname = \"x\"");
    assert!(
        same_name.contains("zroc.toml:8: vcenter.name is \"x\", like another"),
        "{same_name}"
    );
    let file = "state_file = \"totals\"";
    let same_file = load(
        &format!("host = \"a\"\n{file}"),
        &format!("host = \"b\"\n{file}"),
    );
    assert!(
        same_file.contains("zroc.toml:8: vcenter.state_file is "),
        "{same_file}"
    );
    assert!(
        same_file.contains("another `[[vcenter]]` keeps its totals"),
        "{same_file}"
    );
}

#[tokio::test]
async fn the_program_reads_standard_input() {
    let mut child = command(&[])
        .args(["--config", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"[defaults]\nhots = 1\n").await.unwrap();
    drop(input);
    let ended = child.wait_with_output().await.unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(
        said.contains("standard input:2") && said.contains("hots"),
        "{said}"
    );
}

#[test]
fn a_file_that_cannot_be_read_is_the_problem_and_nothing_it_may_hold_is_missing() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("long"), vec![b'#'; (256 << 10) + 1]).unwrap();
    fs::write(path("bytes"), b"user = \"\xff\"").unwrap();
    for (name, reason) in [
        ("missing", "No such file or directory"),
        ("", "it is no regular file"),
        ("long", "it is longer than 256 KiB"),
        ("bytes", "it is not in UTF-8"),
    ] {
        let given = Given::from_iter([("ZROC_CONFIG", path(name))]);
        let error = Settings::load(given).unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(problems(Err(error)), ["ZROC_CONFIG"]);
    }
}
