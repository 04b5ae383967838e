//! A piece of a history as bytes, and back.

use std::sync::Arc;

use super::amounts;
use super::damage::Damage;
use super::record;
use super::roll_up;
use super::slots::{HOUR_SECONDS, Slots, slots_of};
use super::sums::Sum;
use super::table::{Kind, Table};
use crate::vcenter_time::VcenterTime;

/// A piece of a history: some or all samples of an hour, its means and peaks, or its sums. It doesn't change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block(pub(super) Arc<Table>);

impl Block {
    /// Reads what [`as_bytes`](Self::as_bytes) gave. Whatever the bytes are, this takes no more memory than they do.
    ///
    /// # Errors
    ///
    /// If they are anything else.
    pub fn decode(bytes: Box<[u8]>) -> Result<Self, Damage> {
        let table = Table::decode(bytes)?;
        let head = table.head();
        let slots = slots_of(head.slot_seconds).ok_or(Damage::Slots)?;
        let per_bucket = roll_up::samples_of(head.slot_seconds);
        let mut scratch = Slots::new(slots);
        let mut cursor = table.cursor();
        while cursor.advance()? {
            let block = cursor.block();
            match head.kind {
                Kind::Record => {
                    scratch.clear();
                    record::add_to(&mut scratch, block, head.unit)?;
                }
                Kind::Samples | Kind::Filled => amounts::read(block, head.unit, &mut scratch)?,
                Kind::RollUp => {
                    roll_up::read(block, per_bucket.ok_or(Damage::Slots)?, head.unit)?;
                }
                Kind::Sums => {
                    Sum::read(block, slots)?;
                }
            }
        }
        Ok(Self(Arc::new(table)))
    }

    /// The piece as bytes. The same piece always has the same ones.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Start of the hour that it is about.
    pub fn hour(&self) -> VcenterTime {
        let hour = i64::from(self.0.head().hour);
        VcenterTime::from_second(hour * i64::from(HOUR_SECONDS))
    }
}
