//! Names are decoded as vSphere escapes them; units convert without loss of meaning.

use jiff::Timestamp;
use planner_core::inventory::entity_name::decode;
use planner_core::inventory::{ConnectionState, PowerState, VmId};
use planner_core::units::{
    Bytes, BytesPerSec, Gib, Iops, KibPerSec, LatencyMillis, LatencySeconds, MibPerSec,
};
use planner_core::vcenter_time::VcenterTime;
use proptest::prelude::*;

use crate::at;

#[test]
fn only_the_three_escapes_of_vsphere_are_decoded() {
    for (wire, expected) in [
        ("plain", "plain"),
        ("a%2fb", "a/b"),
        ("a%2Fb", "a/b"),
        ("a%5cb", "a\\b"),
        ("100%25", "100%"),
        ("%252f", "%2f"),
        ("50% off", "50% off"),
        ("%", "%"),
        ("%2", "%2"),
        ("%é%2f", "%é/"),
        ("", ""),
    ] {
        assert_eq!(decode(wire), expected, "for {wire:?}");
    }
}

proptest! {
    #[test]
    fn a_name_escaped_as_vcenter_does_reads_back(name in ".*") {
        let wire = name.replace('%', "%25").replace('/', "%2f").replace('\\', "%5c");
        prop_assert_eq!(decode(&wire), name);
    }

    #[test]
    fn sums_do_not_depend_on_the_unit(rates in prop::collection::vec(0_u32..1_000_000, 0..20)) {
        let sum: KibPerSec = rates.iter().filter_map(|&rate| KibPerSec::new(f64::from(rate))).sum();
        let in_mib: f64 = rates.iter().filter_map(|&rate| KibPerSec::new(f64::from(rate))).map(|rate| MibPerSec::from(rate).get()).sum();
        prop_assert!((MibPerSec::from(sum).get() - in_mib).abs() < 1e-6);
    }
}

#[test]
fn sizes_and_rates_use_powers_of_two() {
    let rate = KibPerSec::new(2_560.0).unwrap();
    assert_eq!(Some(MibPerSec::from(rate)), MibPerSec::new(2.5));
    assert_eq!(Some(BytesPerSec::from(rate)), BytesPerSec::new(2_621_440.0));
    assert_eq!(Some(Gib::from(Bytes::new(53_687_091_200))), Gib::new(50.0));
    let latency = LatencyMillis::new(1_500.0).unwrap();
    assert_eq!(
        Some(LatencySeconds::from(latency)),
        LatencySeconds::new(1.5)
    );
}

#[test]
fn sums_stay_within_what_can_be_counted() {
    let operations = [1.0, 2.5].into_iter().filter_map(Iops::new);
    assert_eq!(Some(operations.sum()), Iops::new(3.5));
    let huge = [f64::MAX, f64::MAX].into_iter().filter_map(KibPerSec::new);
    assert_eq!(Some(huge.sum()), KibPerSec::new(f64::MAX));
    let largest = KibPerSec::new(f64::MAX).unwrap();
    assert_eq!(BytesPerSec::from(largest).get(), f64::MAX);
    let sizes = [Bytes::new(u64::MAX), Bytes::new(1)].into_iter();
    assert_eq!(sizes.sum::<Bytes>(), Bytes::new(u64::MAX));
}

#[test]
fn a_quantity_is_a_finite_number_of_at_least_zero() {
    for odd in [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        -1.0,
        -f64::MIN_POSITIVE,
    ] {
        assert_eq!(Iops::new(odd), None, "{odd}");
    }
    for zero in [0.0, -0.0] {
        let zero = Iops::new(zero).unwrap();
        assert!(zero.get().is_sign_positive());
        assert_eq!(zero, Iops::new(0.0).unwrap());
    }
    assert_eq!(Iops::new(f64::MAX).unwrap().get(), f64::MAX);
    assert_eq!(format!("{:?}", Iops::new(1.5).unwrap()), "Iops(1.5)");
}

#[test]
fn enumerations_are_read_by_their_wire_values() {
    for (wire, state) in [
        ("poweredOn", Some(PowerState::PoweredOn)),
        ("poweredOff", Some(PowerState::PoweredOff)),
        ("suspended", Some(PowerState::Suspended)),
        ("POWEREDON", None),
        ("", None),
    ] {
        assert_eq!(PowerState::from_wire(wire), state, "{wire:?}");
    }
    for (wire, state) in [
        ("connected", Some(ConnectionState::Connected)),
        ("disconnected", Some(ConnectionState::Disconnected)),
        ("orphaned", Some(ConnectionState::Orphaned)),
        ("inaccessible", Some(ConnectionState::Inaccessible)),
        ("invalid", Some(ConnectionState::Invalid)),
        ("moonstruck", None),
    ] {
        assert_eq!(ConnectionState::from_wire(wire), state, "{wire:?}");
    }
}

#[test]
fn ids_and_times_show_what_they_are() {
    assert_eq!(VmId::new("vm-1").to_string(), "vm-1");
    assert_eq!(format!("{:?}", at(60)), "VcenterTime(1970-01-01T00:01:00Z)");
}

#[test]
fn absence_takes_no_room() {
    assert_eq!(size_of::<Option<Iops>>(), size_of::<f64>());
    assert_eq!(size_of::<Option<VcenterTime>>(), size_of::<i64>());
}

proptest! {
    #[test]
    fn quantities_read_back_and_order_like_numbers(a in 0.0..=f64::MAX, b in 0.0..=f64::MAX) {
        let (left, right) = (Iops::new(a).unwrap(), Iops::new(b).unwrap());
        prop_assert_eq!((left.get(), right.get()), (a, b));
        prop_assert_eq!(left.partial_cmp(&right), a.partial_cmp(&b));
    }

    #[test]
    fn times_read_back_and_order_like_seconds(a in any::<i64>(), b in any::<i64>()) {
        let readable = |second: i64| second.clamp(i64::MIN, i64::MAX - 1);
        let (a, b) = (readable(a), readable(b));
        let (left, right) = (at(a), at(b));
        prop_assert_eq!((left.as_second(), right.as_second()), (a, b));
        prop_assert_eq!(left.cmp(&right), a.cmp(&b));
        prop_assert_eq!(left.seconds_since(right), a.saturating_sub(b));
    }
}

#[test]
fn times_beyond_the_calendar_become_the_nearest_one() {
    assert_eq!(at(0).timestamp(), Timestamp::UNIX_EPOCH);
    assert_eq!(at(i64::MAX).timestamp(), Timestamp::MAX);
    assert_eq!(at(i64::MIN).timestamp(), Timestamp::MIN);
    assert_eq!(at(100).minus_seconds(40), at(60));
    let fraction = Timestamp::from_millisecond(59_999).unwrap();
    assert_eq!(VcenterTime::from_timestamp(fraction), at(59));
}
