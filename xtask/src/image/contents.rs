//! The files of the image: those that it needs, which nobody but root could change.

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use super::paths::{CA_BUNDLE, EXPORTER, SBOM};

const FILES: [&str; 4] = [EXPORTER, CA_BUNDLE, "etc/nsswitch.conf", SBOM];

const SET_ID_OR_STICKY: u32 = 0o7000;
const WRITABLE_BY_OTHERS: u32 = 0o022;
const EXECUTABLE: u32 = 0o111;

/// Checks everything below the root of a file system.
pub(super) fn check(root: &Path) -> anyhow::Result<()> {
    let mut files = BTreeSet::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            let place = entry.path().strip_prefix(root)?.to_owned();
            check_owner(&metadata).with_context(|| place.display().to_string())?;
            if metadata.is_dir() {
                folders.push(entry.path());
            } else {
                ensure!(
                    metadata.is_file(),
                    "{} is not a regular file",
                    place.display()
                );
                check_execution(&place, &metadata)?;
                files.insert(place);
            }
        }
    }
    let expected = BTreeSet::from(FILES.map(PathBuf::from));
    ensure!(
        files == expected,
        "the image holds {files:?}, and should hold {expected:?}"
    );
    Ok(())
}

fn check_owner(metadata: &Metadata) -> anyhow::Result<()> {
    let (user, group, mode) = (metadata.uid(), metadata.gid(), metadata.mode());
    ensure!(
        (user, group) == (0, 0),
        "belongs to {user}:{group}, not to root"
    );
    ensure!(
        mode & (SET_ID_OR_STICKY | WRITABLE_BY_OTHERS) == 0,
        "has the mode {mode:o}"
    );
    Ok(())
}

fn check_execution(place: &Path, metadata: &Metadata) -> anyhow::Result<()> {
    let is_executable = metadata.mode() & EXECUTABLE != 0;
    ensure!(
        is_executable == (place == Path::new(EXPORTER)),
        "{} should not have the mode {:o}",
        place.display(),
        metadata.mode()
    );
    Ok(())
}
