//! The bytes of a file of history: which format it is, then blocks, each with a checksum.
//!
//! A file grows by whole frames. Whatever ends the process while one is written, the frames before it are read, and
//! [`Log::length`] says where they end.

use thiserror::Error;

use super::block::Block;
use super::damage::Damage;

/// What every file of history begins with, whatever its version.
const MAGIC: [u8; 8] = *b"zroc-his";
/// The format that is written, and the only one that is read.
const VERSION: u16 = 1;
/// Length of a number before the bytes of a block.
const NUMBER_BYTES: usize = 4;

/// A file that this program doesn't read. It may be somebody else's, so it has to stay as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotOurs {
    /// It is something else.
    #[error("it is no history")]
    Foreign,
    /// A later release has written it.
    #[error("it has version {version} of the format, and this release reads version {VERSION}")]
    OtherVersion {
        /// Its version.
        version: u16,
    },
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// The blocks, in the order in which they were appended.
    pub blocks: Vec<Block>,
    /// How many bytes at the front are whole.
    pub length: usize,
    /// What is wrong with the bytes behind them, if there are any.
    pub damage: Option<Damage>,
}

/// What a file begins with.
pub fn head() -> Vec<u8> {
    let version = VERSION.to_le_bytes();
    MAGIC.into_iter().chain(version).collect()
}

/// The bytes to append for a block. `None` if it is longer than any that is read.
pub fn frame(block: &Block) -> Option<Vec<u8>> {
    let bytes = block.as_bytes();
    let length = u32::try_from(bytes.len()).ok()?;
    let mut frame = Vec::with_capacity(bytes.len() + 2 * NUMBER_BYTES);
    frame.extend(length.to_le_bytes());
    frame.extend(checksum(length, bytes).to_le_bytes());
    frame.extend(bytes);
    Some(frame)
}

impl Log {
    /// Reads the bytes of a file. Whatever they are, this takes no more memory than twice as much.
    ///
    /// # Errors
    ///
    /// If the file doesn't begin like one of this format. A file that ends within its head is empty.
    pub fn read(file: &[u8]) -> Result<Self, NotOurs> {
        let mut log = Self {
            blocks: Vec::new(),
            length: 0,
            damage: None,
        };
        let head = head();
        let Some((begin, mut rest)) = file.split_at_checked(head.len()) else {
            if !head.starts_with(file) {
                return Err(NotOurs::Foreign);
            }
            log.damage = Some(Damage::Truncated);
            return Ok(log);
        };
        match begin.split_at(MAGIC.len()) {
            (magic, _) if magic != MAGIC => return Err(NotOurs::Foreign),
            (_, &[low, high]) if [low, high] != VERSION.to_le_bytes() => {
                let version = u16::from_le_bytes([low, high]);
                return Err(NotOurs::OtherVersion { version });
            }
            _ => log.length = head.len(),
        }
        while !rest.is_empty() {
            match next(rest) {
                Ok((block, after)) => {
                    log.length += rest.len() - after.len();
                    log.blocks.push(block);
                    rest = after;
                }
                Err(damage) => {
                    log.damage = Some(damage);
                    break;
                }
            }
        }
        Ok(log)
    }
}

/// The first block of some bytes, and what follows it.
fn next(bytes: &[u8]) -> Result<(Block, &[u8]), Damage> {
    let (length, rest) = number(bytes)?;
    let (sum, rest) = number(rest)?;
    let (block, rest) = rest
        .split_at_checked(length as usize)
        .ok_or(Damage::Truncated)?;
    if checksum(length, block) != sum {
        return Err(Damage::Checksum);
    }
    Ok((Block::decode(block.into())?, rest))
}

fn number(bytes: &[u8]) -> Result<(u32, &[u8]), Damage> {
    let (number, rest) = bytes.split_first_chunk().ok_or(Damage::Truncated)?;
    Ok((u32::from_le_bytes(*number), rest))
}

fn checksum(length: u32, block: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length.to_le_bytes());
    hasher.update(block);
    hasher.finalize()
}
