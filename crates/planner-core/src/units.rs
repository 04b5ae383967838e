//! Quantities that cannot be mistaken for one another.

use std::iter::Sum;

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
        pub struct $name(f64);

        impl $name {
            /// Wraps a number that already is in this unit.
            pub const fn new(value: f64) -> Self {
                Self(value)
            }

            /// The bare number, for the edge of the program.
            pub const fn get(self) -> f64 {
                self.0
            }
        }
    };
}

macro_rules! additive {
    ($name:ident) => {
        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(quantities: I) -> Self {
                Self(quantities.map(Self::get).sum())
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
    Seconds
}
quantity! {
    /// A latency in milliseconds. It has no sum: the latencies of two disks do not add up.
    Millis
}
quantity! {
    /// A size in 1,073,741,824 bytes: what the metric `vcenter_vm_disk_provisioned_gb` carries.
    Gib
}
additive!(Iops);
additive!(KibPerSec);

impl From<KibPerSec> for MibPerSec {
    fn from(rate: KibPerSec) -> Self {
        Self(rate.get() / 1024.0)
    }
}

impl From<KibPerSec> for BytesPerSec {
    fn from(rate: KibPerSec) -> Self {
        Self(rate.get() * 1024.0)
    }
}

impl From<Millis> for Seconds {
    fn from(latency: Millis) -> Self {
        Self(latency.get() / 1000.0)
    }
}

/// A size in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
}

impl Sum for Bytes {
    fn sum<I: Iterator<Item = Self>>(sizes: I) -> Self {
        Self(sizes.fold(0, |total, size| total.saturating_add(size.get())))
    }
}

impl From<Bytes> for Gib {
    fn from(size: Bytes) -> Self {
        Self(size.get() as f64 / 1_073_741_824.0)
    }
}
