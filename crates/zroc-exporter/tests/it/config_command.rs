//! `zroc-exporter config`: what it prints can be given back to it, and no secret is in it.

use std::fs;
use std::process::{Output, Stdio};
use std::str::FromStr as _;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use zroc_exporter::cli;
use zroc_exporter::settings::{Form, Given, SETTINGS, Settings, example, schema};

use crate::exporter::command;

const PASSWORD: &str = "hunter2";

/// What the program prints with these variables and arguments, and this on standard input.
async fn run(variables: &[(&'static str, &str)], arguments: &[&str], input: &str) -> Output {
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect();
    let mut child = command(&variables)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut standard_input = child.stdin.take().unwrap();
    // A program that does not read it closes it.
    let _ = standard_input.write_all(input.as_bytes()).await;
    drop(standard_input);
    child.wait_with_output().await.unwrap()
}

async fn printed(variables: &[(&'static str, &str)], arguments: &[&str], input: &str) -> String {
    let output = run(variables, arguments, input).await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(
        !(printed.clone() + &said).contains(PASSWORD),
        "{printed}{said}"
    );
    printed
}

/// The example with its settings in force.
fn uncommented() -> String {
    let text = example();
    let lines = text.lines().map(|line| match line.strip_prefix('#') {
        Some(setting) if !setting.starts_with(' ') => setting,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether a file fits the schema.
fn accepts(text: &str) -> bool {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let file: toml::Table = text.parse().unwrap();
    let file = serde_json::to_value(file).unwrap();
    validator.is_valid(&file)
}

#[tokio::test]
async fn the_example_gives_the_defaults() {
    let password = [("VCENTER_PASSWORD", PASSWORD)];
    let example = printed(&[], &["config", "--example"], "").await;
    let with_example = printed(&password, &["config", "--config", "-"], &example).await;
    assert_eq!(with_example, printed(&password, &["config"], "").await);
}

#[tokio::test]
async fn what_is_printed_gives_the_same_settings_again() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("password"), PASSWORD).unwrap();
    let file = "[http]\nlisten = [\"127.0.0.1:0\", \"[::1]:0\"]\n\
         [defaults]\npassword_file = \"password\"\ninclude_vms = [\"a,b\", \"c\\\"d\"]\n\
         [[vcenter]]\nname = \"\u{1F600}\"\nhost = \"vc1\"\n\
         [[vcenter]]\nhost = \"vc2\"\nbatch_delay = \"1m\"\n";
    fs::write(path("zroc.toml"), file).unwrap();
    let file = path("zroc.toml");
    let arguments = ["config", "--config", &file, "--perf-source=realtime"];
    let variables = [("POLL_INTERVAL", "90s"), ("POLL_INTERVALL", "90s")];
    let printed_first = printed(&variables, &arguments, "").await;
    for line in [
        "# Warning: POLL_INTERVALL is not a setting; did you mean POLL_INTERVAL?".to_owned(),
        format!("listen = [\"127.0.0.1:0\", \"[::1]:0\"] # {file}:2"),
        format!("batch_delay = \"1m\" # {file}:11"),
        "poll_interval = \"90s\" # POLL_INTERVAL".to_owned(),
        "perf_source = \"realtime\" # --perf-source".to_owned(),
        "batch_size = 100 # default".to_owned(),
        "# state_file is not given".to_owned(),
    ] {
        let is_there = |printed: &str| {
            let mut words = printed
                .lines()
                .map(|it| it.split_whitespace().collect::<Vec<_>>());
            words.any(|words| words.join(" ") == line)
        };
        assert!(
            is_there(&printed_first),
            "{line}\nis not in\n{printed_first}"
        );
    }
    let again = printed(&[], &["config", "--config", "-"], &printed_first).await;
    let without_comments = |text: &str| toml::Table::from_str(text).unwrap();
    assert_eq!(without_comments(&again), without_comments(&printed_first));
}

#[tokio::test]
async fn json_has_values_and_origins() {
    let variables = [
        ("VCENTER_PASSWORD", PASSWORD),
        ("HTTPS_PROXY", "http://reader:hunter2@proxy:3128"),
        ("HTTP_PORT", "9000"),
        ("COLLECT_READS", "YES"),
    ];
    let text = printed(
        &variables,
        &["config", "--format=json", "--config=-"],
        "[log]\nlevel = \"debug\"\n",
    )
    .await;
    let json: Value = serde_json::from_str(&text).unwrap();
    let place = json!({"layer": "file", "file": "standard input", "line": 2});
    assert_eq!(
        json["log"]["level"],
        json!({"value": "debug", "origin": place})
    );
    let variable = |name: &str| json!({"layer": "variable", "name": name});
    let vcenter = &json["vcenter"][0];
    let masked = |name: &str| json!({"value": null, "origin": variable(name)});
    assert_eq!(vcenter["password"], masked("VCENTER_PASSWORD"));
    assert_eq!(vcenter["https_proxy"], masked("HTTPS_PROXY"));
    assert_eq!(
        vcenter["collect_reads"],
        json!({"value": true, "origin": variable("COLLECT_READS")})
    );
    let listen = json!({"value": ["0.0.0.0:9000"], "origin": variable("HTTP_PORT")});
    assert_eq!(json["http"]["listen"], listen);
    assert_eq!(
        vcenter["batch_size"],
        json!({"value": 100, "origin": {"layer": "default"}})
    );
}

#[tokio::test]
async fn invalid_settings_are_refused_like_at_the_start() {
    let refused = run(&[("POLL_INTERVAL", "soon")], &["config"], "").await;
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("POLL_INTERVAL is \"soon\""), "{said}");
}

#[test]
fn the_schema_accepts_the_example_with_and_without_comments() {
    assert!(accepts(&example()));
    assert!(accepts(&uncommented()));
    let settings: toml::Table = uncommented().parse().unwrap();
    let known = SETTINGS
        .iter()
        .filter(|setting| setting.has_default_for_all());
    for key in known.filter_map(|setting| setting.key) {
        assert!(settings["defaults"].get(key).is_some(), "{key}");
    }
    for refused in [
        "[defaults]\npol_interval = 60",
        "[defaults]\nport = \"443\"",
        "[defaults]\npassword = \"hunter2\"",
        "[defaults]\nname = \"x\"",
        "[log]\nlevel = \"LOUD\"",
        "vcenter = []",
        "poll_interval = 60",
    ] {
        assert!(!accepts(refused), "{refused}");
    }
}

#[tokio::test]
async fn the_schema_in_docs_is_the_one_that_the_program_prints() {
    let kept = include_str!("../../../../docs/zroc-exporter.schema.json");
    let printed = printed(&[], &["config", "--schema"], "").await;
    assert!(
        kept == printed,
        "write the output of `zroc-exporter config --schema` to docs/zroc-exporter.schema.json"
    );
}

/// The table says what the parsers accept: its bounds are theirs.
#[test]
fn numbers_outside_of_the_schema_are_refused_and_those_inside_accepted() {
    let is_accepted = |setting: &str, value: String| {
        let given = Given::from_iter([("VCENTER_PASSWORD", "secret".to_owned()), (setting, value)]);
        Settings::load(given).is_ok()
    };
    for setting in SETTINGS {
        let (least, most) = match setting.form {
            Form::Number(least, most) => (i64::from(least), i64::from(most)),
            Form::Duration(least) => (i64::from(least.div_ceil(1_000)), 86_400),
            _ => continue,
        };
        for value in [least, most] {
            assert!(
                is_accepted(setting.name, value.to_string()),
                "{} {value}",
                setting.name
            );
        }
        for value in [least - 1, most + 1] {
            assert!(
                !is_accepted(setting.name, value.to_string()),
                "{} {value}",
                setting.name
            );
        }
    }
}

#[tokio::test]
async fn help_names_every_setting_and_shows_no_colours() {
    let help = printed(&[("CLICOLOR_FORCE", "1")], &["--help"], "").await;
    assert!(!help.contains('\u{1b}'));
    for setting in SETTINGS {
        assert!(help.contains(setting.help), "{}", setting.name);
        let names = [
            setting.variable().map(str::to_owned),
            setting.flag.map(|flag| format!("--{flag}")),
        ];
        for name in names.into_iter().flatten() {
            assert!(help.contains(&name), "{name}");
        }
    }
    let after_command = printed(&[], &["config", "--help"], "").await;
    assert!(after_command.contains("--poll-interval"));
    cli::command().debug_assert();
}

#[tokio::test]
async fn the_version_has_commit_and_platform() {
    let version = printed(&[], &["--version"], "").await;
    let words: Vec<&str> = version.split_whitespace().collect();
    let ["zroc-exporter", number, "(revision", revision, platform] = words[..] else {
        panic!("{version}");
    };
    assert_eq!(number, env!("CARGO_PKG_VERSION"));
    let revision = revision.strip_suffix(',').unwrap();
    assert!(revision == "unknown" || revision.chars().all(|c| c.is_ascii_alphanumeric()));
    assert!(
        platform.ends_with("-linux-gnu)") || platform.ends_with("-linux-musl)"),
        "{version}"
    );
}
