//! When all VMs disappear at once, that is believed only after a further read.

use super::super::refresh::{Ask, Refresh};
use super::{at, attached, enter, failure, leave, names, shown, upkeep, upkeep_of_two};

#[test]
fn a_report_that_all_vms_are_gone_is_read_again() {
    let mut upkeep = upkeep_of_two();
    let mut refresh = attached(&mut upkeep, 20);
    refresh.changed(vec![leave("a"), leave("b")], true);
    assert_eq!(refresh.ask(), Ask::Read);
    refresh.read_complete();
    assert_eq!(refresh.ask(), Ask::Nothing);
    assert_eq!(names(&refresh.finish().unwrap()), []);
    assert_eq!(upkeep.whole_reads(), 2);
}

#[test]
fn vms_that_the_further_read_finds_are_kept() {
    let mut upkeep = upkeep_of_two();
    let mut refresh = attached(&mut upkeep, 600);
    refresh.changed(Vec::new(), true);
    refresh.read_complete();
    assert_eq!(refresh.ask(), Ask::Read, "one read does not suffice");
    refresh.page(vec![shown("a", "A")]);
    refresh.read_complete();
    assert_eq!(refresh.ask(), Ask::Nothing);
    assert_eq!(names(&refresh.finish().unwrap()), [("a", "A")]);
}

#[test]
fn until_then_the_inventory_has_the_vms() {
    let mut upkeep = upkeep_of_two();
    let mut refresh = attached(&mut upkeep, 20);
    refresh.changed(vec![leave("a"), leave("b")], true);
    refresh.out_of_patience();
    assert_eq!(names(&refresh.finish().unwrap()), [("a", "A"), ("b", "B")]);
    let mut refresh = attached(&mut upkeep, 40);
    refresh.changed(Vec::new(), true);
    assert_eq!(refresh.ask(), Ask::Read);
    refresh.failed(failure());
    assert_eq!(names(&refresh.finish().unwrap()), [("a", "A"), ("b", "B")]);
}

#[test]
fn a_read_that_began_before_confirms_nothing() {
    let mut upkeep = upkeep_of_two();
    let mut refresh = attached(&mut upkeep, 600);
    refresh.changed(Vec::new(), true);
    refresh.out_of_patience();
    refresh.finish().unwrap();
    let mut refresh = attached(&mut upkeep, 620);
    refresh.changed(vec![leave("a"), leave("b")], true);
    refresh.read_complete();
    assert_eq!(refresh.ask(), Ask::Read);
    refresh.read_complete();
    assert_eq!(names(&refresh.finish().unwrap()), []);
}

#[test]
fn a_vm_that_appears_meanwhile_ends_the_suspicion() {
    let mut upkeep = upkeep_of_two();
    let mut refresh = attached(&mut upkeep, 20);
    refresh.changed(vec![leave("a"), leave("b")], false);
    refresh.changed(vec![enter("c", "C")], true);
    assert_eq!(refresh.ask(), Ask::Nothing);
    assert_eq!(names(&refresh.finish().unwrap()), [("c", "C")]);
}

#[test]
fn a_new_list_without_vms_is_read_again() {
    let mut upkeep = upkeep_of_two();
    let mut refresh = Refresh::begin(&mut upkeep, at(20));
    refresh.restarted();
    refresh.listed(Vec::new(), true);
    assert_eq!(refresh.ask(), Ask::Read);
    refresh.read_complete();
    assert_eq!(names(&refresh.finish().unwrap()), []);
}

#[test]
fn an_inventory_that_never_had_vms_is_not_suspicious() {
    let mut upkeep = upkeep();
    for second in [0, 20] {
        let mut refresh = Refresh::begin(&mut upkeep, at(second));
        refresh.restarted();
        refresh.listed(Vec::new(), true);
        assert_eq!(refresh.ask(), Ask::Nothing);
        assert_eq!(names(&refresh.finish().unwrap()), []);
    }
}
