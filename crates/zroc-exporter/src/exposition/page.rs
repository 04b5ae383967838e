//! A page as it is kept and served: compressed once, however often it is scraped.

use std::fmt;
use std::io;
use std::iter::once;
use std::sync::Arc;

use bytes::Bytes;
use flate2::Crc;

use super::segment::{Deflater, SEGMENT_BYTES, Segment, SummedSegment};
use super::text_format::TextFormat;

/// RFC 1952: deflate, no flags, no time, an unknown system.
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// RFC 1951: an empty last block, after which nothing follows.
const LAST_BLOCK: [u8; 2] = [3, 0];
const TRAILER_BYTES: usize = LAST_BLOCK.len() + 8;

/// One page in one format.
#[derive(Debug, Clone)]
pub struct Page {
    segments: Arc<[Segment]>,
    trailer: [u8; TRAILER_BYTES],
    gzip_length: u64,
    plain_length: u64,
}

impl Page {
    /// The page in gzip, in pieces that clones of the page share.
    pub fn gzip(&self) -> impl Iterator<Item = Bytes> + Send + use<> {
        let (segments, trailer) = (Arc::clone(&self.segments), self.trailer);
        let deflated = (0..segments.len()).filter_map(move |place| {
            let segment = segments.get(place)?;
            Some(segment.deflated())
        });
        once(Bytes::from_static(&GZIP_HEADER))
            .chain(deflated)
            .chain(once(Bytes::from_owner(trailer)))
    }

    /// Length of the page in gzip.
    pub fn gzip_length(&self) -> u64 {
        self.gzip_length
    }

    /// The page, uncompressed piece by piece as it is asked for.
    pub fn plain(&self) -> impl Iterator<Item = io::Result<Bytes>> + Send + use<> {
        let segments = Arc::clone(&self.segments);
        (0..segments.len()).filter_map(move |place| Some(segments.get(place)?.plain()))
    }

    /// Length of the page when it is not compressed.
    pub fn plain_length(&self) -> u64 {
        self.plain_length
    }
}

/// A page in the making: segments, and lines that do not fill one yet.
struct PageWriter {
    segments: Vec<Segment>,
    lines: String,
    crc: Crc,
    gzip_length: usize,
    plain_length: u64,
}

impl PageWriter {
    fn new() -> Self {
        Self {
            segments: Vec::new(),
            lines: String::new(),
            crc: Crc::new(),
            gzip_length: GZIP_HEADER.len() + TRAILER_BYTES,
            plain_length: 0,
        }
    }

    /// Makes a segment of the lines, if there are any.
    fn deflate(&mut self, deflater: &mut Deflater) -> io::Result<()> {
        if !self.lines.is_empty() {
            let segment = deflater.segment(&self.lines)?;
            self.lines.clear();
            self.append(&segment);
        }
        Ok(())
    }

    fn append(&mut self, SummedSegment { segment, crc }: &SummedSegment) {
        self.gzip_length += segment.deflated().len();
        self.plain_length += u64::from(crc.amount());
        self.crc.combine(crc);
        self.segments.push(segment.clone());
    }

    fn finish(mut self, deflater: &mut Deflater) -> io::Result<Page> {
        self.deflate(deflater)?;
        let mut trailer = [0; TRAILER_BYTES];
        let parts = [
            &LAST_BLOCK[..],
            &self.crc.sum().to_le_bytes(),
            &self.crc.amount().to_le_bytes(),
        ];
        for (place, byte) in trailer.iter_mut().zip(parts.into_iter().flatten()) {
            *place = *byte;
        }
        Ok(Page {
            segments: self.segments.into(),
            trailer,
            gzip_length: self.gzip_length as u64,
            plain_length: self.plain_length,
        })
    }
}

/// Takes a page in OpenMetrics and makes it in both formats.
pub(super) struct BothFormats {
    deflater: Deflater,
    /// OpenMetrics that does not end with a line yet, or is not worth rewriting yet.
    piece: String,
    text_format: TextFormat,
    openmetrics: PageWriter,
    text: PageWriter,
}

impl BothFormats {
    pub(super) fn new() -> Self {
        Self {
            deflater: Deflater::new(),
            piece: String::new(),
            text_format: TextFormat::default(),
            openmetrics: PageWriter::new(),
            text: PageWriter::new(),
        }
    }

    /// Appends sample lines, which both formats share. All lines before must be whole.
    pub(super) fn append_samples(&mut self, segments: &[SummedSegment]) -> io::Result<()> {
        if segments.is_empty() {
            return Ok(());
        }
        self.hand_on(self.piece.len());
        self.openmetrics.deflate(&mut self.deflater)?;
        self.text.deflate(&mut self.deflater)?;
        for segment in segments {
            self.openmetrics.append(segment);
            self.text.append(segment);
        }
        Ok(())
    }

    /// The pages in OpenMetrics and in the text format.
    pub(super) fn finish(mut self) -> io::Result<(Page, Page)> {
        self.hand_on(self.piece.len());
        Ok((
            self.openmetrics.finish(&mut self.deflater)?,
            self.text.finish(&mut self.deflater)?,
        ))
    }

    fn hand_on(&mut self, length: usize) {
        let (lines, _) = self.piece.split_at(length);
        self.openmetrics.lines.push_str(lines);
        self.text_format.rewrite(lines, &mut self.text.lines);
        self.piece.drain(..length);
    }
}

impl fmt::Write for BothFormats {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.piece.push_str(text);
        if self.piece.len() >= SEGMENT_BYTES
            && let Some(end) = self.piece.rfind('\n')
        {
            self.hand_on(end + 1);
            for writer in [&mut self.openmetrics, &mut self.text] {
                writer.deflate(&mut self.deflater).map_err(|_| fmt::Error)?;
            }
        }
        Ok(())
    }
}
