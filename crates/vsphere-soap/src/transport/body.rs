//! Collects an answer's body, decompressing on the way, up to a limit.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;

/// A body under construction.
pub(super) enum BoundedBody {
    Plain(Bounded),
    Gzip(Box<MultiGzDecoder<Bounded>>),
}

/// Why a body was refused.
#[derive(Debug)]
pub(super) enum BodyError {
    TooLarge,
    /// Not gzip, damaged, or cut short.
    Corrupt(io::Error),
}

impl BoundedBody {
    pub(super) fn new(gzip: bool, limit: usize) -> Self {
        let bounded = Bounded {
            bytes: Vec::new(),
            limit,
            overflown: false,
        };
        if gzip {
            Self::Gzip(Box::new(MultiGzDecoder::new(bounded)))
        } else {
            Self::Plain(bounded)
        }
    }

    pub(super) fn push(&mut self, chunk: &[u8]) -> Result<(), BodyError> {
        let (result, overflown) = match self {
            Self::Plain(bounded) => (bounded.write_all(chunk), bounded.overflown),
            Self::Gzip(decoder) => (decoder.write_all(chunk), decoder.get_ref().overflown),
        };
        result.map_err(|error| refusal(error, overflown))
    }

    pub(super) fn finish(self) -> Result<Vec<u8>, BodyError> {
        match self {
            Self::Plain(bounded) => Ok(bounded.bytes),
            Self::Gzip(mut decoder) => {
                let result = decoder.try_finish();
                let overflown = decoder.get_ref().overflown;
                result.map_err(|error| refusal(error, overflown))?;
                let finished = decoder.finish().map_err(|error| refusal(error, false))?;
                Ok(finished.bytes)
            }
        }
    }
}

fn refusal(error: io::Error, overflown: bool) -> BodyError {
    if overflown {
        BodyError::TooLarge
    } else {
        BodyError::Corrupt(error)
    }
}

/// A buffer that refuses to grow beyond its limit.
pub(super) struct Bounded {
    bytes: Vec<u8>,
    limit: usize,
    overflown: bool,
}

impl Write for Bounded {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        if chunk.len() > self.limit - self.bytes.len() {
            self.overflown = true;
            return Err(io::Error::other("body longer than allowed"));
        }
        self.bytes.extend_from_slice(chunk);
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
