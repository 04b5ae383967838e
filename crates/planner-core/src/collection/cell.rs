//! What one disk did one way in one sample, in 8 bytes.

use super::counters::Quantity;
use super::plausibility::most;

/// The three values of a sample. Each is a number, or open (it may come later), or closed (it never came, or was refused).
///
/// Each VM keeps one of these for every sample of every disk, so the values share a word. Their bounds say how many bits
/// each needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell(u64);

/// One value of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// It has not come yet.
    Open,
    /// It does not count any more.
    Closed,
    Value(u32),
}

struct Field {
    shift: u32,
    bits: u32,
}

impl Field {
    const fn of(quantity: Quantity) -> Self {
        let (shift, bits) = match quantity {
            Quantity::Rate => (0, 25),
            Quantity::Iops => (25, 21),
            Quantity::Latency => (46, 18),
        };
        Self { shift, bits }
    }

    const fn open(&self) -> u64 {
        (1 << self.bits) - 1
    }

    const fn closed(&self) -> u64 {
        self.open() - 1
    }
}

const _: () = {
    assert!((most(Quantity::Rate) as u64) < Field::of(Quantity::Rate).closed());
    assert!((most(Quantity::Iops) as u64) < Field::of(Quantity::Iops).closed());
    assert!((most(Quantity::Latency) as u64) < Field::of(Quantity::Latency).closed());
};

impl Cell {
    /// A sample of which nothing has come yet.
    pub(super) const OPEN: Self = Self(u64::MAX);

    pub(super) fn slot(self, quantity: Quantity) -> Slot {
        let field = Field::of(quantity);
        let code = self.0 >> field.shift & field.open();
        if code == field.open() {
            Slot::Open
        } else if code == field.closed() {
            Slot::Closed
        } else {
            Slot::Value(u32::try_from(code).unwrap_or(u32::MAX))
        }
    }

    pub(super) fn value(self, quantity: Quantity) -> Option<u32> {
        match self.slot(quantity) {
            Slot::Value(value) => Some(value),
            Slot::Open | Slot::Closed => None,
        }
    }

    pub(super) fn is_open(self, quantity: Quantity) -> bool {
        self.slot(quantity) == Slot::Open
    }

    /// Whether anything may still come.
    pub(super) fn has_open(self) -> bool {
        Quantity::ALL
            .into_iter()
            .any(|quantity| self.is_open(quantity))
    }

    pub(super) fn has_value(self) -> bool {
        Quantity::ALL
            .into_iter()
            .any(|quantity| self.value(quantity).is_some())
    }

    pub(super) fn close(&mut self, quantity: Quantity) {
        self.put(quantity, Field::of(quantity).closed());
    }

    /// Takes a plausible value.
    pub(super) fn set(&mut self, quantity: Quantity, value: u32) {
        let most = Field::of(quantity).closed() - 1;
        self.put(quantity, u64::from(value).min(most));
    }

    fn put(&mut self, quantity: Quantity, code: u64) {
        let field = Field::of(quantity);
        self.0 = self.0 & !(field.open() << field.shift) | code << field.shift;
    }
}
