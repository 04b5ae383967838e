//! vCenter's clock, kept apart from ours.

use std::fmt;
use std::num::NonZeroI64;

use jiff::Timestamp;

/// A moment by the clock of vCenter and its hosts, in whole seconds of Unix time.
///
/// Samples carry these times and queries ask by them. They are never compared with this machine's clock: the two may
/// differ by hours. Samples are stamped with whole seconds (recorded from vCenter 7.0 to 9.0), so nothing is lost.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VcenterTime(
    /// Seconds before 1970 as they are, later ones plus one: zero stays free, so an `Option` takes no more room.
    NonZeroI64,
);

impl VcenterTime {
    /// Wraps seconds of Unix time.
    pub const fn from_second(second: i64) -> Self {
        let shifted = if second >= 0 {
            second.saturating_add(1)
        } else {
            second
        };
        match NonZeroI64::new(shifted) {
            Some(shifted) => Self(shifted),
            None => Self(NonZeroI64::MIN),
        }
    }

    /// A time that vCenter sent; fractions of a second are dropped.
    pub fn from_timestamp(timestamp: Timestamp) -> Self {
        Self::from_second(timestamp.as_second())
    }

    /// Seconds of Unix time.
    pub const fn as_second(self) -> i64 {
        let shifted = self.0.get();
        if shifted > 0 { shifted - 1 } else { shifted }
    }

    /// The same moment for a request; times that no calendar has become the nearest one that it has.
    pub fn timestamp(self) -> Timestamp {
        let second = self.as_second();
        let nearest = if second < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        };
        Timestamp::from_second(second).unwrap_or(nearest)
    }

    /// This number of seconds earlier.
    #[must_use]
    pub const fn minus_seconds(self, seconds: u32) -> Self {
        Self::from_second(self.as_second().saturating_sub(seconds as i64))
    }

    /// Seconds from `earlier` to this moment; negative if `earlier` is later.
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.as_second().saturating_sub(earlier.as_second())
    }
}

impl fmt::Debug for VcenterTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VcenterTime({})", self.timestamp())
    }
}
