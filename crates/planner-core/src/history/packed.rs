//! Numbers near one another: each group as its least number and, in as few bits as its spread allows, how far each lies
//! above.
//!
//! A spread of 1,000 needs ten bits for most numbers and nine for the first 24: the bit that only some numbers need follows the
//! group, so that all others lie at places that are known beforehand and are read side by side.

use super::bits::{MOST, MOST_BITS, Reader, Writer, mask, width};
use super::damage::Damage;

/// What a VM writes drifts within ten minutes, so longer groups spread more. Of shorter ones the front weigh more.
const GROUP: usize = 30;

/// How numbers below `spread + 1` are written.
#[derive(Debug, Clone, Copy)]
struct Code {
    /// Bits that each number has.
    bits: u32,
    /// Numbers below this one need no more.
    short: u64,
}

impl Code {
    /// `spread` is at most [`MOST`].
    fn of(spread: u64) -> Self {
        let numbers = spread + 1;
        let bits = width(numbers) - 1;
        Self {
            bits,
            short: (2 << bits) - numbers,
        }
    }
}

/// Appends numbers, none of which is above [`MOST`].
pub(super) fn put(values: &[u64], out: &mut Vec<u8>) {
    let groups = values.chunks(GROUP).map(|group| {
        let least = group.iter().copied().min().unwrap_or(0);
        let most = group.iter().copied().max().unwrap_or(0);
        (least, most - least)
    });
    let groups: Vec<(u64, u64)> = groups.collect();
    let least_bits = width(groups.iter().map(|(least, _)| *least).max().unwrap_or(0));
    let spread_bits = width(groups.iter().map(|(_, spread)| *spread).max().unwrap_or(0));
    let mut bits = Writer::new(out);
    bits.put(u64::from(least_bits), 8);
    bits.put(u64::from(spread_bits), 8);
    for (least, spread) in &groups {
        bits.put(*least, least_bits);
        bits.put(*spread, spread_bits);
    }
    for (group, (least, spread)) in values.chunks(GROUP).zip(groups) {
        let code = Code::of(spread);
        let longer = |value: &u64| {
            let above = value - least;
            (above >= code.short).then_some(above + code.short)
        };
        for value in group {
            let number = longer(value).map_or(value - least, |longer| longer >> 1);
            bits.put(number, code.bits);
        }
        for last in group.iter().filter_map(longer) {
            bits.put(last, 1);
        }
    }
    bits.finish();
}

/// Fills `values` with as many numbers as it has room for. All bytes belong to them.
pub(super) fn read(bytes: &[u8], values: &mut [u64]) -> Result<(), Damage> {
    let mut front = Reader::new(bytes);
    let mut head_bits = || match u32::try_from(front.take(8)) {
        Ok(bits) if bits <= MOST_BITS => Ok(bits),
        _ => Err(Damage::Number),
    };
    let (least_bits, spread_bits) = (head_bits()?, head_bits()?);
    let groups = values.len().div_ceil(GROUP);
    let mut bits = front;
    (0..groups).for_each(|_| bits.skip(least_bits + spread_bits));
    for group in values.chunks_mut(GROUP) {
        let (least, spread) = (front.take(least_bits), front.take(spread_bits));
        if least + spread > MOST {
            return Err(Damage::Number);
        }
        let code = Code::of(spread);
        let all = mask(code.bits);
        for value in &mut *group {
            *value = bits.peek() & all;
            bits.skip(code.bits);
        }
        let mut more = bits.peek();
        let mut longer = 0;
        for value in &mut *group {
            let is_longer = u64::from(*value >= code.short);
            let rest = (*value + (more & 1)).wrapping_sub(code.short);
            *value = value
                .wrapping_add(rest & is_longer.wrapping_neg())
                .wrapping_add(least);
            more >>= is_longer;
            longer += is_longer;
        }
        bits.skip(u32::try_from(longer).unwrap_or(0));
    }
    bits.finish()
}
