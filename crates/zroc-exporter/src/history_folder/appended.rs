//! A file of history that this process has written and that grows.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use planner_core::history::{Block, log};

use crate::bounded_read::invalid;

/// A file of history that this process has written and that grows.
#[derive(Debug)]
pub(super) struct Appended(File);

impl Appended {
    /// A file that has just been written up to its end.
    pub(super) fn new(file: File) -> Self {
        Self(file)
    }

    /// Whether the path still leads to this file.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        let identity = |found: &fs::Metadata| (found.dev(), found.ino());
        let (mine, there) = (self.0.metadata(), fs::metadata(path));
        mine.is_ok_and(|mine| there.is_ok_and(|there| identity(&mine) == identity(&there)))
    }

    /// Appends blocks. If that fails, the file ends as it did before, or with a part of them.
    pub(super) fn append(&mut self, blocks: &[Block]) -> io::Result<()> {
        let before = self.0.metadata()?.len();
        let frames: Vec<Vec<u8>> = blocks.iter().map(frame).collect::<Result<_, _>>()?;
        let appended = self
            .0
            .write_all(&frames.concat())
            .and_then(|()| self.0.sync_data());
        if appended.is_err() {
            // Who reads it finds the end of what is whole anyway.
            let _ = self.0.set_len(before);
        }
        appended
    }
}

/// The bytes of a block in a file.
pub(super) fn frame(block: &Block) -> io::Result<Vec<u8>> {
    log::frame(block).ok_or_else(|| invalid("an hour has more samples than a file takes"))
}
