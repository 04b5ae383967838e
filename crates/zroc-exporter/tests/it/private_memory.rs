//! Nobody but root may read the memory of the exporter, where the password is.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use mock_vcenter::MockVcenter;
use rustix::process::geteuid;
use tempfile::TempDir;
use tokio::process::Command;

use crate::exporter::PATIENCE;
use crate::staging::settings;

/// An ordinary user.
const NOBODY: u32 = 65_534;

#[tokio::test]
async fn the_process_is_not_dumpable() {
    let mock = MockVcenter::with_vms(1).await.unwrap();
    // Where an ordinary user can run it.
    let folder = TempDir::new().unwrap();
    let program = folder.path().join("zroc-exporter");
    fs::copy(env!("CARGO_BIN_EXE_zroc-exporter"), &program).unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(program);
    command
        .env_clear()
        .envs(settings(&mock, &[("HTTP_PORT", "0")]))
        .kill_on_drop(true);
    if geteuid().is_root() {
        command.uid(NOBODY);
    }
    let exporter = command.spawn().unwrap();
    let collected = tokio::time::timeout(PATIENCE, mock.called("QueryPerf", 1));
    collected.await.unwrap();

    // These files belong to the user of a process, unless it is not dumpable.
    let environment = format!("/proc/{}/environ", exporter.id().unwrap());
    assert_eq!(fs::metadata(environment).unwrap().uid(), 0);
}
