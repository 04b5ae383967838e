//! CSV files as people write them, and as nobody should.

use super::{Stage, assert_close};

const PLAN: [&str; 2] = ["--from", "w.csv"];

fn staged(content: impl AsRef<[u8]>) -> Stage {
    let stage = Stage::new();
    stage.write("w.csv", content);
    stage
}

fn mean(content: impl AsRef<[u8]>) -> serde_json::Value {
    staged(content).plan(&PLAN)["vm_table"][0]["mean_megabyte_per_second"].clone()
}

#[test]
fn columns_and_rows_come_in_any_order() {
    for content in [
        "time,vm,write_bytes_per_second\n0,a,1e6\n20,a,3e6\n",
        "write_bytes_per_second,vm,time\n3e6,a,20\n1e6,a,0\n",
        "\u{feff}time;vm;write_bytes_per_second\r\n0;a;1e6\r\n20;a;3e6\r\n",
        "Time, VM ,Write_Bytes_Per_Second\n 0 , a , 1e6 \n20,a,3e6",
        "time,vm,write_bytes_per_second\n1970-01-01T00:00:00Z,a,1e6\n1970-01-01T01:00:20+01:00,a,3e6\n",
        "time,vm,write_bytes_per_second\n0,\"a\",1e6\n\n20,a,3e6\n40,a,\n",
    ] {
        assert_close(&mean(content), 2.0);
    }
}

#[test]
fn the_length_of_rows_is_their_usual_distance() {
    let rows = "time,vm,write_bytes_per_second\n0,a,1\n60,a,1\n120,a,1\n600,a,1\n";
    let window = &staged(rows).plan(&PLAN)["window"];
    assert_close(&window["resolutions"][0]["bucket_seconds"], 60.0);
    assert_eq!(window["end"], "1970-01-01T00:11:00Z");
    let given = staged(rows).plan(&["--from", "w.csv", "--bucket", "20s"]);
    assert_close(&given["window"]["resolutions"][0]["bucket_seconds"], 20.0);
}

#[test]
fn all_that_a_row_says_of_a_vm() {
    let stage = staged(
        "time,vm,moref,vcenter,disk,cluster,host,datacenter,provisioned_gib,used_gib,write_bytes_per_second\n\
         0,a,vm-1,vc1,scsi0:0,c1,h1,d1,100,40,1e6\n\
         20,a,vm-1,vc1,scsi0:0,c1,h2,d1,100,50,1e6\n\
         0,a,vm-1,vc1,scsi0:1,c1,h1,d1,10,5,2e6\n\
         20,a,vm-1,vc1,scsi0:1,c1,h2,d1,10,5,2e6\n",
    );
    let plan = stage.plan(&PLAN);
    let vm = &plan["vm_table"][0];
    assert_eq!(
        (&vm["vcenter"], &vm["moref"]),
        (&"vc1".into(), &"vm-1".into())
    );
    assert_eq!(vm["disks"], 2);
    assert_close(&vm["mean_megabyte_per_second"], 3.0);
    assert_close(&plan["recovery_storage"]["provisioned_gib"], 110.0);
    assert_close(&plan["recovery_storage"]["used_gib"], 55.0);
    assert_eq!(plan["vra"]["protected_hosts"][0]["host"], "h2");
    let causes = plan["links_for_rpo"][0]["critical_interval"]["vms"].clone();
    assert_eq!(causes[0]["disk"], "scsi0:1");
    assert_close(&causes[0]["share"], 2.0 / 3.0);
}

#[test]
fn two_vms_may_have_one_name() {
    let stage = staged(
        "time,vm,moref,write_bytes_per_second\n0,a,vm-1,1e6\n20,a,vm-1,1e6\n0,a,vm-2,1e6\n20,a,vm-2,1e6\n",
    );
    assert_eq!(stage.plan(&PLAN)["vms"]["chosen"], 2);
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let header = "time,vm,write_bytes_per_second\n";
    for (rows, words) in [
        (
            "0,a,1\n20,b,1\n0,a,2\n20,a,1\n",
            &["lines 2 and 4", "\"a\"", "1970-01-01T00:00:00Z"][..],
        ),
        (
            "0,a,1\nyesterday,a,1\n",
            &["line 3", "yesterday", "2026-11-26T02:10:00Z"],
        ),
        ("0,a,1\n20.5,a,1\n", &["line 3", "20.5"]),
        (
            "1970-01-01T00:00:00.5Z,a,1\n20,a,1\n",
            &["line 2", "whole second"],
        ),
        ("-20,a,1\n", &["line 2"]),
        ("99999999999,a,1\n", &["line 2", "2106"]),
        ("0,a,1\n20,a,-1\n", &["line 3", "\"-1\" is not a rate"]),
        ("0,a,NaN\n20,a,1\n", &["line 2", "NaN"]),
        ("0,a,inf\n20,a,1\n", &["line 2", "inf"]),
        ("0,a,1e300\n20,a,1\n", &["line 2", "1e300"]),
        ("0,a,\"1,5\"\n20,a,1\n", &["line 2", "1,5"]),
        ("0,,1\n", &["line 2", "no vm"]),
        ("0,a\n", &["line: 2"]),
        ("0,a,1\n", &["--bucket"]),
        (
            "0,a,1\n20,a,1\n40,a,1\n45,a,1\n65,a,1\n",
            &["lines 4 and 5", "5 s apart", "20 s long"],
        ),
    ] {
        let said = staged(format!("{header}{rows}")).refused(1, &PLAN);
        for word in words {
            assert!(said.contains(word), "{rows:?}: {said}");
        }
        assert!(said.contains("w.csv"), "{said}");
    }
}

#[test]
fn headers_are_required_and_known() {
    for (content, word) in [
        ("", "no sample"),
        ("0,a,1\n", "has a column \"0\""),
        ("time,vm\n0,a\n", "lacks the column write_bytes_per_second"),
        ("time,vm,vm,write_bytes_per_second\n", "the column vm twice"),
        ("time,vm,write_mb,write_bytes_per_second\n", "write_mb"),
        ("time\tvm\twrite_bytes_per_second\n", "has a column"),
    ] {
        let said = staged(content).refused(1, &PLAN);
        assert!(said.contains(word), "{content:?}: {said}");
    }
}

#[test]
fn a_vm_is_counted_by_disk_or_as_a_whole() {
    let said = staged(
        "time,vm,disk,write_bytes_per_second\n0,a,,1\n20,a,,1\n0,a,scsi0:0,1\n20,a,scsi0:0,1\n",
    );
    assert!(
        said.refused(1, &PLAN)
            .contains("rows with a disk and rows without one")
    );
}

#[test]
fn hostile_files_end_soon() {
    let header = "time,vm,write_bytes_per_second\n";
    let endless_quote = format!("{header}0,\"{}", "a\n".repeat(200_000));
    assert!(
        staged(endless_quote)
            .refused(1, &PLAN)
            .contains("quotation mark")
    );
    let endless_line = format!("{header}0,{}", "a".repeat(400_000));
    assert!(
        staged(endless_line)
            .refused(1, &PLAN)
            .contains("longer than")
    );
    let no_text = [header.as_bytes(), b"0,\xff\xfe,1\n20,\xff\xfe,1\n"].concat();
    assert!(staged(no_text).refused(1, &PLAN).contains("UTF-8"));
    let utf16: Vec<u8> = header.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf16 = [&[0xff, 0xfe][..], &utf16].concat();
    assert!(staged(utf16).refused(1, &PLAN).contains("UTF-16"));
    let long_name = format!("{header}0,{},1\n", "a".repeat(2_000));
    assert!(staged(long_name).refused(1, &PLAN).contains("line 2"));
    let ages_apart = format!("{header}0,a,1\n1,a,1\n2,a,1\n4294967290,a,1\n");
    assert!(staged(ages_apart).refused(1, &PLAN).contains("6000000"));
}

#[test]
fn no_file_is_no_plan() {
    let stage = Stage::new();
    assert!(
        stage
            .refused(1, &["--from", "absent.csv"])
            .contains("absent.csv")
    );
    assert!(stage.refused(1, &["--from", "."]).contains("cannot read"));
}
