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
fn a_first_query_covers_the_window() {
    let first = |source: Source| source.first_range(at(10_000), 300);
    assert_eq!(first(Source::Realtime), newest(15));
    assert_eq!(first(Source::Historical), between(9_100, 10_000));
}

#[test]
fn the_interval_is_that_of_the_source() {
    assert_eq!(Source::Realtime.interval_seconds(300), 20);
    assert_eq!(Source::Historical.interval_seconds(300), 300);
}

/// Two minutes more than has passed, because some series may have lacked their newest samples.
#[test]
fn a_later_query_reaches_back_beyond_the_last_sample() {
    let since = |elapsed| Source::Realtime.range_since(at(0), elapsed, at(10_000), 300);
    for (elapsed, samples) in [(0, 6), (1, 7), (20, 7), (21, 8), (60, 9), (300, 21)] {
        assert_eq!(since(elapsed), newest(samples), "{elapsed}");
    }
}

#[test]
fn no_query_reaches_beyond_what_is_kept_or_is_empty() {
    let realtime = |elapsed| Source::Realtime.range_since(at(0), elapsed, at(10_000), 300);
    for elapsed in [3_461, 3_480, 3_600, u32::MAX] {
        assert_eq!(realtime(elapsed), newest(180), "{elapsed}");
    }
    let historical =
        |newest, window| Source::Historical.range_since(at(newest), 0, at(10_000), window);
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
