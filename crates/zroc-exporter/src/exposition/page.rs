//! A page as it is kept and served: compressed once, however often it is scraped.

use std::fmt;
use std::io::{self, Read as _, Write as _};

use bytes::Bytes;
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;

use super::text_format::TextFormat;

/// Lines are handed on in pieces of about this size, so no page ever lies uncompressed in memory.
const PIECE_BYTES: usize = 64 * 1024;

/// One page in one format.
#[derive(Clone)]
pub struct Page {
    gzip: Bytes,
    plain_length: u64,
}

impl Page {
    /// The compressed page. Clones share the bytes.
    pub fn gzip(&self) -> Bytes {
        self.gzip.clone()
    }

    /// Length of the page when it is not compressed.
    pub fn plain_length(&self) -> u64 {
        self.plain_length
    }

    /// The page, uncompressed piece by piece as it is asked for.
    pub fn plain(&self) -> impl Iterator<Item = io::Result<Bytes>> + Send + use<> {
        let mut decoder = GzDecoder::new(io::Cursor::new(self.gzip.clone()));
        std::iter::from_fn(move || {
            let mut piece = Vec::with_capacity(PIECE_BYTES);
            match decoder
                .by_ref()
                .take(PIECE_BYTES as u64)
                .read_to_end(&mut piece)
            {
                Ok(0) => None,
                Ok(_) => Some(Ok(Bytes::from(piece))),
                Err(error) => Some(Err(error)),
            }
        })
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("gzip", &self.gzip.len())
            .field("plain", &self.plain_length)
            .finish()
    }
}

struct PageWriter {
    encoder: GzEncoder<Vec<u8>>,
    plain_length: u64,
}

impl PageWriter {
    fn new() -> Self {
        Self {
            encoder: GzEncoder::new(Vec::new(), Compression::fast()),
            plain_length: 0,
        }
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        self.plain_length += text.len() as u64;
        self.encoder.write_all(text.as_bytes())
    }

    fn finish(self) -> io::Result<Page> {
        let gzip = self.encoder.finish()?.into_boxed_slice().into();
        Ok(Page {
            gzip,
            plain_length: self.plain_length,
        })
    }
}

/// Takes a page in OpenMetrics and makes it in both formats.
pub(super) struct BothFormats {
    piece: String,
    text_piece: String,
    text_format: TextFormat,
    openmetrics: PageWriter,
    text: PageWriter,
}

impl BothFormats {
    pub(super) fn new() -> Self {
        Self {
            piece: String::with_capacity(PIECE_BYTES + 1_024),
            text_piece: String::with_capacity(PIECE_BYTES + 1_024),
            text_format: TextFormat::default(),
            openmetrics: PageWriter::new(),
            text: PageWriter::new(),
        }
    }

    /// The pages in OpenMetrics and in the text format.
    pub(super) fn finish(mut self) -> io::Result<(Page, Page)> {
        self.hand_on(self.piece.len())?;
        Ok((self.openmetrics.finish()?, self.text.finish()?))
    }

    fn hand_on(&mut self, length: usize) -> io::Result<()> {
        let (lines, _) = self.piece.split_at(length);
        self.openmetrics.write(lines)?;
        self.text_piece.clear();
        self.text_format.rewrite(lines, &mut self.text_piece);
        self.text.write(&self.text_piece)?;
        self.piece.drain(..length);
        Ok(())
    }
}

impl fmt::Write for BothFormats {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.piece.push_str(text);
        if self.piece.len() >= PIECE_BYTES
            && let Some(end) = self.piece.rfind('\n')
        {
            self.hand_on(end + 1).map_err(|_| fmt::Error)?;
        }
        Ok(())
    }
}
