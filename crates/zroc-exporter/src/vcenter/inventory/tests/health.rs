//! An inventory that is not kept up is reported, though it stays in use.

use planner_core::collection::reason::{FailureKind, Reason};

use super::super::refresh::Refresh;
use super::super::upkeep::Upkeep;
use super::{Ask, at, attached, failure, shown, upkeep, upkeep_of_two};
use crate::vcenter::error::CollectError;

fn trouble(upkeep: &Upkeep, second: u32) -> Option<(FailureKind, String)> {
    match upkeep.trouble(at(second))? {
        Reason::Failed(failure) => Some((failure.kind, failure.message.into())),
        other => panic!("{other:?}"),
    }
}

/// A refresh at this second, whether or not it wants view and filter to be made again.
fn begun(upkeep: &mut Upkeep, second: u32) -> Refresh<'_> {
    let mut refresh = Refresh::begin(upkeep, at(second));
    if refresh.ask() == Ask::Detach {
        refresh.detached();
        refresh.restarted();
    } else {
        refresh.attached();
    }
    refresh
}

/// Neither reports nor reads, as with a server that only answers queries for samples.
fn fail_all(refresh: &mut Refresh<'_>) {
    refresh.failed(failure());
    refresh.failed(failure());
}

#[test]
fn upkeep_that_fails_is_trouble_after_three_times_to_live() {
    let mut upkeep = upkeep_of_two();
    for second in (600..=2_400).step_by(60) {
        let mut refresh = begun(&mut upkeep, second);
        fail_all(&mut refresh);
        refresh.finish().unwrap();
        let trouble = trouble(&upkeep, second);
        assert_eq!(trouble.is_some(), second > 1_800, "{second}: {trouble:?}");
        if let Some((kind, message)) = trouble {
            assert_eq!(kind, FailureKind::NoCounters, "the kind of the cause");
            assert!(message.contains(&format!("{second} s ago")), "{message}");
            assert!(message.contains("has none of the counters"), "{message}");
        }
    }
    let mut refresh = attached(&mut upkeep, 2_460);
    refresh.changed(Vec::new(), true);
    refresh.page(vec![shown("a", "A")]);
    refresh.read_complete();
    refresh.finish().unwrap();
    assert_eq!(trouble(&upkeep, 2_460), None);
}

#[test]
fn reads_that_never_end_are_trouble_too() {
    let mut upkeep = upkeep_of_two();
    let mut refresh = attached(&mut upkeep, 1_900);
    refresh.changed(Vec::new(), true);
    refresh.page(vec![shown("a", "A")]);
    refresh.out_of_patience();
    refresh.finish().unwrap();
    let (kind, message) = trouble(&upkeep, 1_900).unwrap();
    assert_eq!(kind, FailureKind::StaleInventory);
    assert!(message.contains("CYCLE_TIMEOUT"), "{message}");
}

#[test]
fn reports_that_fail_are_no_trouble_while_reads_succeed() {
    let mut upkeep = upkeep_of_two();
    for second in (600..6_000).step_by(600) {
        let mut refresh = begun(&mut upkeep, second);
        refresh.failed(failure());
        refresh.page(vec![shown("a", "A")]);
        refresh.read_complete();
        refresh.finish().unwrap();
        assert_eq!(trouble(&upkeep, second + 599), None);
    }
}

#[test]
fn what_waiting_does_not_mend_is_trouble_at_once() {
    let mut upkeep = upkeep_of_two();
    let mut refresh = attached(&mut upkeep, 20);
    refresh.failed(CollectError::TooManyObjects { limit: 1 });
    refresh.finish().unwrap();
    let (kind, _) = trouble(&upkeep, 20).unwrap();
    assert_eq!(kind, FailureKind::TooManyObjects);
    let mut refresh = attached(&mut upkeep, 40);
    refresh.changed(Vec::new(), true);
    refresh.finish().unwrap();
    assert_eq!(trouble(&upkeep, 40), None);
}

#[test]
fn there_is_no_trouble_without_an_inventory() {
    assert_eq!(trouble(&upkeep(), 10_000), None);
}
