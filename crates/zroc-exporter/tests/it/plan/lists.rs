//! Lists of VMs.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use rust_xlsxwriter::Workbook;
use serde_json::Value;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{Stage, assert_close};

fn stage() -> Stage {
    let stage = Stage::new();
    let mut text = "time,vm,moref,vcenter,write_bytes_per_second\n".to_owned();
    for (name, moref, vcenter, rate) in [
        ("vm-1", "vm-11", "vc1", 1e6),
        ("vm-2", "vm-12", "vc1", 2e6),
        ("vm-3", "vm-13", "vc1", 4e6),
        ("vm-4", "vm-14", "vc1", 8e6),
        ("vm-5", "vm-15", "vc1", 16e6),
        ("vm-6", "vm-16", "vc1", 32e6),
        ("twin", "vm-17", "vc1", 64e6),
        ("twin", "vm-11", "vc2", 128e6),
    ] {
        for time in [0, 20] {
            let _ = writeln!(text, "{time},{name},{moref},{vcenter},{rate}");
        }
    }
    stage.write("w.csv", text);
    stage
}

fn with_list(name: &str, content: impl AsRef<[u8]>) -> Value {
    let stage = stage();
    stage.write(name, content);
    stage.plan(&["--from", "w.csv", "--vm-list", name])
}

/// The sum of the means in MB/s, which says who counts.
fn counted(plan: &Value) -> f64 {
    let vms = plan["vm_table"].as_array().unwrap().iter();
    vms.map(|vm| vm["mean_megabyte_per_second"].as_f64().unwrap())
        .sum()
}

fn unmatched(plan: &Value) -> Vec<(String, String)> {
    let all = plan["vms"]["unmatched"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    all.map(|it| (text(&it["entry"]), text(&it["reason"])))
        .collect()
}

#[test]
fn names_and_references_line_by_line() {
    let plan = with_list(
        "list.txt",
        "\u{feff}vm-1\r\n\r\n  vm-12 \nvm-99\nvm-2\ntwin\nvm-11\n",
    );
    assert!((counted(&plan) - 3.0).abs() < 1e-9);
    let reason = |entry: &str, reason: &str| (entry.to_owned(), reason.to_owned());
    assert_eq!(
        unmatched(&plan),
        [
            reason("vm-99", "no_such_vm"),
            reason("vm-2", "duplicate"),
            reason("twin", "ambiguous"),
            reason("vm-11", "ambiguous"),
        ]
    );
    assert_eq!(plan["vms"]["unmatched"][0]["from"], "--vm-list line 4");
}

#[test]
fn a_vcenter_makes_it_clear() {
    for (content, sum) in [
        ("name,moref,vcenter\n,vm-11,vc2\n", 128.0),
        ("vm;vcenter\ntwin;vc1\n", 64.0),
        ("VM Name,vCenter\ntwin,VC2\n", 128.0),
    ] {
        let plan = with_list("list.csv", content);
        assert!((counted(&plan) - sum).abs() < 1e-9, "{content}");
        assert!(unmatched(&plan).is_empty());
    }
    let stage = stage();
    stage.write("list.csv", "moref,vcenter\nvm-12,vc9\n");
    let said = stage.refused(1, &["--from", "w.csv", "--vm-list", "list.csv"]);
    assert!(said.contains("no_such_vm"), "{said}");
}

const DISK_HEADER: [&str; 9] = [
    "VM",
    "Template",
    "SRM Placeholder",
    "Disk",
    "Capacity MiB",
    "Raw",
    "Disk Mode",
    "Sharing mode",
    "VM ID",
];

/// Rows of RVTools' tab vDisk.
fn disk_rows() -> Vec<[&'static str; 9]> {
    let no = "False";
    vec![
        [
            "vm-1",
            no,
            no,
            "Hard disk 1",
            "102400",
            no,
            "persistent",
            "sharingNone",
            "vm-11",
        ],
        [
            "vm-1",
            no,
            no,
            "Hard disk 2",
            "512000",
            no,
            "independent_persistent",
            "sharingNone",
            "vm-11",
        ],
        [
            "vm-2",
            no,
            no,
            "Hard disk 1",
            "204800",
            "True",
            "persistent",
            "sharingNone",
            "",
        ],
        [
            "vm-3",
            no,
            no,
            "Hard disk 1",
            "1024000",
            no,
            "persistent",
            "sharingMultiWriter",
            "",
        ],
        [
            "vm-4",
            no,
            no,
            "Hard disk 1",
            "1024000",
            no,
            "persistent",
            "sharingMultiWriter",
            "",
        ],
        [
            "vm-5",
            "True",
            no,
            "Hard disk 1",
            "40960",
            no,
            "persistent",
            "sharingNone",
            "",
        ],
        [
            "vm-6",
            no,
            "True",
            "Hard disk 1",
            "40960",
            no,
            "persistent",
            "sharingNone",
            "",
        ],
    ]
}

fn assert_is_rvtools_case(plan: &Value) {
    assert_eq!(plan["vms"]["chosen"], 4);
    assert_eq!(plan["vra"]["volumes"], 5);
    assert_close(&plan["recovery_storage"]["provisioned_gib"], 2_800.0);
    let count = |list: &str, reason: &str| {
        let all = plan["vms"][list].as_array().unwrap().iter();
        all.filter(|it| it["reason"] == reason).count()
    };
    assert_eq!(count("flagged", "independent_disk"), 1);
    assert_eq!(count("flagged", "raw_device_mapping"), 1);
    assert_eq!(count("flagged", "shared_disk"), 2);
    assert_eq!(count("not_counted", "template"), 1);
    assert_eq!(count("not_counted", "placeholder"), 1);
}

/// The first VM's reference is in two vCenters of the stage, so only vc1 is kept.
fn one_vcenter() -> Stage {
    let stage = stage();
    let all = std::fs::read_to_string(stage.path("w.csv")).unwrap();
    let kept: Vec<&str> = all.lines().filter(|line| !line.contains(",vc2,")).collect();
    stage.write("w.csv", kept.join("\n"));
    stage
}

#[test]
fn a_tab_of_rvtools() {
    for capacity in ["Capacity MiB", "Capacity MB"] {
        let stage = one_vcenter();
        let mut text = DISK_HEADER.join(",").replace("Capacity MiB", capacity) + "\n";
        for row in disk_rows() {
            text.push_str(&row.join(","));
            text.push('\n');
        }
        stage.write("RVTools_tabvDisk.csv", text);
        let plan = stage.plan(&["--from", "w.csv", "--vm-list", "RVTools_tabvDisk.csv"]);
        assert_is_rvtools_case(&plan);
    }
}

#[test]
fn a_workbook_of_rvtools() {
    let mut workbook = Workbook::new();
    let info = workbook.add_worksheet().set_name("vInfo").unwrap();
    for (column, name) in (0..).zip(["VM", "Powerstate", "Template", "In Use MiB", "VM ID"]) {
        info.write_string(0, column, name).unwrap();
    }
    info.write_string(1, 0, "vm-1").unwrap();
    info.write_boolean(1, 2, false).unwrap();
    info.write_number(1, 3, 51_200.0).unwrap();
    info.write_string(1, 4, "vm-11").unwrap();
    // A cell in the far corner must not take the memory of a rectangle.
    info.write_string(1_048_575, 16_383, "x").unwrap();
    let disks = workbook.add_worksheet().set_name("vDisk").unwrap();
    for (column, name) in (0..).zip(DISK_HEADER) {
        disks.write_string(0, column, name).unwrap();
    }
    for (row, cells) in (1..).zip(disk_rows()) {
        for (column, cell) in (0..).zip(cells) {
            match cell.parse::<f64>() {
                Ok(number) => disks.write_number(row, column, number).unwrap(),
                Err(_) => disks.write_string(row, column, cell).unwrap(),
            };
        }
    }
    let stage = one_vcenter();
    stage.write("rvtools.xlsx", workbook.save_to_buffer().unwrap());
    let plan = stage.plan(&["--from", "w.csv", "--vm-list", "rvtools.xlsx"]);
    assert_is_rvtools_case(&plan);
}

#[test]
fn hostile_lists_end_soon() {
    let stage = stage();
    let flags = ["--from", "w.csv", "--vm-list", "list"];
    let mut bomb = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    bomb.start_file("xl/workbook.xml", options).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..600 {
        bomb.write_all(&zeros).unwrap();
    }
    let bomb = bomb.finish().unwrap().into_inner();
    assert!(bomb.len() < 1 << 20);
    for (content, word) in [
        (Vec::new(), "names no VM"),
        (b"\xff\xff".to_vec(), "UTF-8"),
        (b"PK\x03\x04 and more".to_vec(), "no workbook"),
        (bomb, "unpacked"),
        (b"vm,\"open\n".to_vec(), "list"),
    ] {
        stage.write("list", content);
        let said = stage.refused(1, &flags);
        assert!(said.contains(word), "{word}: {said}");
    }
    stage.refused(1, &["--from", "w.csv", "--vm-list", "absent"]);
}
