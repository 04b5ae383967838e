//! A filter that reports nothing although objects change is made again.

use super::super::refresh::{Ask, Refresh};
use super::super::upkeep::Upkeep;
use super::{at, attached, enter, failure, leave, names, rename, shown, upkeep_of_two};

/// A refresh whose read shows that `a` has another name, `b` is gone and `c` is new.
fn read_otherwise(upkeep: &mut Upkeep, second: u32) {
    let mut refresh = attached(upkeep, second);
    refresh.changed(Vec::new(), true);
    refresh.page(vec![shown("a", "AA"), shown("c", "C")]);
    refresh.read_complete();
    let inventory = refresh.finish().unwrap();
    assert_eq!(names(&inventory), [("a", "AA"), ("c", "C")]);
}

#[test]
fn a_filter_that_missed_changes_is_made_again() {
    let mut upkeep = upkeep_of_two();
    read_otherwise(&mut upkeep, 600);
    let mut refresh = attached(&mut upkeep, 620);
    refresh.changed(Vec::new(), true);
    refresh.finish().unwrap();
    let mut refresh = Refresh::begin(&mut upkeep, at(640));
    assert_eq!(refresh.ask(), Ask::Detach);
    refresh.detached();
    assert_eq!(refresh.ask(), Ask::Attach);
    refresh.restarted();
    refresh.listed(vec![enter("a", "AA"), enter("d", "D")], true);
    assert_eq!(names(&refresh.finish().unwrap()), [("a", "AA"), ("d", "D")]);
    attached(&mut upkeep, 660);
}

#[test]
fn one_change_that_is_never_reported_suffices() {
    let mut upkeep = upkeep_of_two();
    read_otherwise(&mut upkeep, 600);
    let mut refresh = attached(&mut upkeep, 620);
    refresh.changed(vec![rename("a", "AA"), leave("b")], true);
    refresh.finish().unwrap();
    assert_eq!(Refresh::begin(&mut upkeep, at(640)).ask(), Ask::Detach);
}

#[test]
fn changes_that_are_reported_later_were_not_missed() {
    let mut upkeep = upkeep_of_two();
    read_otherwise(&mut upkeep, 600);
    let mut refresh = attached(&mut upkeep, 620);
    refresh.changed(vec![rename("a", "AA"), leave("b")], false);
    refresh.changed(vec![enter("c", "C")], true);
    refresh.finish().unwrap();
    attached(&mut upkeep, 640);
}

#[test]
fn a_filter_that_fails_three_times_is_made_again() {
    let mut upkeep = upkeep_of_two();
    for second in [20, 40, 60] {
        let mut refresh = attached(&mut upkeep, second);
        refresh.failed(failure());
        refresh.finish().unwrap();
    }
    assert_eq!(Refresh::begin(&mut upkeep, at(80)).ask(), Ask::Detach);
}

#[test]
fn failures_with_an_answer_in_between_mend_themselves() {
    let mut upkeep = upkeep_of_two();
    for second in (20..400).step_by(40) {
        let mut refresh = attached(&mut upkeep, second);
        refresh.failed(failure());
        refresh.finish().unwrap();
        let mut refresh = attached(&mut upkeep, second + 20);
        refresh.changed(Vec::new(), true);
        refresh.finish().unwrap();
    }
}
