//! Keeps totals over restarts, in a file. Its first line names the vCenter; each further line holds one VM, in JSON.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use planner_core::meters::{Meters, Totals, VmTotals};
use planner_core::units::Bytes;
use serde::{Deserialize, Serialize};

use crate::bounded_read;

/// The line of a VM takes about 100 bytes, and as many for each of its disks.
const LONGEST_LINE_BYTES: u64 = 256 << 10;

/// Where the totals are kept.
#[derive(Debug, Clone)]
pub struct StateFile {
    path: PathBuf,
}

/// The first line. Totals of another vCenter or another source of samples are ignored.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Head<'h> {
    vcenter: Cow<'h, str>,
    source: Cow<'h, str>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Line<'l> {
    #[serde(borrow)]
    vm: Cow<'l, str>,
    newest_sample: i64,
    #[serde(flatten)]
    bytes: ByteCounts,
    #[serde(default, borrow, skip_serializing_if = "Vec::is_empty")]
    disks: Vec<DiskLine<'l>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct DiskLine<'l> {
    #[serde(borrow)]
    disk: Cow<'l, str>,
    #[serde(flatten)]
    bytes: ByteCounts,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct ByteCounts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    written: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    read: Option<u64>,
}

impl StateFile {
    /// A file that may be there or not.
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// The file's path, for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Hands the totals of `vcenter` to the meters, and returns their number of VMs. It is 0 if there is no file, or if the
    /// file is from another vCenter or source. Blocks as long as the file system does.
    ///
    /// # Errors
    /// When the file cannot be read, is not a regular file, or holds something else. The lines before that were handed on.
    pub fn load(&self, vcenter: &str, meters: &mut Meters) -> io::Result<usize> {
        let mut lines = match bounded_read::lines(&self.path, LONGEST_LINE_BYTES) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            lines => lines?,
        };
        let Some(head) = lines.next().transpose()? else {
            return Ok(0);
        };
        if serde_json::from_slice::<Head<'_>>(&head)? != head_of(vcenter, meters) {
            return Ok(0);
        }
        let mut count = 0;
        for line in lines {
            meters.restore(serde_json::from_slice::<Line<'_>>(&line?)?.into());
            count += 1;
        }
        Ok(count)
    }

    /// Replaces the file with the present totals. A reader finds either the old totals or the new ones.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn save(&self, vcenter: &str, meters: &Meters) -> io::Result<()> {
        let mut new = self.path.clone().into_os_string();
        new.push(".new");
        let mut file = BufWriter::new(File::create(&new)?);
        serde_json::to_writer(&mut file, &head_of(vcenter, meters))?;
        for totals in meters.totals() {
            file.write_all(b"\n")?;
            serde_json::to_writer(&mut file, &Line::from(totals))?;
        }
        file.into_inner()?.sync_all()?;
        std::fs::rename(&new, &self.path)
    }
}

fn head_of<'h>(vcenter: &'h str, meters: &Meters) -> Head<'h> {
    Head {
        vcenter: vcenter.into(),
        source: meters.source().as_str().into(),
    }
}

impl From<Totals> for ByteCounts {
    fn from(totals: Totals) -> Self {
        Self {
            written: totals.write.map(Bytes::get),
            read: totals.read.map(Bytes::get),
        }
    }
}

impl From<ByteCounts> for Totals {
    fn from(bytes: ByteCounts) -> Self {
        Self {
            write: bytes.written.map(Bytes::new),
            read: bytes.read.map(Bytes::new),
        }
    }
}

impl<'t> From<VmTotals<'t>> for Line<'t> {
    fn from(totals: VmTotals<'t>) -> Self {
        let disk = |(disk, totals): (Cow<'t, str>, Totals)| DiskLine {
            disk,
            bytes: totals.into(),
        };
        Self {
            vm: totals.vm,
            newest_sample: totals.newest_sample,
            bytes: totals.totals.into(),
            disks: totals.disks.into_iter().map(disk).collect(),
        }
    }
}

impl<'t> From<Line<'t>> for VmTotals<'t> {
    fn from(line: Line<'t>) -> Self {
        let disk = |disk: DiskLine<'t>| (disk.disk, disk.bytes.into());
        Self {
            vm: line.vm,
            newest_sample: line.newest_sample,
            totals: line.bytes.into(),
            disks: line.disks.into_iter().map(disk).collect(),
        }
    }
}
