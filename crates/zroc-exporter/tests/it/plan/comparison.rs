//! A saved plan compared with now.

use super::{BURST, Stage, assert_close, stage};

fn saved(stage: &Stage, flags: &[&str]) {
    let all = [
        &[
            "--from", "w.csv", "--format", "json", "--output", "old.json",
        ],
        flags,
    ]
    .concat();
    assert_eq!(stage.run(&all).status.code(), Some(0));
}

#[test]
fn figures_that_changed_are_listed() {
    let stage = stage(20, &BURST);
    saved(&stage, &[]);
    let same = stage.plan(&["--from", "w.csv", "--compare", "old.json"]);
    assert_eq!(same["drift"]["changed"], serde_json::json!([]));
    assert!(same["drift"]["against"].as_str().unwrap().ends_with('Z'));

    let packed = [
        "--from",
        "w.csv",
        "--compression",
        "0.75",
        "--compare",
        "old.json",
    ];
    let plan = stage.plan(&packed);
    let changed = plan["drift"]["changed"].as_array().unwrap();
    let link = changed
        .iter()
        .find(|change| change["figure"] == "links_for_rpo[0].megabit_per_second")
        .unwrap();
    assert_close(&link["was"], link["now"].as_f64().unwrap() * 2.0);
    assert!(
        changed
            .iter()
            .all(|change| !change["figure"].as_str().unwrap().starts_with("inputs"))
    );
    let text = stage.text(&packed);
    assert!(
        text.contains("links_for_rpo[0].megabit_per_second: "),
        "{text}"
    );
}

#[test]
fn only_plans_can_be_compared_with() {
    let stage = stage(20, &BURST);
    stage.write("old.json", "{\"schema\":\"zroc-plan/9\"}");
    for (file, word) in [
        ("old.json", "zroc-plan/1"),
        ("w.csv", "cannot use"),
        ("absent", "absent"),
    ] {
        let said = stage.refused(1, &["--from", "w.csv", "--compare", file]);
        assert!(said.contains(word), "{said}");
    }
    stage.write("deep.json", "[".repeat(100_000));
    stage.refused(1, &["--from", "w.csv", "--compare", "deep.json"]);
}
