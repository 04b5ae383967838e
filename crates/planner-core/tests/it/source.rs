//! Which samples are read, and over what range.

use std::num::NonZeroU32;

use planner_core::collection::counters::CounterInfo;
use planner_core::collection::source::{SampleRange, Source, SourceChoice};

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

fn newest(samples: u32) -> SampleRange {
    SampleRange::Newest(NonZeroU32::new(samples).unwrap())
}

fn between(start: i64, end: i64) -> SampleRange {
    SampleRange::Between {
        start: at(start),
        end: at(end),
    }
}

#[test]
fn a_first_query_covers_the_window_and_the_lag() {
    let first = |source: Source| source.first_range(at(10_000), 300);
    assert_eq!(first(Source::Realtime), newest(18));
    assert_eq!(first(Source::Historical), between(9_100, 10_000));
}

#[test]
fn the_interval_is_that_of_the_source() {
    assert_eq!(Source::Realtime.interval_seconds(300), 20);
    assert_eq!(Source::Historical.interval_seconds(300), 300);
}

#[test]
fn a_later_query_reaches_back_to_the_last_sample() {
    let since = |second| Source::Realtime.range_since(at(second), at(10_000), 300);
    assert_eq!(since(9_680), newest(16));
    assert_eq!(since(9_679), newest(17));
    assert_eq!(since(9_661), newest(17));
}

#[test]
fn no_query_reaches_beyond_what_is_kept_or_is_empty() {
    let realtime = |since| Source::Realtime.range_since(at(since), at(10_000), 300);
    assert_eq!(realtime(6_401), newest(180));
    for since in [i64::MIN, 0, 1_000, 6_379, 6_400] {
        assert_eq!(realtime(since), newest(180), "{since}");
    }
    for since in [9_980, 9_999, 10_000, 10_001, 99_999] {
        assert_eq!(realtime(since), newest(1), "{since}");
    }
    let historical = |since, window| Source::Historical.range_since(at(since), at(10_000), window);
    assert_eq!(historical(9_900, 300), between(9_100, 10_000));
    assert_eq!(historical(8_000, 300), between(8_000, 10_000));
    assert_eq!(historical(1_000, 300), between(6_400, 10_000));
    assert_eq!(historical(1_000, 7_200), between(-11_600, 10_000));
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
