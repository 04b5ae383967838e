//! The block of a VM's hour in buckets of five minutes: the mean and the largest sample of each.
//!
//! A mean is a whole number of KiB per second, or of a part of that which divides all samples, and what that leaves of a bucket
//! counts in the next one. So the bytes of the hour are exact, and those of a bucket to 1 KiB per second and sample.

use super::bits::{MOST, Reader, Writer};
use super::damage::Damage;
use super::rice;
use super::slots::{Exact, Slots, divisor};
use super::varint::{self, Bytes};

/// Length of a bucket.
pub(super) const BUCKET_SECONDS: u32 = 300;
/// Buckets of an hour.
pub(super) const BUCKETS: usize = 12;

/// The number of samples in a bucket, if these are shorter and divide it.
pub(super) fn samples_of(slot_seconds: u32) -> Option<usize> {
    let is_finer = slot_seconds < BUCKET_SECONDS && BUCKET_SECONDS.is_multiple_of(slot_seconds);
    is_finer.then(|| (BUCKET_SECONDS / slot_seconds.max(1)) as usize)
}

/// The unit of means: bytes of a sample of 1 KiB per second, or a part of them that divides all amounts as `unit` does.
pub(super) fn unit_of_means(unit: u64, per_bucket: usize) -> u64 {
    divisor(
        unit,
        u64::from(BUCKET_SECONDS) * 1_024 / (per_bucket.max(1) as u64),
    )
}

/// A bucket that has samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RolledUp {
    /// How many samples it has.
    pub(super) samples: u64,
    /// Their bytes.
    pub(super) bytes: u64,
    /// The bytes of the largest one.
    pub(super) peak: u64,
}

/// Appends the block of samples of which `per_bucket` make a bucket. `base` is the unit of the means of all VMs.
pub(super) fn put(slots: &Slots, per_bucket: usize, base: u64, out: &mut Vec<u8>) {
    let unit = unit_of_means(slots.unit(), per_bucket);
    let exact = Exact::by(unit);
    let (mut counts, mut means, mut excesses) = ([0; BUCKETS], [0; BUCKETS], [0; BUCKETS]);
    let mut buckets = 0;
    let mut carried = 0;
    let samples = slots.amounts().chunks(per_bucket);
    let samples = samples.zip(slots.is_present().chunks(per_bucket));
    for (count, (amounts, present)) in counts.iter_mut().zip(samples) {
        *count = present.iter().filter(|present| **present).count() as u64;
        let heads = means.get_mut(buckets).zip(excesses.get_mut(buckets));
        let Some((mean, excess)) = heads.filter(|_| *count > 0) else {
            continue;
        };
        let peak = exact.quotient(amounts.iter().copied().max().unwrap_or(0));
        let bytes = exact.quotient(amounts.iter().sum()) + carried;
        *mean = (bytes / *count).min(peak);
        *excess = peak - *mean;
        carried = bytes - *mean * *count;
        buckets += 1;
    }
    varint::put(unit / base.max(1), out);
    let is_full = counts.iter().all(|count| *count == per_bucket as u64);
    varint::put(carried << 1 | u64::from(!is_full), out);
    let mut bits = Writer::new(out);
    if !is_full {
        for count in &counts {
            bits.put(*count, 4);
        }
    }
    for values in [means, excesses] {
        rice::put(values.get(..buckets).unwrap_or_default(), &mut bits);
    }
    bits.finish();
}

/// Reads a block.
pub(super) fn read(
    block: &[u8],
    per_bucket: usize,
    base: u64,
) -> Result<[Option<RolledUp>; BUCKETS], Damage> {
    let mut bytes = Bytes::new(block);
    let unit = bytes.number()?.checked_mul(base).ok_or(Damage::Number)?;
    let flags = bytes.number()?;
    let (carried, is_full) = (flags >> 1, flags & 1 == 0);
    let mut bits = Reader::new(bytes.rest());
    let mut counts = [per_bucket as u64; BUCKETS];
    if !is_full {
        for count in &mut counts {
            *count = bits.take(4);
        }
    }
    let most = per_bucket as u64;
    if counts.iter().any(|count| *count > most) || carried >= most || unit > MOST {
        return Err(Damage::Number);
    }
    let present = counts.iter().filter(|count| **count > 0).count();
    let (mut means, mut excesses) = ([0; BUCKETS], [0; BUCKETS]);
    for values in [&mut means, &mut excesses] {
        let values = values.get_mut(..present).unwrap_or_default();
        rice::read(&mut bits, values)?;
    }
    bits.finish()?;
    let mut buckets = [None; BUCKETS];
    let places = buckets
        .iter_mut()
        .zip(counts)
        .filter(|(_, count)| *count > 0);
    for (number, ((bucket, samples), (mean, excess))) in
        places.zip(means.into_iter().zip(excesses)).enumerate()
    {
        let rest = if number + 1 == present { carried } else { 0 };
        let of_unit = |value: u64| {
            let bytes = value.checked_mul(unit);
            bytes.filter(|bytes| *bytes <= MOST).ok_or(Damage::Number)
        };
        let peak = of_unit(mean + excess)?;
        *bucket = Some(RolledUp {
            samples,
            bytes: of_unit(mean)? * samples + rest * unit,
            peak,
        });
    }
    Ok(buckets)
}
