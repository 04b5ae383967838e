//! What a running program holds, as Linux counts it.

use std::fs;

use anyhow::Context;

/// Memory, files and threads of a program at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Holdings {
    pub(crate) resident_bytes: u64,
    pub(crate) threads: u64,
    pub(crate) open_files: u64,
}

impl Holdings {
    pub(crate) fn of(id: u32) -> anyhow::Result<Self> {
        let status = status(id)?;
        let files = format!("/proc/{id}/fd");
        let files = fs::read_dir(&files).with_context(|| {
            format!("cannot read {files}, which takes root for a program that is not dumpable")
        })?;
        Ok(Self {
            resident_bytes: number(&status, "VmRSS:")? * 1024,
            threads: number(&status, "Threads:")?,
            open_files: u64::try_from(files.count())?,
        })
    }
}

/// The most memory that a program had in use so far, in bytes.
pub(crate) fn peak_memory(id: u32) -> anyhow::Result<u64> {
    Ok(number(&status(id)?, "VmHWM:")? * 1024)
}

fn status(id: u32) -> anyhow::Result<String> {
    let file = format!("/proc/{id}/status");
    fs::read_to_string(&file).with_context(|| format!("cannot read {file}"))
}

/// A line's number; those of memory are in kilobytes.
fn number(status: &str, name: &str) -> anyhow::Result<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let line = line.with_context(|| format!("no {name}"))?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
}
