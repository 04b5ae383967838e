//! What the performance manager says of itself: counters and intervals.

use crate::counters::{CATALOGUE, Counter};
use crate::sight::Sight;
use crate::soap::Fields;

/// One interval of roll-ups.
pub(crate) struct Interval {
    key: u32,
    /// Its sampling period.
    pub(crate) seconds: i64,
    name: &'static str,
    /// How long its data are kept, in seconds.
    pub(crate) kept: i64,
}

/// The four that every vCenter starts with.
pub(crate) const INTERVALS: [Interval; 4] = [
    Interval {
        key: 1,
        seconds: 300,
        name: "Past day",
        kept: 86_400,
    },
    Interval {
        key: 2,
        seconds: 1800,
        name: "Past week",
        kept: 604_800,
    },
    Interval {
        key: 3,
        seconds: 7200,
        name: "Past month",
        kept: 2_592_000,
    },
    Interval {
        key: 4,
        seconds: 86_400,
        name: "Past year",
        kept: 31_536_000,
    },
];

/// The statistics level of an interval: only that of the shortest is configurable here.
pub(crate) fn interval_level(seconds: i64, level_of_shortest: u8) -> u8 {
    if seconds == 300 { level_of_shortest } else { 1 }
}

pub(super) fn describe(sight: &Sight, fields: &mut Fields<'_>) {
    fields.data("description", "PerformanceDescription", |f| {
        f.list("counterType", "ElementDescription", |items| {
            for key in ["absolute", "delta", "rate"] {
                items.data("ElementDescription", |f| element_description(f, key));
            }
        });
        f.list("statsType", "ElementDescription", |items| {
            for key in [
                "average",
                "summation",
                "latest",
                "maximum",
                "minimum",
                "none",
            ] {
                items.data("ElementDescription", |f| element_description(f, key));
            }
        });
    });
    let level = sight.settings.statistics_level;
    fields.list("historicalInterval", "PerfInterval", |items| {
        for interval in &INTERVALS {
            items.data("PerfInterval", |f| {
                f.int("key", interval.key);
                f.long("samplingPeriod", interval.seconds);
                f.string("name", interval.name);
                f.long("length", interval.kept);
                f.int("level", u32::from(interval_level(interval.seconds, level)));
                f.boolean("enabled", true);
            });
        }
    });
    fields.list("perfCounter", "PerfCounterInfo", |items| {
        for counter in CATALOGUE {
            items.data("PerfCounterInfo", |f| {
                perf_counter(f, sight.settings.id_of(counter), counter);
            });
        }
    });
}

fn element_description(fields: &mut Fields<'_>, key: &str) {
    fields.string("label", key);
    fields.string("summary", key);
    fields.string("key", key);
}

/// The fields of a `PerfCounterInfo`.
pub(crate) fn perf_counter(fields: &mut Fields<'_>, id: u32, counter: &Counter) {
    let described = |fields: &mut Fields<'_>, name, label: &str, key: &str| {
        fields.data(name, "ElementDescription", |f| {
            f.string("label", label);
            f.string("summary", label);
            f.string("key", key);
        });
    };
    fields.int("key", id);
    described(fields, "nameInfo", counter.label, counter.name);
    described(
        fields,
        "groupInfo",
        counter.group.label(),
        counter.group.key(),
    );
    described(fields, "unitInfo", counter.unit.1, counter.unit.0);
    fields.enumeration("rollupType", "PerfSummaryType", counter.rollup.key());
    fields.enumeration("statsType", "PerfStatsType", counter.stats);
    fields.int("level", u32::from(counter.level));
    fields.int("perDeviceLevel", u32::from(counter.device_level));
}
