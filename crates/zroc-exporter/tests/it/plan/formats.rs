//! Text, JSON, CSV and workbooks.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use calamine::{Data, Reader as _, Xlsx, open_workbook};
use serde_json::Value;

use super::{BURST, PLAIN, Stage, csv, stage};
use crate::staging::deployed;

/// Flags that give every part of a document a value, as far as a CSV file can.
const ALL: [&str; 22] = [
    "--from",
    "w.csv",
    "--link",
    "200Mbit",
    "--link-at",
    "22:00-06:00=1Gbit",
    "--time-zone",
    "Europe/Berlin",
    "--rpo",
    "10s",
    "--rpo",
    "0s",
    "--met",
    "100,99",
    "--scenario",
    "a:link=100Mbit",
    "--vra-memory",
    "3GiB",
    "--vra-count",
    "4",
    "--groups",
    "groups.csv",
];

fn week() -> Stage {
    let stage = Stage::new();
    let days: Vec<_> = (0..8)
        .flat_map(|day| {
            [
                (Some(1e6 * f64::from(day + 1)), 200),
                (Some(20e6), 48),
                (None, 40),
            ]
        })
        .collect();
    let mut text = csv(300, &[("a", &days)]).replace(
        "time,vm,write_bytes_per_second",
        "time,vm,provisioned_gib,host,write_bytes_per_second",
    );
    text = text.replace(",a,", ",a,100,esx-1,");
    stage.write("w.csv", text);
    stage.write(
        "groups.csv",
        "vm,vpg,priority,history,rpo\na,gold,high,4h,1m\n",
    );
    stage
}

fn schema() -> Value {
    serde_json::from_str(&deployed("docs/plan.schema.json")).unwrap()
}

/// The keys of a document that a schema does not describe.
fn unknown_keys(
    schema: &Value,
    root: &Value,
    document: &Value,
    path: &str,
    found: &mut BTreeSet<String>,
) {
    let schema = match schema["$ref"].as_str() {
        Some(name) => &root["$defs"][name.trim_start_matches("#/$defs/")],
        None => schema,
    };
    if let Some(choices) = schema["anyOf"].as_array() {
        if !document.is_null() {
            unknown_keys(&choices[1], root, document, path, found);
        }
        return;
    }
    match document {
        Value::Object(values) if schema.get("properties").is_some() => {
            for (name, value) in values {
                let path = format!("{path}.{name}");
                match schema["properties"].get(name) {
                    Some(of) => unknown_keys(of, root, value, &path, found),
                    None => {
                        found.insert(path);
                    }
                }
            }
        }
        Value::Array(values) => {
            for value in values {
                unknown_keys(&schema["items"], root, value, path, found);
            }
        }
        _ => {}
    }
}

#[test]
fn documents_are_as_the_schema_says() {
    let schema = schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let slow = stage(20, &BURST);
    slow.write(
        "old.json",
        slow.run(&["--from", "w.csv", "--format", "json"]).stdout,
    );
    let week = week();
    for plan in [
        week.plan(&ALL),
        slow.plan(&["--from", "w.csv"]),
        slow.plan(&[
            "--from",
            "w.csv",
            "--link",
            "5Mbit",
            "--compare",
            "old.json",
        ]),
        stage(20, &[(Some(0.0), 30)]).plan(&["--from", "w.csv"]),
    ] {
        let faults: Vec<String> = validator
            .iter_errors(&plan)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{faults:#?}");
        let mut unknown = BTreeSet::new();
        unknown_keys(&schema, &schema, &plan, "", &mut unknown);
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}

#[test]
fn the_schema_refuses_what_is_wrong() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let plan = stage(20, &BURST).plan(&["--from", "w.csv"]);
    assert!(validator.is_valid(&plan));
    let spoil = |path: &str, value: Value| {
        let mut spoilt = plan.clone();
        *spoilt.pointer_mut(path).unwrap() = value;
        assert!(!validator.is_valid(&spoilt), "{path}");
    };
    spoil("/schema", "zroc-plan/2".into());
    spoil("/window/verdict", "fine".into());
    spoil("/links_for_rpo/0/megabit_per_second", Value::Null);
    spoil("/wan/recommended_megabit_per_second", 4.0.into());
    spoil("/vm_table/0/vm", Value::Null);
    let mut without = plan.clone();
    without.as_object_mut().unwrap().remove("journal");
    assert!(!validator.is_valid(&without));
}

#[test]
fn a_week_has_a_range() {
    let plan = week().plan(&ALL);
    assert_eq!(plan["window"]["verdict"], "short");
    assert_eq!(plan["groups"][0]["name"], "gold");
    assert_eq!(plan["window"]["time_zone"], "Europe/Berlin");
}

#[test]
fn the_text_begins_with_the_verdict() {
    let stage = stage(20, &BURST);
    let flags = [&["--from", "w.csv", "--link", "200Mbit"], &PLAIN[..]].concat();
    let text = stage.text(&flags);
    assert_eq!(
        text.lines().next().unwrap(),
        "For an RPO of 10 s you need 315 Mbit/s (39.4 MB/s). On your 200 Mbit/s the RPO would have reached 6 min, once in \
         40 min, worst Mon 1 Jan 00:10 to 00:26."
    );
    for words in [
        "preliminary: 40 min covered",
        "1 VMs counted, 0 left out",
        "highest rate on the wire",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn hostile_names_stay_text() {
    let stage = Stage::new();
    let names = [
        "=HYPERLINK(\"\"x\"\")",
        "+1",
        "-1",
        "@a",
        "\u{1b}[31mred",
        "<b>",
        "a;b",
    ];
    let mut content = "time,vm,write_bytes_per_second\n".to_owned();
    for name in names {
        let _ = write!(content, "0,\"{name}\",1e6\n20,\"{name}\",1e6\n");
    }
    stage.write("w.csv", content);
    let rows = stage.text(&["--from", "w.csv", "--format", "csv"]);
    let mut reader = csv::Reader::from_reader(rows.as_bytes());
    let found: BTreeSet<String> = reader
        .records()
        .map(|row| row.unwrap()[1].to_owned())
        .collect();
    for harmless in ["'=HYPERLINK(\"x\")", "'+1", "'-1", "'@a", "<b>", "a;b"] {
        assert!(found.contains(harmless), "{harmless}: {found:?}");
    }
    let text = stage.text(&["--from", "w.csv"]);
    assert!(!text.contains('\u{1b}') && text.contains("<b>"));
}

#[test]
fn csv_has_a_row_per_vm_and_exact_numbers() {
    let stage = Stage::new();
    stage.write(
        "w.csv",
        csv(
            20,
            &[("a", &[(Some(1e6 / 3.0), 10)]), ("b", &[(Some(2e6), 10)])],
        ),
    );
    let rows = stage.text(&["--from", "w.csv", "--format", "csv", "--quantile", "95"]);
    let mut reader = csv::Reader::from_reader(rows.as_bytes());
    let header = reader.headers().unwrap().clone();
    assert_eq!(&header[4], "q95_megabyte_per_second");
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2);
    let mean = &rows[0][3];
    assert!(mean.starts_with("0.33333333333333"), "{mean}");
    assert_eq!(&rows[0][0], "");
}

#[test]
fn a_workbook_holds_the_text_and_the_vms() {
    let stage = Stage::new();
    stage.write("w.csv", csv(20, &[("=1+1", &BURST), ("b", &BURST)]));
    let output = stage.run(&[
        "--from",
        "w.csv",
        "--format",
        "xlsx",
        "--output",
        "plan.xlsx",
    ]);
    assert_eq!(output.status.code(), Some(0));
    let mut workbook: Xlsx<_> = open_workbook(stage.path("plan.xlsx")).unwrap();
    let plan = workbook.worksheet_range("Plan").unwrap();
    let first = plan.get_value((0, 0)).unwrap().to_string();
    assert!(first.starts_with("For an RPO of 10 s you need "), "{first}");
    let vms = workbook.worksheet_range("VMs").unwrap();
    assert_eq!(vms.height(), 3);
    assert_eq!(
        vms.get_value((1, 1)),
        Some(&Data::String("=1+1".to_owned()))
    );
    assert!(matches!(vms.get_value((1, 3)), Some(Data::Float(_))));
    // A formula would show as one.
    assert!(workbook.worksheet_formula("VMs").unwrap().is_empty());
    let piped = stage.run(&["--from", "w.csv", "--format", "xlsx"]);
    assert!(piped.stdout.starts_with(b"PK"));
}
