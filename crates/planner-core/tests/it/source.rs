//! Which samples are read, and over what range.

use jiff::SignedDuration;
use planner_core::counters::CounterInfo;
use planner_core::source::{Source, SourceChoice};

use crate::at;

#[test]
fn auto_is_realtime_while_hosts_keep_the_window() {
    for (choice, window, supported, expected) in [
        (SourceChoice::Auto, 300, true, Source::Realtime),
        (SourceChoice::Auto, 3_600, true, Source::Realtime),
        (SourceChoice::Auto, 7_200, true, Source::Historical),
        (SourceChoice::Auto, 300, false, Source::Historical),
        (SourceChoice::Historical, 300, true, Source::Historical),
        (SourceChoice::Realtime, 300, false, Source::Realtime),
    ] {
        assert_eq!(
            Source::settle(choice, window, supported),
            expected,
            "{choice:?} {window} {supported}"
        );
    }
}

#[test]
fn a_realtime_query_covers_the_window_and_the_lag() {
    let range = Source::Realtime.query_range(at(10_000), 300);
    assert_eq!(range.end, at(10_000));
    assert!(range.start <= at(10_000) - SignedDuration::from_secs(323));
    assert_eq!((range.max_sample, range.interval_seconds), (Some(18), 20));
}

#[test]
fn a_historical_query_looks_back_three_intervals() {
    let range = Source::Historical.query_range(at(10_000), 300);
    assert_eq!((range.start, range.end), (at(9_100), at(10_000)));
    assert_eq!((range.max_sample, range.interval_seconds), (None, 300));
}

#[test]
fn levels_withhold_rollups_only() {
    let counter = CounterInfo {
        id: 1,
        per_device_level: Some(3),
    };
    assert!(Source::Realtime.offers(counter, Some(1)));
    assert!(!Source::Historical.offers(counter, Some(2)));
    assert!(Source::Historical.offers(counter, Some(3)));
    assert!(Source::Historical.offers(counter, None));
}
