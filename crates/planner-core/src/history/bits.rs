//! Numbers of a given width, bit after bit.

use super::damage::Damage;

/// The widest number: one that lies across bytes in any way still fits into eight of them.
pub(super) const MOST_BITS: u32 = 56;
/// The largest number. No VM writes as many bytes in any sample: 512 disks at the most that is plausible for five minutes
/// are a tenth of it.
pub(super) const MOST: u64 = (1 << MOST_BITS) - 1;

/// How many bits a number needs.
pub(super) fn width(value: u64) -> u32 {
    u64::BITS - value.leading_zeros()
}

/// The number whose lowest `bits` bits are set.
pub(super) fn mask(bits: u32) -> u64 {
    1_u64.checked_shl(bits).unwrap_or(0).wrapping_sub(1)
}

/// Appends numbers to bytes.
#[derive(Debug)]
pub(super) struct Writer<'o> {
    out: &'o mut Vec<u8>,
    pending: u64,
    /// Fewer than eight between two calls.
    pending_bits: u32,
}

impl<'o> Writer<'o> {
    pub(super) fn new(out: &'o mut Vec<u8>) -> Self {
        Self {
            out,
            pending: 0,
            pending_bits: 0,
        }
    }

    /// Appends a number of at most [`MOST_BITS`] bits.
    pub(super) fn put(&mut self, value: u64, bits: u32) {
        self.pending |= (value & mask(bits)) << self.pending_bits;
        self.pending_bits += bits;
        let whole = self.pending_bits / 8;
        let bytes = self.pending.to_le_bytes();
        self.out
            .extend(bytes.into_iter().take(usize::try_from(whole).unwrap_or(8)));
        self.pending = self.pending.checked_shr(whole * 8).unwrap_or(0);
        self.pending_bits %= 8;
    }

    /// Fills the last byte with zeros.
    pub(super) fn finish(mut self) {
        let missing = (8 - self.pending_bits) % 8;
        self.put(0, missing);
    }
}

/// Reads numbers from bytes. Beyond their end there are zeros, until [`finish`](Self::finish) says so.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// At least the next [`MOST_BITS`] bits.
    #[inline]
    pub(super) fn peek(&self) -> u64 {
        word(self.bytes, self.at / 8) >> (self.at % 8)
    }

    #[inline]
    pub(super) fn skip(&mut self, bits: u32) {
        self.at = self.at.saturating_add(bits as usize);
    }

    #[inline]
    pub(super) fn take(&mut self, bits: u32) -> u64 {
        let value = self.peek() & mask(bits);
        self.skip(bits);
        value
    }

    /// Whether all bytes were read and no more.
    pub(super) fn finish(self) -> Result<(), Damage> {
        match self.at.div_ceil(8).cmp(&self.bytes.len()) {
            std::cmp::Ordering::Less => Err(Damage::Excess),
            std::cmp::Ordering::Equal => Ok(()),
            std::cmp::Ordering::Greater => Err(Damage::Truncated),
        }
    }
}

/// Eight bytes from a place on, with zeros beyond the end.
#[inline]
fn word(bytes: &[u8], place: usize) -> u64 {
    match bytes
        .get(place..place.saturating_add(8))
        .map(<[u8; 8]>::try_from)
    {
        Some(Ok(bytes)) => u64::from_le_bytes(bytes),
        _ => last_word(bytes, place),
    }
}

#[cold]
fn last_word(bytes: &[u8], place: usize) -> u64 {
    let tail = bytes.get(place..).unwrap_or_default().iter().rev();
    tail.fold(0, |word, byte| word << 8 | u64::from(*byte))
}
