//! Numbers of one size with a few that are far larger: the low bits as they are, the rest as a count of ones.

use super::bits::{MOST, MOST_BITS, Reader, Writer, width};
use super::damage::Damage;

/// Appends a few numbers, none of which is above [`MOST`].
pub(super) fn put(values: &[u64], bits: &mut Writer<'_>) {
    let mean = values.iter().sum::<u64>() / (values.len() as u64).max(1);
    // A few large values may make it worth while to have more low bits than the mean, never many more.
    let most = (width(mean) + 2).min(MOST_BITS);
    let sizes = (most.saturating_sub(5)..=most).map(|low_bits| {
        let ones = values.iter().map(|value| value >> low_bits).sum::<u64>();
        (ones + u64::from(low_bits) * values.len() as u64, low_bits)
    });
    let (_, low_bits) = sizes.min().unwrap_or_default();
    bits.put(u64::from(low_bits), 6);
    for value in values {
        let mut ones = value >> low_bits;
        while ones >= u64::from(MOST_BITS) {
            bits.put(u64::MAX, MOST_BITS);
            ones -= u64::from(MOST_BITS);
        }
        bits.put((1 << ones) - 1, u32::try_from(ones).unwrap_or(0) + 1);
        bits.put(*value, low_bits);
    }
}

/// Fills `values`.
pub(super) fn read(bits: &mut Reader<'_>, values: &mut [u64]) -> Result<(), Damage> {
    let low_bits = u32::try_from(bits.take(6)).unwrap_or(u32::MAX);
    if low_bits > MOST_BITS {
        return Err(Damage::Number);
    }
    for value in values {
        let mut ones = 0_u64;
        loop {
            let more = bits.peek().trailing_ones().min(MOST_BITS);
            ones += u64::from(more);
            bits.skip(more);
            if more < MOST_BITS {
                break;
            }
        }
        bits.skip(1);
        if ones > MOST >> low_bits {
            return Err(Damage::Number);
        }
        *value = ones << low_bits | bits.take(low_bits);
    }
    Ok(())
}
