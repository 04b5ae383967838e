//! What an operator reads about patterns that fit no VM.

use std::sync::Arc;

use jiff::Timestamp;
use planner_core::inventory::entities::{Entities, VmRecord};
use planner_core::inventory::{FullReadStamp, Inventory, PowerState};
use zroc_exporter::filter_message::{idle_patterns, nothing_left};

use crate::staging::load;

/// Two running VMs, as far as the filters of these settings let them through, and the filters.
fn said(settings: &[(&'static str, &str)]) -> (Vec<String>, Option<String>) {
    let (filter, inventory) = filtered(settings, &["web-1", "db [a"]);
    (
        idle_patterns(&filter, &inventory),
        nothing_left(&filter, &inventory),
    )
}

fn filtered(
    settings: &[(&'static str, &str)],
    names: &[&str],
) -> (planner_core::inventory::filter::Filter, Arc<Inventory>) {
    let mut variables = vec![("VCENTER_PASSWORD", "secret".to_owned())];
    variables.extend(
        settings
            .iter()
            .map(|(name, text)| (*name, (*text).to_owned())),
    );
    let filter = load(&variables).vcenters.remove(0).collection.filter;
    let mut entities = Entities::new();
    for name in names {
        *entities.vm(name) = VmRecord {
            name: (*name).into(),
            power_state: Some(PowerState::PoweredOn),
            ..VmRecord::default()
        };
    }
    let full_read = FullReadStamp {
        number: 1,
        at: Timestamp::UNIX_EPOCH,
    };
    let inventory = entities.resolve(&filter, full_read);
    (filter, Arc::new(inventory))
}

#[test]
fn filters_that_leave_nothing_say_which_pattern_fits_nothing_and_what_was_meant() {
    for (setting, pattern, hint) in [
        ("INCLUDE_VMS", "nomatch*", ""),
        ("INCLUDE_VMS", "/web.*/", "regular expression"),
        ("INCLUDE_VMS", "/web/", "regular expression"),
        ("INCLUDE_VMS", "^web", "regular expression"),
        ("INCLUDE_VMS", "web-\\d", "regular expression"),
        ("INCLUDE_VMS", "(web|db)-1", "regular expression"),
        ("INCLUDE_VMS", "web.+", "regular expression"),
        ("INCLUDE_VMS", "[a", "brackets and braces"),
        ("INCLUDE_VMS", "[wd]eb-1", "brackets and braces"),
        ("INCLUDE_VMS", "{web", "brackets and braces"),
        ("INCLUDE_VMS", "\"web-1\"", "quotes"),
        ("INCLUDE_VMS", "'web-1'", "quotes"),
        ("INCLUDE_VMS", "web-1;web-2", "separated by commas"),
        ("INCLUDE_VMS", "web%", "use * for any"),
        ("INCLUDE_CLUSTERS", "Cluster-01", ""),
        ("INCLUDE_DATACENTERS", "DC", ""),
        ("INCLUDE_FOLDERS", "Production/*", ""),
    ] {
        let (idle, nothing) = said(&[(setting, pattern)]);
        let nothing = nothing.unwrap();
        let begin = format!("the filters leave out all 2 VMs: {setting}: \"{pattern}\" fits ");
        assert!(nothing.starts_with(&begin), "{nothing}");
        assert!(nothing.contains(hint), "{nothing}");
        assert_eq!(
            nothing.ends_with("of none of the 2 VMs"),
            hint.is_empty(),
            "{nothing}"
        );
        assert_eq!(idle.len(), 1, "{pattern}");
        assert!(nothing.ends_with(&idle[0]), "{nothing}");
    }
}

#[test]
fn filters_that_exclude_everything_say_so() {
    for settings in [
        &[("EXCLUDE_VMS", "*")][..],
        &[("INCLUDE_VMS", "web*"), ("EXCLUDE_VMS", "web-?")],
    ] {
        let (idle, nothing) = said(settings);
        assert_eq!(idle, [""; 0]);
        assert_eq!(
            nothing.unwrap(),
            "the filters leave out all 2 VMs: look at the settings that begin with INCLUDE_ and EXCLUDE_"
        );
    }
}

#[test]
fn a_pattern_that_fits_nothing_beside_others_is_named_but_no_error() {
    let (idle, nothing) = said(&[("INCLUDE_VMS", "web*,old*"), ("EXCLUDE_VMS", "test[1]")]);
    assert_eq!(nothing, None);
    assert_eq!(idle.len(), 2);
    assert!(
        idle[0].starts_with("INCLUDE_VMS: \"old*\" fits"),
        "{idle:?}"
    );
    assert!(
        idle[1].starts_with("EXCLUDE_VMS: \"test[1]\" fits"),
        "{idle:?}"
    );
}

#[test]
fn patterns_that_fit_are_not_mentioned_whatever_they_look_like() {
    assert_eq!(said(&[("INCLUDE_VMS", "db [a,WEB-?")]), (Vec::new(), None));
    assert_eq!(said(&[]), (Vec::new(), None));
    let (filter, empty) = filtered(&[("INCLUDE_VMS", "x")], &[]);
    assert_eq!(idle_patterns(&filter, &empty), [""; 0]);
    assert_eq!(nothing_left(&filter, &empty), None);
}
