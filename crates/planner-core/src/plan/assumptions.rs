//! What a plan assumes about data on its way: values that can't be out of range.

use std::num::NonZeroU32;

use jiff::tz::TimeZone;

use super::grid::Span;
use super::link::Link;
use super::percent::Percent;
use crate::units::{BytesPerSec, DataAmount, Gib, Seconds};

macro_rules! share {
    ($(#[$doc:meta])* $name:ident, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
        pub struct $name(f64);

        impl $name {
            /// The share as a fraction, such as 0.5; `None` out of range.
            pub fn new(share: f64) -> Option<Self> {
                let is_valid: fn(f64) -> bool = $valid;
                is_valid(share).then_some(Self(share))
            }

            /// The bare fraction.
            pub const fn get(self) -> f64 {
                self.0
            }
        }
    };
}

share! {
    /// The part of the data that compression saves: at least 0 and below 1.
    Compression, |share| (0.0..1.0).contains(&share)
}
share! {
    /// What headers and acknowledgements add: from 0 to 1.
    Overhead, |share| (0.0..=1.0).contains(&share)
}
share! {
    /// The part of a link's nominal rate that replication may use: above 0 and at most 1. The figures that VMware
    /// publishes for vSphere Replication imply 0.72 to 0.74.
    UsableShare, |share| share > 0.0 && share <= 1.0
}

/// How much more will be written in some months.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Growth {
    per_year: f64,
    months: f64,
}

impl Growth {
    /// Growth by a fraction per year, such as 0.3, over some months. `None` unless the fraction is above -1, the months
    /// are at least 0, and the result is a number.
    pub fn new(per_year: f64, months: f64) -> Option<Self> {
        let growth = Self { per_year, months };
        let is_valid = per_year > -1.0 && months >= 0.0 && growth.factor().is_finite();
        is_valid.then_some(growth)
    }

    /// Growth per year as a fraction.
    pub const fn per_year(self) -> f64 {
        self.per_year
    }

    /// The time that it grows.
    pub const fn months(self) -> f64 {
        self.months
    }

    /// What today's rate is multiplied by: `(1 + g)^(m / 12)`.
    pub fn factor(self) -> f64 {
        (1.0 + self.per_year).powf(self.months / 12.0)
    }
}

/// One value, and perhaps more.
#[derive(Debug, Clone, PartialEq)]
pub struct OneOrMore<T> {
    first: T,
    more: Vec<T>,
}

impl<T: Copy> OneOrMore<T> {
    /// These values in this order.
    pub const fn new(first: T, more: Vec<T>) -> Self {
        Self { first, more }
    }

    /// The first value, of which the plan speaks where it speaks of one.
    pub const fn first(&self) -> T {
        self.first
    }

    /// All values.
    pub fn iter(&self) -> impl Iterator<Item = T> {
        std::iter::once(self.first).chain(self.more.iter().copied())
    }
}

/// All that decides how much of a link the writes need.
#[derive(Debug, Clone, PartialEq)]
pub struct Assumptions {
    /// The link that is there, if one is given.
    pub link: Option<Link>,
    /// The RPOs to find links for; [`RpoOnLink`](super::rpo::RpoOnLink) speaks of the first.
    pub rpos: OneOrMore<Seconds>,
    /// The percentages of bytes that have to meet an RPO.
    pub mets: OneOrMore<Percent>,
    /// What compression saves. The default of 0.5 is a guess.
    pub compression: Compression,
    /// What the protocol adds.
    pub overhead: Overhead,
    /// The part of a link that replication gets.
    pub usable_share: UsableShare,
    /// Growth of the writes.
    pub growth: Growth,
}

impl Assumptions {
    /// The rate on the wire for a byte per second written: growth, less compression, plus overhead.
    pub fn wire_factor(&self) -> f64 {
        self.growth.factor() * self.compression_and_overhead()
    }

    /// The same without growth, which does not apply to sizes.
    pub(crate) fn compression_and_overhead(&self) -> f64 {
        (1.0 - self.compression.get()) * (1.0 + self.overhead.get())
    }

    /// The nominal rate of a link of which `usable` is needed.
    pub(crate) fn nominal(&self, usable: f64) -> BytesPerSec {
        BytesPerSec::computed(usable / self.usable_share.get())
    }
}

impl Default for Assumptions {
    fn default() -> Self {
        Self {
            link: None,
            rpos: OneOrMore::new(Seconds::computed(10.0), Vec::new()),
            mets: OneOrMore::new(Percent::ALL, Vec::new()),
            compression: Compression(0.5),
            overhead: Overhead(0.05),
            usable_share: UsableShare(1.0),
            growth: Growth {
                per_year: 0.0,
                months: 0.0,
            },
        }
    }
}

/// How far back a journal reaches: from one hour to 30 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct History(Seconds);

impl History {
    /// `None` below an hour and above 30 days.
    pub fn new(time: Seconds) -> Option<Self> {
        let range = 3_600.0..=30.0 * 86_400.0;
        range.contains(&time.get()).then_some(Self(time))
    }

    /// The time.
    pub const fn time(self) -> Seconds {
        self.0
    }
}

/// How journals are sized.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalRules {
    /// How far back they reach, unless a group says otherwise.
    pub history: History,
    /// What compression saves in the journal. Zerto promises nothing, so the default is 0.
    pub compression: Compression,
    /// The hard limit of a journal. A larger one is flagged and not cut.
    pub limit: DataAmount,
}

impl Default for JournalRules {
    fn default() -> Self {
        Self {
            history: History(Seconds::computed(86_400.0)),
            compression: Compression(0.0),
            limit: DataAmount::from(Gib::computed(150.0)),
        }
    }
}

/// Memory of the VRAs, which buffer what the link can't take at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VraBuffer {
    memory: DataAmount,
    count: NonZeroU32,
}

/// What a VRA keeps for itself: 563 MiB (Zerto knowledge base, "VRA Memory Considerations").
const VRA_OWN_BYTES: f64 = 563.0 * 1_048_576.0;
/// The part of the rest that holds data to send (same source).
const USABLE_WHEN_SENDING: f64 = 0.9;

impl VraBuffer {
    /// `count` VRAs with this much memory each; `None` if a VRA needs all of it for itself.
    pub fn new(memory: DataAmount, count: NonZeroU32) -> Option<Self> {
        (memory.get() > VRA_OWN_BYTES).then_some(Self { memory, count })
    }

    /// What all of them can hold.
    pub fn amount(self) -> DataAmount {
        let each = (self.memory.get() - VRA_OWN_BYTES) * USABLE_WHEN_SENDING;
        DataAmount::computed(each * f64::from(self.count.get()))
    }
}

/// Other assumptions to compare with.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// What the user calls it.
    pub name: String,
    /// All assumptions, also those that it shares with the plan.
    pub assumptions: Assumptions,
}

/// Everything that a plan is asked for, apart from the writes.
#[derive(Debug, Clone, PartialEq)]
pub struct Inputs {
    /// What decides about the link.
    pub assumptions: Assumptions,
    /// Other assumptions beside these.
    pub scenarios: [Option<Scenario>; 2],
    /// The quantiles of the rate on the wire.
    pub quantiles: OneOrMore<Percent>,
    /// How journals are sized.
    pub journal: JournalRules,
    /// Hosts of the recovery site.
    pub recovery_hosts: NonZeroU32,
    /// The VRAs' buffer, if its size is given.
    pub vra_buffer: Option<VraBuffer>,
    /// Where days begin, and what `Link`'s times of day mean.
    pub time_zone: TimeZone,
    /// Time that doesn't count, such as a migration. A bucket that touches it counts as one without samples.
    pub excluded: Vec<Span>,
}

impl Default for Inputs {
    fn default() -> Self {
        let [lowest, more @ ..] = [95, 98, 99, 100].map(Percent::whole);
        Self {
            assumptions: Assumptions::default(),
            scenarios: [None, None],
            quantiles: OneOrMore::new(lowest, more.to_vec()),
            journal: JournalRules::default(),
            recovery_hosts: NonZeroU32::MIN,
            vra_buffer: None,
            time_zone: TimeZone::UTC,
            excluded: Vec::new(),
        }
    }
}
