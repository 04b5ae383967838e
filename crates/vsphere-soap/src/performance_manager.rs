//! What performance data exists: counters, intervals, providers.

use crate::moref::MoRef;

/// A performance counter of a vCenter.
///
/// The [`key`](Self::key) differs between vCenters and over time: look a counter up by its
/// [`full_name`](Self::full_name) after each login.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PerfCounterInfo {
    /// The counter's number in queries.
    pub key: i32,
    /// The group, such as `virtualDisk`.
    pub group: Box<str>,
    /// The name in the group, such as `numberWriteAveraged`. May contain dots.
    pub name: Box<str>,
    /// How samples are rolled up: `average`, `summation`, `latest`, ...
    pub rollup: Box<str>,
    /// The unit, such as `kiloBytesPerSecond` or `number`; empty if the server names none.
    pub unit: Box<str>,
    /// What a value stands for: `rate`, `absolute` or `delta`; empty if the server does not say.
    pub stats_type: Box<str>,
    /// The statistics level from which on the aggregate over all instances is kept in intervals.
    pub level: Option<i32>,
    /// The statistics level from which on single instances are kept in intervals.
    pub per_device_level: Option<i32>,
}

impl PerfCounterInfo {
    /// Group, name and rollup: `virtualDisk.write.average`.
    pub fn full_name(&self) -> String {
        format!("{}.{}.{}", self.group, self.name, self.rollup)
    }
}

/// A historical interval: vCenter rolls real-time samples up to one value per period.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PerfInterval {
    /// Identifies the interval. Not unique on simulators.
    pub key: i32,
    /// Seconds that one sample covers; the interval's name in queries.
    pub sampling_period_seconds: i32,
    /// Display text; may be empty.
    pub name: Box<str>,
    /// Seconds for which samples are kept.
    pub length_seconds: i32,
    /// The statistics level: counters of a higher level have no data in this interval.
    pub level: Option<i32>,
    /// Whether samples are collected at all.
    pub enabled: bool,
}

/// What kinds of statistics an object has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PerfProviderSummary {
    /// The object.
    pub entity: MoRef,
    /// Whether it has real-time statistics.
    pub current_supported: bool,
    /// Whether it has historical statistics.
    pub summary_supported: bool,
    /// Seconds between real-time samples: 20 for virtual machines and hosts.
    pub refresh_rate_seconds: Option<i32>,
}

/// A server setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionValue {
    /// The setting's full name.
    pub key: Box<str>,
    /// Its value.
    pub value: OptionData,
}

impl OptionValue {
    /// The value as a whole number, also where the server sends it as text.
    pub fn as_i64(&self) -> Option<i64> {
        match &self.value {
            OptionData::Text(text) => text.trim().parse().ok(),
            OptionData::Integer(number) => Some(*number),
            OptionData::Boolean(_) => None,
        }
    }
}

/// The value of a server setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptionData {
    /// Text, and any type not named below.
    Text(Box<str>),
    /// A number of any width.
    Integer(i64),
    /// A switch.
    Boolean(bool),
}
