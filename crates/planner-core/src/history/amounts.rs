//! The block of a VM's samples of an hour: which there are, and the bytes of each, losslessly.

use super::bits::MOST;
use super::damage::Damage;
use super::packed;
use super::slots::{Exact, Slots};
use super::varint::{self, Bytes};

/// Appends a block. All amounts are multiples of `base`, or all are zero.
pub(super) fn put(slots: &Slots, base: u64, out: &mut Vec<u8>) {
    put_presence(slots.is_present(), out);
    let unit = slots.unit();
    varint::put(unit / base.max(1), out);
    if unit > 0 {
        let exact = Exact::by(unit);
        let samples = slots.samples().map(|(_, amount)| exact.quotient(amount));
        let samples: Vec<u64> = samples.collect();
        packed::put(&samples, out);
    }
}

/// Reads a block of as many slots as `slots` has. What was there before is gone.
pub(super) fn read(block: &[u8], base: u64, slots: &mut Slots) -> Result<(), Damage> {
    let mut bytes = Bytes::new(block);
    let (amounts, is_present) = slots.parts_mut();
    let present = read_presence(&mut bytes, is_present)?;
    let unit = bytes.number()?.checked_mul(base).ok_or(Damage::Number)?;
    if unit == 0 {
        amounts.fill(0);
        return if bytes.is_empty() {
            Ok(())
        } else {
            Err(Damage::Excess)
        };
    }
    let (samples, rest) = amounts
        .split_at_mut_checked(present)
        .ok_or(Damage::Number)?;
    rest.fill(0);
    packed::read(bytes.rest(), samples)?;
    let largest = samples.iter().copied().max().unwrap_or(0);
    if largest.checked_mul(unit).is_none_or(|bytes| bytes > MOST) {
        return Err(Damage::Number);
    }
    for sample in &mut *samples {
        *sample *= unit;
    }
    if present < is_present.len() {
        spread(amounts, is_present, present);
    }
    Ok(())
}

/// Moves the samples, which lie at the front, to the slots that have one.
fn spread(amounts: &mut [u64], is_present: &[bool], present: usize) {
    let mut next = present;
    for (slot, is_present) in is_present.iter().enumerate().rev() {
        let amount = if *is_present {
            next = next.saturating_sub(1);
            amounts.get(next).copied().unwrap_or(0)
        } else {
            0
        };
        if let Some(place) = amounts.get_mut(slot) {
            *place = amount;
        }
    }
}

/// Lengths of runs, of slots with a sample first; nothing but a zero if all have one.
fn put_presence(is_present: &[bool], out: &mut Vec<u8>) {
    let begins_absent = usize::from(is_present.first() == Some(&false));
    let runs = is_present.chunk_by(|one, next| one == next);
    let lengths = runs.clone().count() + begins_absent;
    if lengths <= 1 {
        varint::put(0, out);
        return;
    }
    varint::put(lengths as u64, out);
    if begins_absent == 1 {
        varint::put(0, out);
    }
    for run in runs {
        varint::put(run.len() as u64, out);
    }
}

/// Returns how many slots have a sample.
fn read_presence(bytes: &mut Bytes<'_>, is_present: &mut [bool]) -> Result<usize, Damage> {
    let runs = bytes.length()?;
    if runs == 0 {
        is_present.fill(true);
        return Ok(is_present.len());
    }
    let mut rest = is_present;
    let mut present = 0;
    for run in 0..runs {
        let length = bytes.length()?;
        let (slots, others) = rest.split_at_mut_checked(length).ok_or(Damage::Number)?;
        let has_samples = run % 2 == 0;
        slots.fill(has_samples);
        if has_samples {
            present += length;
        }
        rest = others;
    }
    if rest.is_empty() {
        Ok(present)
    } else {
        Err(Damage::Truncated)
    }
}
