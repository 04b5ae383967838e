//! Servers that fail, forget, lack reports or list without end.

use super::super::refresh::{Ask, Refresh};
use super::{BOUNDS, at, attached, enter, failure, names, rename, shown, upkeep, upkeep_of_two};
use crate::vcenter::error::CollectError;

#[test]
fn failures_end_a_refresh_only_where_there_is_no_inventory() {
    let mut upkeep = upkeep();
    let mut refresh = Refresh::begin(&mut upkeep, at(0));
    refresh.restarted();
    assert!(!refresh.is_delayable());
    refresh.failed(failure());
    assert_eq!(
        refresh.ask(),
        Ask::Read,
        "reports have failed, a read is due"
    );
    refresh.failed(failure());
    assert_eq!(refresh.ask(), Ask::Nothing);
    refresh.finish().unwrap_err();

    let mut upkeep = upkeep_of_two();
    let mut refresh = attached(&mut upkeep, 20);
    assert!(refresh.is_delayable());
    refresh.changed(vec![rename("a", "AA")], false);
    refresh.failed(failure());
    assert_eq!(refresh.ask(), Ask::Nothing, "no read is due");
    assert_eq!(names(&refresh.finish().unwrap()), [("a", "AA"), ("b", "B")]);
}

#[test]
fn a_server_that_does_not_let_us_look_leaves_the_inventory_in_use() {
    let mut upkeep = upkeep_of_two();
    let mut refresh = Refresh::begin(&mut upkeep, at(20));
    refresh.failed(failure());
    assert_eq!(refresh.ask(), Ask::Nothing);
    assert_eq!(names(&refresh.finish().unwrap()), [("a", "A"), ("b", "B")]);
}

#[test]
fn a_password_that_cannot_be_read_ends_the_refresh() {
    let mut upkeep = upkeep_of_two();
    let mut refresh = Refresh::begin(&mut upkeep, at(20));
    refresh.failed(CollectError::Password(std::io::Error::other("gone")));
    refresh.finish().unwrap_err();
}

#[test]
fn a_read_serves_where_reports_fail() {
    let mut upkeep = upkeep_of_two();
    let mut refresh = attached(&mut upkeep, 600);
    refresh.failed(failure());
    refresh.page(vec![shown("c", "C")]);
    refresh.read_complete();
    let inventory = refresh.finish().unwrap();
    assert_eq!(names(&inventory), [("c", "C")]);
    assert_eq!(inventory.full_read().at, at(600).timestamp);
}

#[test]
fn while_reports_fail_a_read_is_due_in_a_quarter_of_the_time() {
    let mut upkeep = upkeep_of_two();
    for (second, expected) in [
        (149, Ask::Nothing),
        (150, Ask::Read),
        (299, Ask::Nothing),
        (300, Ask::Read),
    ] {
        let mut refresh = attached(&mut upkeep, second);
        refresh.failed(failure());
        assert_eq!(refresh.ask(), expected, "{second}");
        if expected == Ask::Read {
            refresh.page(vec![shown("a", "A"), shown("b", "B")]);
            refresh.read_complete();
        }
        refresh.finish().unwrap();
        // Another answer than the third failure in a row, which would end the filter.
        let mut refresh = attached(&mut upkeep, second);
        refresh.changed(Vec::new(), true);
        assert_eq!(
            refresh.ask(),
            Ask::Nothing,
            "reports came again at {second}"
        );
        refresh.finish().unwrap();
    }
}

#[test]
fn a_filter_that_is_dropped_twice_makes_a_read_due_sooner_too() {
    let mut upkeep = upkeep_of_two();
    for (second, expected) in [(149, Ask::Nothing), (150, Ask::Read)] {
        let mut refresh = attached(&mut upkeep, second);
        refresh.lost(failure());
        refresh.restarted();
        refresh.lost(failure());
        assert_eq!(refresh.ask(), expected, "{second}");
    }
}

#[test]
fn a_server_without_reports_is_read_when_that_is_due() {
    let mut upkeep = upkeep();
    for (second, expected) in [(0, Ask::Read), (599, Ask::Nothing), (600, Ask::Read)] {
        let mut refresh = Refresh::begin(&mut upkeep, at(second));
        refresh.restarted();
        refresh.unsupported();
        assert_eq!(refresh.ask(), expected, "{second}");
        if expected == Ask::Read {
            refresh.page(vec![shown("a", "A")]);
            refresh.read_complete();
        }
        assert_eq!(names(&refresh.finish().unwrap()), [("a", "A")]);
    }
    assert_eq!(upkeep.whole_reads(), 2);
}

#[test]
fn a_refresh_starts_over_once() {
    let mut upkeep = upkeep_of_two();
    for second in [20, 40] {
        let mut refresh = attached(&mut upkeep, second);
        refresh.lost(failure());
        assert_eq!(refresh.ask(), Ask::Attach);
        refresh.restarted();
        refresh.lost(failure());
        assert_eq!(refresh.ask(), Ask::Nothing);
        assert_eq!(names(&refresh.finish().unwrap()), [("a", "A"), ("b", "B")]);
    }
    let mut refresh = Refresh::begin(&mut upkeep, at(60));
    refresh.restarted();
    refresh.listed(vec![enter("c", "C")], true);
    assert_eq!(names(&refresh.finish().unwrap()), [("c", "C")]);
}

#[test]
fn a_loss_ends_the_read_under_way() {
    let mut upkeep = upkeep_of_two();
    let mut refresh = attached(&mut upkeep, 600);
    refresh.changed(Vec::new(), true);
    refresh.page(vec![shown("stale", "STALE")]);
    refresh.lost(failure());
    refresh.restarted();
    refresh.listed(vec![enter("a", "A")], true);
    assert_eq!(refresh.ask(), Ask::Nothing, "the list is a whole read");
    let inventory = refresh.finish().unwrap();
    assert_eq!(names(&inventory), [("a", "A")]);
    assert_eq!(inventory.full_read().at, at(600).timestamp);
}

/// As with `InvalidCollectorVersion` after each question.
#[test]
fn a_read_serves_where_the_server_keeps_dropping_its_filter() {
    for mut upkeep in [upkeep(), upkeep_of_two()] {
        let mut refresh = Refresh::begin(&mut upkeep, at(600));
        refresh.restarted();
        refresh.lost(failure());
        assert_eq!(refresh.ask(), Ask::Attach);
        refresh.restarted();
        refresh.lost(failure());
        assert_eq!(refresh.ask(), Ask::Read);
        // The read needs another view.
        refresh.restarted();
        assert_eq!(refresh.ask(), Ask::Read);
        refresh.page(vec![shown("c", "C")]);
        refresh.read_complete();
        assert_eq!(refresh.ask(), Ask::Nothing);
        assert_eq!(names(&refresh.finish().unwrap()), [("c", "C")]);
    }
}

#[test]
fn too_much_text_is_given_up_and_replaced_text_does_not_count() {
    let mut upkeep = upkeep_of_two();
    let long = "x".repeat(500);
    for second in 1..100 {
        let mut refresh = attached(&mut upkeep, second);
        refresh.changed(vec![rename("a", &long)], true);
        assert_eq!(refresh.ask(), Ask::Nothing, "{second}");
        refresh.finish().unwrap();
    }
    let mut refresh = attached(&mut upkeep, 100);
    let vms = (0..30).map(|number| enter(&format!("vm-{number}"), &long));
    refresh.changed(vms.collect(), false);
    assert_eq!(refresh.ask(), Ask::Detach);
}

fn too_many<T>(object: impl Fn(&str) -> T) -> Vec<T> {
    let numbers = 0..=BOUNDS.objects;
    numbers
        .map(|number| object(&format!("vm-{number}")))
        .collect()
}

#[test]
fn too_many_objects_are_given_up_wherever_they_come_from() {
    type Answer = fn(&mut Refresh<'_>);
    let listed: Answer = |refresh| {
        refresh.restarted();
        refresh.listed(too_many(|vm| enter(vm, "")), false);
    };
    let changed: Answer = |refresh| {
        refresh.attached();
        refresh.changed(too_many(|vm| enter(vm, "")), false);
    };
    let read: Answer = |refresh| {
        refresh.attached();
        refresh.changed(Vec::new(), true);
        refresh.page(too_many(|vm| shown(vm, "")));
    };
    for answer in [listed, changed, read] {
        let mut upkeep = upkeep_of_two();
        let mut refresh = Refresh::begin(&mut upkeep, at(600));
        answer(&mut refresh);
        assert_eq!(refresh.ask(), Ask::Detach);
        refresh.detached();
        assert_eq!(refresh.ask(), Ask::Nothing);
        assert_eq!(names(&refresh.finish().unwrap()), [("a", "A"), ("b", "B")]);
        let mut refresh = Refresh::begin(&mut upkeep, at(620));
        refresh.restarted();
        refresh.listed(vec![enter("c", "C")], true);
        assert_eq!(names(&refresh.finish().unwrap()), [("c", "C")]);
    }
    let mut upkeep = upkeep();
    let mut refresh = Refresh::begin(&mut upkeep, at(0));
    listed(&mut refresh);
    refresh.detached();
    let error = refresh.finish().unwrap_err();
    assert!(matches!(error, CollectError::TooManyObjects { .. }));
}
