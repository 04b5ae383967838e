//! Lines compressed piece by piece, so that the pages of both formats can share the pieces that are the same in both.

use std::fmt;
use std::io;

use bytes::Bytes;
use flate2::{Compress, Compression, Crc, Decompress, FlushCompress, FlushDecompress};

/// Lines are compressed in pieces of about this size, so no page ever lies uncompressed in memory.
pub(super) const SEGMENT_BYTES: usize = 64 * 1024;

/// By measurement: for lines in the order of [`super::vm_lines`], level 1 is a tenth quicker and level 3 half as quick, and
/// their pages are a third larger and a fifteenth smaller.
const LEVEL: Compression = Compression::new(2);

/// Compressed whole lines. Nothing in it refers to what stands before, so it can follow any other segment.
#[derive(Clone)]
pub(super) struct Segment {
    deflated: Bytes,
    plain_length: usize,
}

impl Segment {
    /// The lines as blocks of a deflate stream that continues. Clones share the bytes.
    pub(super) fn deflated(&self) -> Bytes {
        self.deflated.clone()
    }

    /// The lines themselves.
    pub(super) fn plain(&self) -> io::Result<Bytes> {
        let mut lines = Vec::with_capacity(self.plain_length);
        Decompress::new(false).decompress_vec(&self.deflated, &mut lines, FlushDecompress::Sync)?;
        Ok(Bytes::from(lines))
    }
}

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segment")
            .field("deflated", &self.deflated.len())
            .field("plain", &self.plain_length)
            .finish()
    }
}

/// A segment with the checksum of its lines, which the pages that hold it add up.
pub(super) struct SummedSegment {
    pub(super) segment: Segment,
    pub(super) crc: Crc,
}

impl fmt::Debug for SummedSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.segment.fmt(f)
    }
}

/// Makes segments, one after the other.
pub(super) struct Deflater(Compress);

impl Deflater {
    pub(super) fn new() -> Self {
        Self(Compress::new(LEVEL, false))
    }

    /// Compresses whole lines.
    ///
    /// # Errors
    /// When compression fails, which it does not in memory.
    pub(super) fn segment(&mut self, lines: &str) -> io::Result<SummedSegment> {
        let mut crc = Crc::new();
        crc.update(lines.as_bytes());
        self.0.reset();
        let mut deflated = Vec::with_capacity(lines.len() / 4 + 64);
        let mut rest = lines.as_bytes();
        loop {
            let taken_before = self.0.total_in();
            self.0
                .compress_vec(rest, &mut deflated, FlushCompress::Sync)?;
            let taken = usize::try_from(self.0.total_in() - taken_before);
            rest = rest.get(taken.unwrap_or(usize::MAX)..).unwrap_or_default();
            // Room to spare is how zlib says that nothing is left to be written.
            if rest.is_empty() && deflated.len() < deflated.capacity() {
                break;
            }
            deflated.reserve(deflated.capacity());
        }
        let segment = Segment {
            deflated: Bytes::from(deflated.into_boxed_slice()),
            plain_length: lines.len(),
        };
        Ok(SummedSegment { segment, crc })
    }
}
