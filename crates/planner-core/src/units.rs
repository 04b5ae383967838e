//! Quantities that cannot be mistaken for one another. A quantity is never negative, infinite or NaN.

use std::fmt;
use std::iter::Sum;
use std::num::NonZeroU64;

/// A finite number of at least zero.
///
/// It holds the bits of the number plus one, so that an `Option` of it takes no more room than the number: each VM has
/// ten of these, and there are 100,000 VMs. The bits order like the numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Number(NonZeroU64);

const LARGEST: NonZeroU64 = NonZeroU64::new(f64::MAX.to_bits() + 1).unwrap();

impl Number {
    const fn new(value: f64) -> Option<Self> {
        if !(value >= 0.0 && value.is_finite()) {
            return None;
        }
        // Adding 0.0 turns -0.0 into 0.0.
        match NonZeroU64::new((value + 0.0).to_bits() + 1) {
            Some(bits) => Some(Self(bits)),
            None => None,
        }
    }

    /// For results that are at least zero by construction but may overflow.
    const fn saturating(value: f64) -> Self {
        match Self::new(value) {
            Some(number) => number,
            None => Self(LARGEST),
        }
    }

    /// For results that are at least zero but for rounding.
    fn computed(value: f64) -> Self {
        Self::saturating(value.max(0.0))
    }

    const fn get(self) -> f64 {
        f64::from_bits(self.0.get() - 1)
    }
}

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Number);

        impl $name {
            /// Wraps a number that already is in this unit; `None` if it is negative, infinite or NaN.
            pub const fn new(value: f64) -> Option<Self> {
                match Number::new(value) {
                    Some(number) => Some(Self(number)),
                    None => None,
                }
            }

            /// The bare number, for the edge of the program.
            pub const fn get(self) -> f64 {
                self.0.get()
            }
        }

        impl $name {
            /// The result of a calculation that is at least zero but for rounding.
            #[allow(dead_code, reason = "not every unit is computed")]
            pub(crate) fn computed(value: f64) -> Self {
                Self(Number::computed(value))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.get()).finish()
            }
        }
    };
}

macro_rules! additive {
    ($name:ident) => {
        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(quantities: I) -> Self {
                Self(Number::saturating(quantities.map(Self::get).sum()))
            }
        }
    };
}

macro_rules! convertible {
    ($from:ident => $to:ident, $factor:expr) => {
        impl From<$from> for $to {
            fn from(quantity: $from) -> Self {
                Self(Number::saturating(quantity.get() * $factor))
            }
        }
    };
}

quantity! {
    /// Disk operations per second.
    Iops
}
quantity! {
    /// A rate as vSphere's `kiloBytesPerSecond` counters give it: one unit is 1,024 bytes per second.
    KibPerSec
}
quantity! {
    /// A rate in 1,048,576 bytes per second: what the metric `vcenter_vm_disk_write_throughput_mbps` carries.
    MibPerSec
}
quantity! {
    /// A rate in bytes per second, Prometheus' base unit.
    BytesPerSec
}
quantity! {
    /// A latency in seconds, Prometheus' base unit.
    LatencySeconds
}
quantity! {
    /// A latency in milliseconds. It has no sum: the latencies of two disks do not add up.
    LatencyMillis
}
quantity! {
    /// A size in 1,073,741,824 bytes: what the metric `vcenter_vm_disk_provisioned_gb` carries.
    Gib
}
quantity! {
    /// A rate in 1,000,000 bits per second, in which links are sold. 1 MiB/s is 8.388608 Mbit/s.
    MegabitPerSec
}
quantity! {
    /// A rate in 1,000,000 bytes per second.
    MegabytePerSec
}
quantity! {
    /// A length of time in seconds; fractions count.
    Seconds
}
quantity! {
    /// An amount of data in bytes. It has fractions, because it is a rate times a time.
    DataAmount
}
additive!(Iops);
additive!(KibPerSec);
additive!(BytesPerSec);
additive!(DataAmount);
additive!(Gib);
convertible!(BytesPerSec => MegabitPerSec, 8.0 / 1e6);
convertible!(MegabitPerSec => BytesPerSec, 1e6 / 8.0);
convertible!(BytesPerSec => MegabytePerSec, 1.0 / 1e6);
convertible!(MegabytePerSec => BytesPerSec, 1e6);
convertible!(MibPerSec => BytesPerSec, 1_048_576.0);
convertible!(DataAmount => Gib, 1.0 / 1_073_741_824.0);
convertible!(Gib => DataAmount, 1_073_741_824.0);
convertible!(KibPerSec => MibPerSec, 1.0 / 1_024.0);
convertible!(KibPerSec => BytesPerSec, 1_024.0);

impl From<LatencyMillis> for LatencySeconds {
    fn from(latency: LatencyMillis) -> Self {
        Self(Number::saturating(latency.get() / 1_000.0))
    }
}

impl BytesPerSec {
    /// What this rate amounts to in `time`.
    #[must_use]
    pub fn during(self, time: Seconds) -> DataAmount {
        DataAmount(Number::saturating(self.get() * time.get()))
    }
}

impl DataAmount {
    /// How long this amount takes at `rate`; `None` at a rate of zero.
    #[must_use]
    pub fn time_at(self, rate: BytesPerSec) -> Option<Seconds> {
        (rate.get() > 0.0).then(|| Seconds(Number::saturating(self.get() / rate.get())))
    }

    /// The rate that moves this amount within `time`; `None` within no time.
    #[must_use]
    pub fn rate_over(self, time: Seconds) -> Option<BytesPerSec> {
        (time.get() > 0.0).then(|| BytesPerSec(Number::saturating(self.get() / time.get())))
    }
}

impl From<Bytes> for DataAmount {
    fn from(size: Bytes) -> Self {
        Self(Number::saturating(size.get() as f64))
    }
}

/// A size in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Bytes(u64);

impl Bytes {
    /// Wraps a number of bytes.
    pub const fn new(value: u64) -> Self {
        Self(value)
    }

    /// The bare number of bytes.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The sum, or the largest size there is.
    #[must_use]
    pub const fn saturating_add(self, more: Self) -> Self {
        Self(self.0.saturating_add(more.0))
    }
}

impl Sum for Bytes {
    fn sum<I: Iterator<Item = Self>>(sizes: I) -> Self {
        sizes.fold(Self::default(), Self::saturating_add)
    }
}

impl From<Bytes> for Gib {
    fn from(size: Bytes) -> Self {
        Self(Number::saturating(size.get() as f64 / 1_073_741_824.0))
    }
}
