//! What one VM wrote in an hour, sample by sample.

use super::bits::MOST;

/// Seconds of an hour, which is what a history closes, keeps and drops.
pub(super) const HOUR_SECONDS: u32 = 3_600;
/// Samples aren't shorter than this.
pub(super) const SHORTEST_SECONDS: u32 = 20;

/// When an hour of this number begins, in seconds of Unix time.
pub(super) fn start_second(hour: u32) -> i64 {
    i64::from(hour) * i64::from(HOUR_SECONDS)
}

/// The number of samples in an hour, if samples of this length divide it.
pub(super) fn slots_of(slot_seconds: u32) -> Option<usize> {
    let is_usable = slot_seconds >= SHORTEST_SECONDS && HOUR_SECONDS.is_multiple_of(slot_seconds);
    is_usable.then(|| (HOUR_SECONDS / slot_seconds) as usize)
}

/// Bytes by sample. Where there is no sample, nothing is known: that isn't zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slots {
    /// Zero where there is no sample.
    amounts: Vec<u64>,
    is_present: Vec<bool>,
}

impl Slots {
    pub(super) fn new(slots: usize) -> Self {
        Self {
            amounts: vec![0; slots],
            is_present: vec![false; slots],
        }
    }

    /// Gives it another length and forgets all samples.
    pub(super) fn resize(&mut self, slots: usize) {
        self.amounts.resize(slots, 0);
        self.is_present.resize(slots, false);
        self.clear();
    }

    pub(super) fn clear(&mut self) {
        self.amounts.fill(0);
        self.is_present.fill(false);
    }

    pub(super) fn len(&self) -> usize {
        self.amounts.len()
    }

    /// Adds to a sample. What would exceed the most that any VM writes is left out: no amount is cut, since all are
    /// multiples of a unit.
    pub(super) fn add(&mut self, slot: usize, bytes: u64) {
        if let Some(amount) = self.amounts.get_mut(slot) {
            *amount = sum(*amount, bytes);
        }
        if let Some(is_present) = self.is_present.get_mut(slot) {
            *is_present = true;
        }
    }

    /// Adds to all samples that another VM has.
    pub(super) fn add_all(&mut self, other: &Self) {
        for (amount, bytes) in self.amounts.iter_mut().zip(&other.amounts) {
            *amount = sum(*amount, *bytes);
        }
        for (is_present, is_in_other) in self.is_present.iter_mut().zip(&other.is_present) {
            *is_present |= is_in_other;
        }
    }

    /// Takes these samples in place of those of the same time.
    pub(super) fn replace_by(&mut self, other: &Self) {
        let mine = self.amounts.iter_mut().zip(&mut self.is_present);
        let others = other.amounts.iter().zip(&other.is_present);
        for ((amount, is_present), (of_other, is_in_other)) in mine.zip(others) {
            if *is_in_other {
                (*amount, *is_present) = (*of_other, true);
            }
        }
    }

    /// Takes these samples where there are none of the same time.
    pub(super) fn fill_by(&mut self, other: &Self) {
        let mine = self.amounts.iter_mut().zip(&mut self.is_present);
        let others = other.amounts.iter().zip(&other.is_present);
        for ((amount, is_present), (of_other, is_in_other)) in mine.zip(others) {
            if *is_in_other && !*is_present {
                (*amount, *is_present) = (*of_other, true);
            }
        }
    }

    /// Zero where there is no sample.
    pub(super) fn amounts(&self) -> &[u64] {
        &self.amounts
    }

    pub(super) fn is_present(&self) -> &[bool] {
        &self.is_present
    }

    /// Both at once, to fill them.
    pub(super) fn parts_mut(&mut self) -> (&mut [u64], &mut [bool]) {
        (&mut self.amounts, &mut self.is_present)
    }

    pub(super) fn present(&self) -> usize {
        self.is_present.iter().filter(|present| **present).count()
    }

    pub(super) fn total(&self) -> u64 {
        self.amounts.iter().copied().fold(0, u64::saturating_add)
    }

    /// The samples that there are, with their places.
    pub(super) fn samples(&self) -> impl Iterator<Item = (usize, u64)> {
        let amounts = self.amounts.iter().zip(&self.is_present).enumerate();
        amounts.filter_map(|(slot, (amount, is_present))| is_present.then_some((slot, *amount)))
    }

    /// The largest number that divides all amounts; 0 if all are zero.
    pub(super) fn unit(&self) -> u64 {
        common_unit(self.amounts.iter().copied())
    }
}

/// The sum, or the first amount if the sum is more than any VM writes.
pub(super) fn sum(amount: u64, more: u64) -> u64 {
    let sum = amount.saturating_add(more);
    if sum > MOST { amount } else { sum }
}

/// The largest number that divides all amounts; 0 if all are zero. vCenter's rates are whole KiB per second, so this is
/// 20,480 or a multiple for bytes of 20 seconds.
pub(super) fn common_unit(amounts: impl Iterator<Item = u64>) -> u64 {
    let mut unit = 0;
    let mut exact = Exact::by(1);
    for amount in amounts.filter(|amount| *amount > 0) {
        if unit == 0 || exact.divide(amount).is_none() {
            unit = divisor(unit, amount);
            exact = Exact::by(unit);
        }
    }
    unit
}

/// The largest number that divides both; the other one if one is 0.
pub(super) fn divisor(mut one: u64, mut other: u64) -> u64 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

/// Divides without a remainder or not at all, by a multiplication: a division takes ten times as long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exact {
    twos: u32,
    /// Times the odd part of the divisor it is 1, modulo 2^64.
    inverse: u64,
    /// The largest quotient of a number without the twos.
    most: u64,
}

impl Exact {
    /// The divisor is not zero.
    pub(super) fn by(divisor: u64) -> Self {
        let divisor = divisor.max(1);
        let twos = divisor.trailing_zeros();
        let odd = divisor >> twos;
        let mut inverse = odd;
        // Each step doubles the number of correct bits, which are three at first.
        for _ in 0..5 {
            let error = odd.wrapping_mul(inverse).wrapping_sub(2).wrapping_neg();
            inverse = inverse.wrapping_mul(error);
        }
        Self {
            twos,
            inverse,
            most: u64::MAX / odd,
        }
    }

    /// `None` if there is a remainder.
    pub(super) fn divide(self, number: u64) -> Option<u64> {
        let quotient = self.quotient(number);
        let has_twos = (number >> self.twos) << self.twos == number;
        (has_twos && quotient <= self.most).then_some(quotient)
    }

    /// The quotient if there is no remainder, else any number.
    pub(super) fn quotient(self, number: u64) -> u64 {
        (number >> self.twos).wrapping_mul(self.inverse)
    }
}
