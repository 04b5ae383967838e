//! Blocks by name, in one piece of memory: what one kind of data of an hour looks like in memory and in a file.

use std::num::NonZeroU32;
use std::str;

use super::damage::Damage;
use super::varint::{self, Bytes};

/// What blocks hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Samples of some VMs, in the order in which cycles brought them.
    Record,
    /// All samples of an hour.
    Samples,
    /// Samples that were read of the past: they count only where there are no others.
    Filled,
    /// Means and peaks of an hour, by VM.
    RollUp,
    /// What many VMs wrote together in an hour.
    Sums,
}

impl Kind {
    const ALL: [Self; 5] = [
        Self::Record,
        Self::Samples,
        Self::Filled,
        Self::RollUp,
        Self::Sums,
    ];

    fn code(self) -> u8 {
        match self {
            Self::Record => 1,
            Self::Samples => 2,
            Self::RollUp => 3,
            Self::Sums => 4,
            Self::Filled => 5,
        }
    }
}

/// What a table says before its blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) kind: Kind,
    /// Hours since 1970.
    pub(super) hour: u32,
    /// Length of samples.
    pub(super) slot_seconds: u32,
    /// What all amounts are multiples of; 0 if all are zero.
    pub(super) unit: u64,
}

/// Named blocks, in the order of their names. Immutable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    head: Head,
    bytes: Box<[u8]>,
    /// Where the blocks begin.
    first: usize,
}

/// Writes a table. Names come in ascending order.
#[derive(Debug)]
pub(super) struct Builder {
    head: Head,
    bytes: Vec<u8>,
    first: usize,
    name: Vec<u8>,
    block: Vec<u8>,
}

impl Builder {
    /// `capacity` is how many bytes it will have, roughly.
    pub(super) fn new(head: Head, capacity: usize) -> Self {
        let mut bytes = Vec::with_capacity(capacity + capacity / 16);
        bytes.push(head.kind.code());
        varint::put(u64::from(head.hour), &mut bytes);
        varint::put(u64::from(head.slot_seconds), &mut bytes);
        varint::put(head.unit, &mut bytes);
        Self {
            head,
            first: bytes.len(),
            bytes,
            name: Vec::new(),
            block: Vec::new(),
        }
    }

    pub(super) fn put(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) {
        let name = name.as_bytes();
        let shared = self.name.iter().zip(name).take_while(|(a, b)| a == b);
        let shared = shared.count();
        let suffix = name.get(shared..).unwrap_or_default();
        varint::put(shared as u64, &mut self.bytes);
        varint::put(suffix.len() as u64, &mut self.bytes);
        self.bytes.extend_from_slice(suffix);
        self.name.truncate(shared);
        self.name.extend_from_slice(suffix);
        self.block.clear();
        write(&mut self.block);
        varint::put(self.block.len() as u64, &mut self.bytes);
        self.bytes.extend_from_slice(&self.block);
    }

    pub(super) fn unit(&self) -> u64 {
        self.head.unit
    }

    pub(super) fn finish(self) -> Table {
        Table {
            head: self.head,
            bytes: self.bytes.into_boxed_slice(),
            first: self.first,
        }
    }
}

impl Table {
    /// Reads the head and checks the names. Blocks are the caller's to check.
    pub(super) fn decode(bytes: Box<[u8]>) -> Result<Self, Damage> {
        let mut rest = Bytes::new(&bytes);
        let code = rest.byte()?;
        let kind = Kind::ALL.into_iter().find(|kind| kind.code() == code);
        let mut number = || u32::try_from(rest.number()?).map_err(|_| Damage::Number);
        let (hour, slot_seconds) = (number()?, number()?);
        let head = Head {
            kind: kind.ok_or(Damage::Kind)?,
            hour,
            slot_seconds,
            unit: rest.number()?,
        };
        let first = bytes.len() - rest.rest().len();
        let table = Self { head, bytes, first };
        let mut cursor = table.cursor();
        while cursor.advance()? {}
        Ok(table)
    }

    pub(super) fn head(&self) -> Head {
        self.head
    }

    /// All of it, as [`decode`](Self::decode) reads it.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Before the first block.
    pub(super) fn cursor(&self) -> Cursor<'_> {
        Cursor {
            bytes: &self.bytes,
            rest: Bytes::new(self.bytes.get(self.first..).unwrap_or_default()),
            has_begun: false,
            name: Vec::new(),
            place: self.first,
            block: &[],
        }
    }

    /// Goes through all blocks.
    pub(super) fn for_each(&self, mut each: impl FnMut(&str, &[u8])) {
        let mut cursor = self.cursor();
        while let Ok(true) = cursor.advance() {
            each(cursor.name(), cursor.block());
        }
    }

    /// The block at a [place](Cursor::place).
    pub(super) fn block(&self, place: Place) -> Option<&[u8]> {
        let mut rest = Bytes::new(self.bytes.get(place.0.get() as usize..)?);
        let length = rest.length().ok()?;
        rest.take(length).ok()
    }
}

/// Where a block lies in its table. Never at the front, where the head is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(NonZeroU32);

/// One block after the other.
#[derive(Debug)]
pub(super) struct Cursor<'t> {
    bytes: &'t [u8],
    rest: Bytes<'t>,
    has_begun: bool,
    name: Vec<u8>,
    place: usize,
    block: &'t [u8],
}

impl<'t> Cursor<'t> {
    /// Goes to the next block; false at the end.
    pub(super) fn advance(&mut self) -> Result<bool, Damage> {
        if self.rest.is_empty() {
            return Ok(false);
        }
        let shared = self.rest.length()?;
        let length = self.rest.length()?;
        let suffix = self.rest.take(length)?;
        let replaced = self.name.get(shared..).ok_or(Damage::Name)?;
        if self.has_begun && suffix <= replaced {
            return Err(Damage::Order);
        }
        self.has_begun = true;
        self.name.truncate(shared);
        self.name.extend_from_slice(suffix);
        str::from_utf8(&self.name).map_err(|_| Damage::Name)?;
        self.place = self.bytes.len() - self.rest.rest().len();
        let length = self.rest.length()?;
        self.block = self.rest.take(length)?;
        Ok(true)
    }

    pub(super) fn name(&self) -> &str {
        str::from_utf8(&self.name).unwrap_or_default()
    }

    pub(super) fn block(&self) -> &'t [u8] {
        self.block
    }

    pub(super) fn place(&self) -> Option<Place> {
        u32::try_from(self.place)
            .ok()
            .and_then(NonZeroU32::new)
            .map(Place)
    }
}
