//! Collects an answer's body, decompressing on the way, up to a limit.

use std::io;

use flate2::{Decompress, FlushDecompress, Status};

/// The most that gzip may refer back to: 2 to this power.
const WINDOW_BITS: u8 = 15;
/// Room is made in steps of at least this size.
const LEAST_ROOM: usize = 16 << 10;

/// A body under construction.
pub(super) struct BoundedBody {
    bytes: Vec<u8>,
    limit: usize,
    gzip: Option<Gzip>,
}

/// Why a body was refused.
#[derive(Debug)]
pub(super) enum BodyError {
    TooLarge,
    /// Not gzip, damaged, or cut short.
    Corrupt(io::Error),
}

/// Reads one member after the other.
struct Gzip {
    member: Decompress,
    has_ended: bool,
}

impl Gzip {
    fn new() -> Self {
        Self {
            member: Decompress::new_gzip(WINDOW_BITS),
            has_ended: false,
        }
    }
}

impl BoundedBody {
    pub(super) fn new(gzip: bool, limit: usize) -> Self {
        Self {
            bytes: Vec::new(),
            limit,
            gzip: gzip.then(Gzip::new),
        }
    }

    pub(super) fn push(&mut self, chunk: &[u8]) -> Result<(), BodyError> {
        let Some(gzip) = &mut self.gzip else {
            if chunk.len() > self.limit - self.bytes.len() {
                return Err(BodyError::TooLarge);
            }
            self.bytes.extend_from_slice(chunk);
            return Ok(());
        };
        let mut rest = chunk;
        loop {
            if gzip.has_ended {
                if rest.is_empty() {
                    return Ok(());
                }
                *gzip = Gzip::new();
            }
            if self.bytes.len() == self.bytes.capacity() {
                // One byte beyond the limit is enough to see that there is more.
                let allowed = self.limit - self.bytes.len() + 1;
                let room = (self.bytes.len() / 2).max(LEAST_ROOM).min(allowed);
                self.bytes.reserve_exact(room);
            }
            let (taken_before, length_before) = (gzip.member.total_in(), self.bytes.len());
            let status = gzip
                .member
                .decompress_vec(rest, &mut self.bytes, FlushDecompress::None)
                .map_err(|error| BodyError::Corrupt(error.into()))?;
            if self.bytes.len() > self.limit {
                return Err(BodyError::TooLarge);
            }
            let taken = gzip.member.total_in() - taken_before;
            rest = usize::try_from(taken)
                .ok()
                .and_then(|taken| rest.get(taken..))
                .unwrap_or_default();
            gzip.has_ended = status == Status::StreamEnd;
            let has_room = self.bytes.len() < self.bytes.capacity();
            if !gzip.has_ended && rest.is_empty() && has_room {
                return Ok(());
            }
            let stands_still = taken == 0 && self.bytes.len() == length_before && has_room;
            if !gzip.has_ended && stands_still {
                let error = io::Error::new(io::ErrorKind::InvalidData, "gzip makes no progress");
                return Err(BodyError::Corrupt(error));
            }
        }
    }

    pub(super) fn finish(self) -> Result<Vec<u8>, BodyError> {
        match self.gzip {
            Some(gzip) if !gzip.has_ended => {
                let error = io::Error::new(io::ErrorKind::UnexpectedEof, "gzip was cut short");
                Err(BodyError::Corrupt(error))
            }
            _ => Ok(self.bytes),
        }
    }
}
