//! Keeps totals over restarts, in a file. Its first line names the vCenter; each further line holds one VM, in JSON.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use planner_core::collection::source::Source;
use planner_core::collection::totals::{SavedTotals, Totals, VmTotals};
use planner_core::inventory::VmId;
use planner_core::units::Bytes;
use planner_core::vcenter_time::VcenterTime;
use serde::{Deserialize, Serialize};

use crate::state_file::{ReplaceError, StateFile};

/// The line of a VM takes about 100 bytes, and as many for each of its disks.
const LONGEST_LINE_BYTES: u64 = 256 << 10;

/// Where the totals are kept.
#[derive(Debug, Clone)]
pub struct TotalsFile {
    file: StateFile,
}

/// The first line: whose totals follow.
#[derive(Debug, Serialize, Deserialize)]
struct Head<'h> {
    #[serde(borrow)]
    vcenter: Cow<'h, str>,
    #[serde(borrow)]
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

impl TotalsFile {
    /// A file that may be there or not.
    pub fn new(path: PathBuf) -> Self {
        Self {
            file: StateFile::new(path),
        }
    }

    /// The file's path, for messages.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// The totals in the file; `None` if there is no file, or nothing in it. Blocks as long as the file system does.
    ///
    /// The second value says whether all of the file was read: it fails when the file cannot be read, is not a regular
    /// file, or holds something else. The totals before that are good.
    pub fn load(&self) -> (Option<SavedTotals>, io::Result<()>) {
        let mut totals = None;
        let read = self.read_into(&mut totals);
        (totals, read)
    }

    fn read_into(&self, totals: &mut Option<SavedTotals>) -> io::Result<()> {
        let mut lines = match self.file.lines(LONGEST_LINE_BYTES) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            lines => lines?,
        };
        let Some(head) = lines.next().transpose()? else {
            return Ok(());
        };
        let head: Head<'_> = serde_json::from_slice(&head)?;
        let mut known = Source::ALL.into_iter();
        let source = known.find(|source| source.as_str() == head.source);
        let source = source.ok_or_else(|| {
            let problem = format!("the source {:?} is unknown", head.source);
            io::Error::new(io::ErrorKind::InvalidData, problem)
        })?;
        let totals = totals.insert(SavedTotals {
            instance: Arc::from(&*head.vcenter),
            source,
            vms: Vec::new(),
        });
        for line in lines {
            let line = line?;
            totals
                .vms
                .push(serde_json::from_slice::<Line<'_>>(&line)?.into());
        }
        Ok(())
    }

    /// Replaces the file with these totals. A reader finds either the old ones or the new ones.
    ///
    /// # Errors
    /// When the file cannot be replaced.
    pub fn save(&self, totals: &SavedTotals) -> Result<(), ReplaceError> {
        self.file.replace(|file| write(totals, file))
    }

    /// Finds out whether the file can be replaced, without changing its content.
    ///
    /// # Errors
    /// When it cannot.
    pub fn prove_writable(&self) -> Result<(), ReplaceError> {
        self.file.prove_writable()
    }
}

fn write(totals: &SavedTotals, file: &mut impl Write) -> io::Result<()> {
    let head = Head {
        vcenter: Cow::Borrowed(&totals.instance),
        source: Cow::Borrowed(totals.source.as_str()),
    };
    serde_json::to_writer(&mut *file, &head)?;
    for vm in &totals.vms {
        file.write_all(b"\n")?;
        serde_json::to_writer(&mut *file, &Line::from(vm))?;
    }
    Ok(())
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

impl<'t> From<&'t VmTotals> for Line<'t> {
    fn from(totals: &'t VmTotals) -> Self {
        let disk = |(disk, totals): &'t (Arc<str>, Totals)| DiskLine {
            disk: Cow::Borrowed(disk),
            bytes: (*totals).into(),
        };
        Self {
            vm: Cow::Borrowed(totals.vm.as_str()),
            newest_sample: totals.newest_sample.as_second(),
            bytes: totals.all_disks.into(),
            disks: totals.disks.iter().map(disk).collect(),
        }
    }
}

impl From<Line<'_>> for VmTotals {
    fn from(line: Line<'_>) -> Self {
        let disk = |disk: DiskLine<'_>| (Arc::from(&*disk.disk), disk.bytes.into());
        Self {
            vm: VmId::new(&line.vm),
            newest_sample: VcenterTime::from_second(line.newest_sample),
            all_disks: line.bytes.into(),
            disks: line.disks.into_iter().map(disk).collect(),
        }
    }
}
