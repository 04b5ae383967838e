//! Which VMs count, and what is said of the others.

use std::fmt::Write as _;
use std::process::{Command, Output};

use serde_json::{Value, json};

use super::{Stage, assert_close, csv, said};

const HEADER: &str = "time,vm,moref,vcenter,cluster,datacenter,write_bytes_per_second\n";

/// VMs with two samples each of this number of bytes per second.
fn stage(vms: &[(&str, &str, &str, &str, f64)]) -> Stage {
    let stage = Stage::new();
    let mut text = HEADER.to_owned();
    for (name, moref, vcenter, cluster, rate) in vms {
        for time in [0, 20] {
            let _ = writeln!(text, "{time},{name},{moref},{vcenter},{cluster},d1,{rate}");
        }
    }
    stage.write("w.csv", text);
    stage
}

fn usual() -> Stage {
    stage(&[
        ("web-1", "vm-1", "vc1", "prod", 1e6),
        ("web-2", "vm-2", "vc1", "test", 2e6),
        ("db-1", "vm-1", "vc2", "prod", 4e6),
        ("db-1", "vm-3", "vc1", "prod", 8e6),
        ("Z-VRA-esx1", "vm-9", "vc1", "prod", 16e6),
        ("vCLS-7", "vm-8", "vc1", "prod", 32e6),
    ])
}

/// The means of the VMs that count, in MB/s: they say which ones these are.
fn counted(plan: &Value) -> Vec<f64> {
    let vms = plan["vm_table"].as_array().unwrap().iter();
    let mut means: Vec<f64> = vms
        .map(|vm| vm["mean_megabyte_per_second"].as_f64().unwrap())
        .collect();
    means.sort_by(f64::total_cmp);
    means
}

fn plan(stage: &Stage, flags: &[&str]) -> Value {
    stage.plan(&[&["--from", "w.csv"], flags].concat())
}

#[test]
fn infrastructure_is_left_out_with_a_reason_unless_put_back() {
    let stage = usual();
    let found = plan(&stage, &[]);
    assert_eq!(counted(&found), [1.0, 2.0, 4.0, 8.0]);
    let left_out = found["vms"]["not_counted"].as_array().unwrap();
    let reason =
        |name: &str| left_out.iter().find(|vm| vm["vm"] == name).unwrap()["reason"].clone();
    assert_eq!(reason("Z-VRA-esx1"), "zerto_appliance");
    assert_eq!(reason("vCLS-7"), "cluster_services");
    let put_back = plan(&stage, &["--count", "Z-VRA*"]);
    assert_eq!(counted(&put_back), [1.0, 2.0, 4.0, 8.0, 16.0]);
}

#[test]
fn names_and_places_choose() {
    let stage = usual();
    assert_eq!(
        counted(&plan(&stage, &["--include-vms", "WEB-*,nothing"])),
        [1.0, 2.0]
    );
    assert_eq!(
        counted(&plan(
            &stage,
            &["--include-vms", "web-1", "--include-vms", "web-2"]
        )),
        [1.0, 2.0]
    );
    assert_eq!(
        counted(&plan(&stage, &["--exclude-vms", "db-?"])),
        [1.0, 2.0]
    );
    assert_eq!(
        counted(&plan(&stage, &["--include-clusters", "test"])),
        [2.0]
    );
    assert_eq!(
        counted(&plan(&stage, &["--exclude-clusters", "test"])),
        [1.0, 4.0, 8.0]
    );
    assert_eq!(
        counted(&plan(&stage, &["--include-datacenters", "d*"])).len(),
        4
    );
    let unmatched = &plan(&stage, &["--include-vms", "web-*,nothing"])["vms"]["unmatched"];
    assert_eq!(
        *unmatched,
        json!([{"entry": "nothing", "from": "--include-vms", "reason": "fits_no_vm"}])
    );
}

/// What a command finds with these variables, flags before `plan` and flags behind it.
fn plan_with(
    stage: &Stage,
    variables: &[(&str, &str)],
    before: &[&str],
    behind: &[&str],
) -> Output {
    Command::new(env!("CARGO_BIN_EXE_zroc-exporter"))
        .env_clear()
        .envs(variables.iter().copied())
        .current_dir(stage.0.path())
        .args(before)
        .args(["plan", "--from", "w.csv", "--format", "json"])
        .args(behind)
        .output()
        .unwrap()
}

#[test]
fn settings_choose_too_wherever_they_are_given() {
    let stage = usual();
    for (flag, variable, value, expected) in [
        ("--include-vms", "INCLUDE_VMS", "web-*", &[1.0, 2.0][..]),
        ("--exclude-vms", "EXCLUDE_VMS", "web-*", &[4.0, 8.0]),
        ("--include-clusters", "INCLUDE_CLUSTERS", "test", &[2.0]),
        ("--exclude-clusters", "EXCLUDE_CLUSTERS", "prod", &[2.0]),
        ("--exclude-datacenters", "EXCLUDE_DATACENTERS", "d?", &[]),
        ("--include-folders", "INCLUDE_FOLDERS", "a/b", &[]),
    ] {
        stage.write(
            "z.toml",
            format!("[defaults]\n{} = [\"{value}\"]\n", variable.to_lowercase()),
        );
        for (variables, before, behind) in [
            (&[(variable, value)][..], &[][..], &[][..]),
            (&[], &[flag, value], &[]),
            (&[], &[], &[flag, value]),
            (&[("ZROC_CONFIG", "z.toml")], &[], &[]),
            // The flag behind the command beats the others.
            (&[(variable, "*")], &[flag, "nothing"], &[flag, value]),
        ] {
            let output = plan_with(&stage, variables, before, behind);
            if expected.is_empty() {
                assert_eq!(output.status.code(), Some(1), "{flag}: {}", said(&output));
                assert!(
                    said(&output).contains("no VM is chosen"),
                    "{}",
                    said(&output)
                );
            } else {
                assert_eq!(output.status.code(), Some(0), "{flag}: {}", said(&output));
                let plan = serde_json::from_slice(&output.stdout).unwrap();
                assert_eq!(
                    counted(&plan),
                    expected,
                    "{variables:?} {before:?} {behind:?}"
                );
            }
        }
    }
}

#[test]
fn a_choice_in_settings_that_cannot_be_followed_ends_with_2() {
    let stage = usual();
    let vcenters =
        "[[vcenter]]\nhost = \"a\"\ninclude_vms = [\"web-*\"]\n[[vcenter]]\nhost = \"b\"\n";
    for (file, variables, word) in [
        ("", &[("INCLUDE_VMS", "a,,b")][..], "INCLUDE_VMS"),
        ("[defaults]\ninclud_vms = [\"a\"]\n", &[], "includ_vms"),
        ("[[vcenter\n", &[], "z.toml"),
        (vcenters, &[], "choose different VMs"),
    ] {
        stage.write("z.toml", file);
        let output = plan_with(&stage, variables, &["--config", "z.toml"], &[]);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(word), "{}", said(&output));
    }
    stage.write("z.toml", vcenters);
    let settled = plan_with(
        &stage,
        &[],
        &["--config", "z.toml"],
        &["--include-vms", "db-1"],
    );
    assert_eq!(settled.status.code(), Some(0), "{}", said(&settled));
}

#[test]
fn an_empty_choice_ends_with_1_and_the_reasons() {
    let stage = usual();
    let said = stage.refused(1, &["--from", "w.csv", "--include-vms", "prdo-*"]);
    assert!(
        said.contains("no VM is chosen") && said.contains("prdo-*"),
        "{said}"
    );
    let said = stage.refused(1, &["--from", "w.csv", "--include-vms", "Z-VRA*"]);
    assert!(said.contains("1 left out as zerto_appliance"), "{said}");
}

#[test]
fn a_vm_without_samples_is_named() {
    let stage = Stage::new();
    let text = csv(20, &[("a", &[(Some(1e6), 4)])]) + "1704067200,b,\n1704067220,b,\n";
    stage.write("w.csv", text);
    let found = plan(&stage, &[]);
    assert_eq!(found["vms"]["chosen"], 1);
    assert_eq!(found["vms"]["not_counted"][0]["reason"], "no_samples");
    stage.write("w.csv", "time,vm,write_bytes_per_second\n0,b,\n20,b,\n");
    stage.refused(1, &["--from", "w.csv"]);
}

#[test]
fn disks_can_be_left_out() {
    let stage = Stage::new();
    let mut text = "time,vm,disk,write_bytes_per_second\n".to_owned();
    for (vm, disk, rate) in [
        ("sql-1", "scsi0:0", 1e6),
        ("sql-1", "scsi0:2", 2e6),
        ("web", "scsi0:2", 4e6),
    ] {
        for time in [0, 20] {
            let _ = writeln!(text, "{time},{vm},{disk},{rate}");
        }
    }
    stage.write("w.csv", text);
    let found = plan(&stage, &["--exclude-disk", "sql*:scsi0:2"]);
    assert_eq!(counted(&found), [1.0, 4.0]);
    let idle = plan(&stage, &["--exclude-disk", "sql*:scsi9:9"]);
    assert_eq!(idle["vms"]["unmatched"][0]["reason"], "fits_no_disk");
    let whole = plan(&stage, &["--exclude-disk", "web:*"]);
    assert_eq!(counted(&whole), [3.0]);
    assert_eq!(
        whole["vms"]["not_counted"][0]["reason"],
        "all_disks_excluded"
    );
}

#[test]
fn groups_share_the_link() {
    let stage = usual();
    stage.write(
        "groups.csv",
        "vm;vpg;priority;history;rpo\nweb-1;gold;high;4h;30s\nvm-3;gold;high;4h;30s\nweb-2;lead;low;;\n\
         web-1;lead;low;;\nweb-7;lead;low;;\n",
    );
    let found = plan(&stage, &["--groups", "groups.csv", "--link", "1Gbit"]);
    let groups = found["groups"].as_array().unwrap();
    let names: Vec<&str> = groups
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["gold", "lead", "(none)"]);
    assert_eq!(groups[0]["vms"], 2);
    assert_close(&groups[0]["rpo_target_seconds"], 30.0);
    // 1 + 8, 2 + 1 and 4 MB/s: what is in two groups is sent twice.
    assert_close(&groups[0]["link_share"], 9.0 / 16.0);
    assert_close(&groups[1]["link_share"], 3.0 / 16.0);
    assert_close(
        &found["vm_table"][0]["share"],
        found["vm_table"][0]["share"].as_f64().unwrap(),
    );
    assert_eq!(
        found["vms"]["flagged"],
        json!([{"vcenter": "vc1", "vm": "web-1", "moref": "vm-1", "reason": "in_several_groups"}])
    );
    let unmatched = &found["vms"]["unmatched"][0];
    assert_eq!(unmatched["entry"], "web-7");
    assert_eq!(unmatched["from"], "--groups line 6");
}

#[test]
fn groups_files_are_checked() {
    let stage = usual();
    for (content, word) in [
        ("", "vm"),
        ("vm,vpg\n", "no row"),
        ("vm,group\na,b\n", "group"),
        ("vpg,priority\na,high\n", "lacks vm or vpg"),
        ("vm,vpg,priority\na,b,urgent\n", "urgent"),
        ("vm,vpg,history\na,b,4\n", "4h"),
        ("vm,vpg,history\na,b,31d\n", "30d"),
        ("vm,vpg,rpo\na,b,fast\n", "fast"),
        ("vm,vpg\n,b\n", "line 2"),
        ("vm,vpg,rpo\na,b,1s\nc,b,2s\n", "line 3"),
    ] {
        stage.write("groups.csv", content);
        let said = stage.refused(1, &["--from", "w.csv", "--groups", "groups.csv"]);
        assert!(
            said.contains("groups.csv") && said.contains(word),
            "{content:?}: {said}"
        );
    }
}
