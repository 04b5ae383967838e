//! Names are decoded as vSphere escapes them; units convert without loss of meaning.

use planner_core::entity_name::decode;
use planner_core::units::{Bytes, Gib, Iops, KibPerSec, MibPerSec};
use proptest::prelude::*;

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
        let sum: KibPerSec = rates.iter().map(|&rate| KibPerSec::new(f64::from(rate))).sum();
        let in_mib: f64 = rates.iter().map(|&rate| MibPerSec::from(KibPerSec::new(f64::from(rate))).get()).sum();
        prop_assert!((MibPerSec::from(sum).get() - in_mib).abs() < 1e-6);
    }
}

#[test]
fn sizes_and_rates_use_powers_of_two() {
    assert_eq!(MibPerSec::from(KibPerSec::new(2560.0)), MibPerSec::new(2.5));
    assert_eq!(Gib::from(Bytes::new(53_687_091_200)), Gib::new(50.0));
    assert_eq!(
        [Iops::new(1.0), Iops::new(2.5)].into_iter().sum::<Iops>(),
        Iops::new(3.5)
    );
    assert_eq!(
        [Bytes::new(u64::MAX), Bytes::new(1)]
            .into_iter()
            .sum::<Bytes>(),
        Bytes::new(u64::MAX)
    );
}
