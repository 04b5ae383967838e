//! Keeps totals over restarts, in a file. Its first line names format and vCenter; each further line holds one VM, in JSON.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use planner_core::collection::counters::Direction;
use planner_core::collection::source::Source;
use planner_core::collection::totals::{OpenSamples, SavedTotals, Totals, VmTotals};
use planner_core::inventory::VmId;
use planner_core::units::Bytes;
use planner_core::vcenter_time::VcenterTime;
use serde::{Deserialize, Serialize};

use crate::state_file::{ReplaceError, StateFile};

/// The line of a VM takes about 100 bytes, and as many for each of its disks.
const LONGEST_LINE_BYTES: u64 = 256 << 10;

/// The format that is written. The first one had no number and did not say when it was saved.
const VERSION: u32 = 2;

/// Hosts keep samples for an hour, so what is older need not be told apart.
const LONGEST_AWAY: Duration = Duration::from_secs(3_600);

/// What a file holds.
#[derive(Debug, Default)]
pub struct LoadedTotals {
    /// The totals; `None` if there are none.
    pub totals: Option<SavedTotals>,
    /// How long ago they were saved, at most an hour. An hour if that is unknown.
    pub away: Duration,
    /// Why the file was set aside, and its new name, if it was.
    pub set_aside: Option<(String, PathBuf)>,
}

/// Where the totals are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotalsFile {
    file: StateFile,
}

/// The first line: whose totals follow.
#[derive(Debug, Serialize, Deserialize)]
struct Head<'h> {
    #[serde(default)]
    version: u32,
    #[serde(borrow)]
    vcenter: Cow<'h, str>,
    #[serde(borrow)]
    source: Cow<'h, str>,
    /// Seconds of Unix time.
    #[serde(default)]
    saved_at: Option<i64>,
}

/// What every format has in common.
#[derive(Debug, Deserialize)]
struct AnyHead {
    #[serde(default)]
    version: u32,
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
    #[serde(default, borrow, skip_serializing_if = "Vec::is_empty")]
    open: Vec<OpenLine<'l>>,
}

/// Samples that may still come. Releases that do not know them lose them.
#[derive(Debug, Serialize, Deserialize)]
struct OpenLine<'l> {
    #[serde(borrow)]
    disk: Cow<'l, str>,
    way: Way,
    /// Seconds of Unix time.
    at: Vec<i64>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Way {
    Written,
    Read,
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

    /// The totals in the file. Blocks as long as the file system does.
    ///
    /// A file of a later format, or with totals that no disk reaches, is set aside under another name. The second value
    /// says whether all of the file was read: it fails when the file cannot be read, is not a regular file, or holds
    /// something else. The totals before that are good.
    pub fn load(&self) -> (LoadedTotals, io::Result<()>) {
        let mut loaded = LoadedTotals {
            away: LONGEST_AWAY,
            ..LoadedTotals::default()
        };
        let read = self.read_into(&mut loaded);
        (loaded, read)
    }

    fn read_into(&self, loaded: &mut LoadedTotals) -> io::Result<()> {
        let mut lines = match self.file.lines(LONGEST_LINE_BYTES) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            lines => lines?,
        };
        let Some(head) = lines.next().transpose()? else {
            return Ok(());
        };
        let AnyHead { version } = serde_json::from_slice(&head)?;
        if version > VERSION {
            let reason = format!("it has format {version} of a later release");
            return self.set_aside(reason, loaded);
        }
        let head: Head<'_> = serde_json::from_slice(&head)?;
        let mut known = Source::ALL.into_iter();
        let source = known.find(|source| source.as_str() == head.source);
        let source = source.ok_or_else(|| {
            let problem = format!("the source {:?} is unknown", head.source);
            io::Error::new(io::ErrorKind::InvalidData, problem)
        })?;
        loaded.away = since(head.saved_at);
        let totals = loaded.totals.insert(SavedTotals {
            instance: Arc::from(&*head.vcenter),
            source,
            vms: Vec::new(),
        });
        let mut implausible = None;
        for line in lines {
            let vm: VmTotals = serde_json::from_slice::<Line<'_>>(&line?)?.into();
            if vm.is_plausible() {
                totals.vms.push(vm);
            } else {
                implausible.get_or_insert(vm.vm);
            }
        }
        match implausible {
            Some(vm) => self.set_aside(format!("no disk writes as much as {vm} has"), loaded),
            None => Ok(()),
        }
    }

    fn set_aside(&self, reason: String, loaded: &mut LoadedTotals) -> io::Result<()> {
        let to = self.file.set_aside(Timestamp::now().as_second())?;
        loaded.set_aside = Some((reason, to));
        Ok(())
    }

    /// Replaces the file with these totals. A reader finds either the old ones or the new ones.
    ///
    /// # Errors
    /// When the file cannot be replaced.
    pub fn save(&self, totals: &SavedTotals) -> Result<(), ReplaceError> {
        self.file.replace(|file| write(totals, file)).map(drop)
    }

    /// Finds out whether the file can be replaced, without changing its content.
    ///
    /// # Errors
    /// When it cannot.
    pub fn prove_writable(&self) -> Result<(), ReplaceError> {
        self.file.prove_writable()
    }
}

/// A clock that was set back since says nothing.
fn since(saved_at: Option<i64>) -> Duration {
    let seconds = saved_at.map(|saved_at| Timestamp::now().as_second().saturating_sub(saved_at));
    let seconds = seconds.and_then(|seconds| u64::try_from(seconds).ok());
    seconds.map_or(LONGEST_AWAY, |seconds| {
        Duration::from_secs(seconds).min(LONGEST_AWAY)
    })
}

fn write(totals: &SavedTotals, file: &mut impl Write) -> io::Result<()> {
    let head = Head {
        version: VERSION,
        saved_at: Some(Timestamp::now().as_second()),
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
            open: totals.open.iter().map(OpenLine::from).collect(),
        }
    }
}

impl<'t> From<&'t OpenSamples> for OpenLine<'t> {
    fn from(open: &'t OpenSamples) -> Self {
        Self {
            disk: Cow::Borrowed(&open.instance),
            way: match open.direction {
                Direction::Write => Way::Written,
                Direction::Read => Way::Read,
            },
            at: open.stamps.iter().map(|at| at.as_second()).collect(),
        }
    }
}

impl From<OpenLine<'_>> for OpenSamples {
    fn from(line: OpenLine<'_>) -> Self {
        Self {
            instance: Arc::from(&*line.disk),
            direction: match line.way {
                Way::Written => Direction::Write,
                Way::Read => Direction::Read,
            },
            stamps: line.at.into_iter().map(VcenterTime::from_second).collect(),
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
            open: line.open.into_iter().map(OpenSamples::from).collect(),
        }
    }
}
