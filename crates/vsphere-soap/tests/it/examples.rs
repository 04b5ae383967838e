//! The examples do what they say, and log out.

use std::path::PathBuf;
use std::process::Command;

use mock_vcenter::{MockVcenter, Options};

use crate::server::small_vcenter;

/// Cargo builds the examples with the tests, but tells no test where they are; and not when it is asked for a single
/// test target.
fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(|deps| deps.parent()).unwrap();
    let program = profile.join("examples").join(name);
    if !program.exists() {
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--example", name])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status();
        assert!(built.unwrap().success());
    }
    program
}

/// What an example prints about the mock.
async fn printed(mock: &MockVcenter, name: &str, further: &[&str]) -> String {
    let mut example = Command::new(program(name));
    example
        .env("VCENTER_PASSWORD", Options::default().password)
        .arg(mock.address().to_string())
        .arg(Options::default().user)
        .arg(mock.thumbprint())
        .args(further);
    let run = tokio::task::spawn_blocking(move || example.output());
    let output = run.await.unwrap().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert_eq!(mock.open_sessions(), 0);
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn list_vms_prints_every_machine_with_its_disks() {
    let mock = small_vcenter().await;
    let printed = printed(&mock, "list_vms", &[]).await;
    let mut lines = printed.lines();
    assert!(lines.next().unwrap().starts_with("VMware vCenter Server"));
    for vm in mock.world().vms() {
        let machine = lines.next().unwrap();
        let begin = format!("{} {:?}, poweredOn, on host-", vm.moref, vm.name);
        assert!(machine.starts_with(&begin), "{machine}");
        for disk in &vm.instances {
            assert_eq!(lines.next(), Some(format!("    {disk}").as_str()));
        }
    }
    assert_eq!(lines.next(), None);
}

#[tokio::test]
async fn query_disks_prints_the_newest_rate_of_every_disk() {
    let mock = small_vcenter().await;
    let vm = &mock.world().vms()[0];
    let printed = printed(&mock, "query_disks", &[&vm.moref]).await;
    let mut disks: Vec<&str> = Vec::new();
    for line in printed.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [time, disk, rate, "kiloBytesPerSecond"] = words[..] else {
            panic!("{line}");
        };
        assert!(time.parse::<jiff::Timestamp>().is_ok(), "{line}");
        assert!(rate.parse::<u64>().is_ok(), "{line}");
        disks.push(disk.strip_suffix(':').unwrap());
    }
    disks.sort_unstable();
    let mut expected = vm.instances.clone();
    expected.sort_unstable();
    assert_eq!(disks, expected);
}
