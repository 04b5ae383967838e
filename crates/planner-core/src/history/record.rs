//! Samples in the order in which cycles brought them: the log of an hour that is still open.
//!
//! A block is a row of runs: how many slots are left out, how many have a sample, and the bytes of each. A record adds to
//! what others say about the same sample.

use super::bits::MOST;
use super::damage::Damage;
use super::slots::Slots;
use super::table::Builder;
use super::varint::{self, Bytes};

/// Appends the block of a VM with its samples, in the order of their slots. A VM without samples gets none.
pub(super) fn put(table: &mut Builder, vm: &str, samples: &[(usize, u64)]) {
    let unit = table.unit();
    if !samples.is_empty() {
        table.put(vm, |block| put_runs(samples, unit, block));
    }
}

fn put_runs(samples: &[(usize, u64)], unit: u64, block: &mut Vec<u8>) {
    let mut next = 0;
    for run in samples.chunk_by(|(slot, _), (after, _)| slot + 1 == *after) {
        let first = run.first().map_or(next, |(slot, _)| *slot);
        varint::put((first - next) as u64, block);
        varint::put(run.len() as u64, block);
        for (_, bytes) in run {
            varint::put(bytes / unit.max(1), block);
        }
        next = first + run.len();
    }
}

/// Adds the samples of a block.
pub(super) fn add_to(slots: &mut Slots, block: &[u8], unit: u64) -> Result<(), Damage> {
    let mut bytes = Bytes::new(block);
    let mut next = 0_usize;
    while !bytes.is_empty() {
        let first = next.saturating_add(bytes.length()?);
        let length = bytes.length()?;
        let after = first.saturating_add(length);
        if after > slots.len() {
            return Err(Damage::Number);
        }
        for slot in first..after {
            let amount = bytes.number()?.checked_mul(unit);
            let amount = amount.filter(|amount| *amount <= MOST);
            slots.add(slot, amount.ok_or(Damage::Number)?);
        }
        next = after;
    }
    Ok(())
}
