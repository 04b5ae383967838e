//! The rules of a dashboard that others can use: they follow those of Grafana's dashboard-linter.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::{all, folder};

fn boards() -> Vec<Value> {
    let boards = all();
    let read = boards
        .iter()
        .map(|board| serde_json::from_str(&board.json()).unwrap());
    read.collect()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap()
}

fn panels(board: &Value) -> impl Iterator<Item = &Value> {
    list(board, "panels")
        .iter()
        .filter(|panel| panel["type"] != "row")
}

#[test]
fn the_kept_dashboards_are_those_of_the_code() {
    for board in all() {
        let kept = fs::read_to_string(folder().join(board.file_name()));
        let kept = kept.unwrap_or_default();
        let name = board.file_name();
        assert!(
            kept == board.json(),
            "{name} differs: run `cargo xtask dashboards`"
        );
    }
    let kept = fs::read_dir(folder()).unwrap().count();
    assert_eq!(kept, all().len());
}

#[test]
fn everything_has_a_name_a_meaning_and_a_unit() {
    let mut uids = BTreeSet::new();
    for board in boards() {
        assert!(uids.insert(board["uid"].to_string()));
        assert_eq!(board["editable"], false);
        let all = list(&board, "panels");
        let ids: BTreeSet<u64> = all
            .iter()
            .map(|panel| panel["id"].as_u64().unwrap())
            .collect();
        assert_eq!(ids.len(), all.len());
        for panel in panels(&board) {
            let title = panel["title"].as_str().unwrap();
            assert!(!title.is_empty());
            let description = panel["description"].as_str().unwrap();
            assert!(description.ends_with('.'), "{title}: {description}");
            assert_eq!(panel["datasource"]["uid"], "${datasource}", "{title}");
            let unit = panel["fieldConfig"]["defaults"]["unit"].as_str().unwrap();
            assert!(!unit.is_empty(), "{title}");
            assert!(!list(panel, "targets").is_empty(), "{title}");
        }
    }
}

#[test]
fn panels_do_not_lie_on_each_other() {
    for board in boards() {
        let mut taken = BTreeSet::new();
        for panel in list(&board, "panels") {
            let place = |key: &str| panel["gridPos"][key].as_u64().unwrap();
            assert!(place("x") + place("w") <= 24);
            for y in place("y")..place("y") + place("h") {
                for x in place("x")..place("x") + place("w") {
                    assert!(taken.insert((x, y)), "{}", panel["title"]);
                }
            }
        }
    }
}

#[test]
fn every_selector_follows_the_variables() {
    for board in boards() {
        let variables = list(&board["templating"], "list");
        let names: BTreeSet<&str> = variables
            .iter()
            .map(|it| it["name"].as_str().unwrap())
            .collect();
        assert!(names.is_superset(&["datasource", "job", "instance", "vcenter"].into()));
        for panel in panels(&board) {
            for target in list(panel, "targets") {
                let expression = target["expr"].as_str().unwrap();
                let selectors = expression
                    .split('{')
                    .skip(1)
                    .filter_map(|it| it.split_once('}'));
                let mut found = 0;
                for (selector, _) in selectors {
                    found += 1;
                    for label in ["job", "instance"] {
                        let followed = format!("{label}=~\"${label}\"");
                        assert!(selector.contains(&followed), "{expression}");
                    }
                    let used = selector
                        .split("\"$")
                        .skip(1)
                        .map(|it| it.split('"').next().unwrap());
                    for variable in used {
                        assert!(names.contains(variable), "{variable} in {expression}");
                    }
                }
                assert!(found > 0, "{expression}");
                // Counters of VMs grow in steps, so only long windows are right for them.
                let windows = expression
                    .split('[')
                    .skip(1)
                    .filter_map(|it| it.split_once(']'));
                for (window, _) in windows {
                    assert!(
                        ["$__rate_interval", "$__range", "1d"].contains(&window),
                        "{expression}"
                    );
                }
                if expression.contains("_bytes_total") && !expression.contains("received") {
                    assert!(expression.contains("[1d]"), "{expression}");
                }
                assert_eq!(target["interval"], "1m");
            }
        }
    }
}
