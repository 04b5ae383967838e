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
fn a_first_realtime_query_covers_the_window_and_the_lag() {
    let range = Source::Realtime.first_range(at(10_000), 300);
    assert_eq!(range.end, at(10_000));
    assert!(range.start <= at(10_000) - SignedDuration::from_secs(323));
    assert_eq!((range.max_sample, range.interval_seconds), (Some(19), 20));
}

#[test]
fn a_first_historical_query_looks_back_three_intervals() {
    let range = Source::Historical.first_range(at(10_000), 300);
    assert_eq!((range.start, range.end), (at(9_100), at(10_000)));
    assert_eq!((range.max_sample, range.interval_seconds), (None, 300));
}

#[test]
fn a_later_query_starts_after_the_last_sample() {
    let range = Source::Realtime.range_since(at(9_680), at(10_000), 300);
    assert_eq!((range.start, range.max_sample), (at(9_681), Some(17)));
}

#[test]
fn no_query_reaches_beyond_what_is_kept_or_is_empty() {
    let outage = Source::Realtime.range_since(at(1_000), at(10_000), 300);
    assert_eq!((outage.start, outage.max_sample), (at(6_400), Some(181)));
    for since in [9_979, 9_999, 10_000, 10_001, 99_999] {
        assert_eq!(
            Source::Realtime
                .range_since(at(since), at(10_000), 300)
                .start,
            at(9_980),
            "{since}"
        );
    }
    assert_eq!(
        Source::Historical
            .range_since(at(9_900), at(10_000), 300)
            .start,
        at(9_100)
    );
    assert_eq!(
        Source::Historical
            .range_since(at(1_000), at(10_000), 300)
            .start,
        at(6_400)
    );
    assert_eq!(
        Source::Historical
            .range_since(at(1_000), at(10_000), 7_200)
            .start,
        at(-11_600)
    );
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
