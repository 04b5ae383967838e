//! Batches hold every running VM once and stay within every limit.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use planner_core::batches::{BatchLimits, cut};
use planner_core::entities::{Entities, VmRecord};
use planner_core::inventory::{Inventory, PowerState, VmId};
use planner_core::units::Bytes;
use proptest::prelude::*;

use crate::at;

fn inventory(disks_of_vms: &[(PowerState, usize)]) -> Inventory {
    let mut entities = Entities::new();
    for (number, &(power_state, disks)) in disks_of_vms.iter().enumerate() {
        let record = VmRecord {
            power_state: Some(power_state),
            disk_capacities: Some(vec![Bytes::new(1); disks]),
            ..VmRecord::default()
        };
        entities.insert_vm(VmId::new(&format!("vm-{number}")), record);
    }
    entities.resolve(at(0))
}

fn limits(max_vms: u32, max_query_metrics: Option<u32>) -> BatchLimits {
    BatchLimits {
        max_vms: NonZeroU32::new(max_vms).unwrap(),
        max_query_metrics: max_query_metrics.and_then(NonZeroU32::new),
        counters: NonZeroU32::new(3).unwrap(),
    }
}

#[test]
fn max_query_metrics_counts_each_counter_of_each_vm() {
    let inventory = inventory(&[(PowerState::PoweredOn, 1); 200]);
    let sizes = |limits| {
        cut(&inventory, limits)
            .iter()
            .map(Vec::len)
            .collect::<Vec<_>>()
    };
    assert_eq!(sizes(limits(100, None)), [100, 100]);
    assert_eq!(sizes(limits(100, Some(256))), [85, 85, 30]);
    assert_eq!(sizes(limits(15, Some(256)))[0], 15);
    assert_eq!(sizes(limits(100, Some(2))).len(), 200);
}

#[test]
fn vms_with_many_disks_share_a_batch_with_fewer_others() {
    let inventory = inventory(&[(PowerState::PoweredOn, 256); 300]);
    let batches = cut(&inventory, limits(300, None));
    assert_eq!(
        batches.iter().map(Vec::len).collect::<Vec<_>>(),
        [130, 130, 40]
    );
}

fn power_state() -> impl Strategy<Value = PowerState> {
    prop_oneof![
        Just(PowerState::PoweredOn),
        Just(PowerState::PoweredOff),
        Just(PowerState::Suspended)
    ]
}

proptest! {
    #[test]
    fn every_running_vm_is_in_one_batch(
        vms in prop::collection::vec((power_state(), 0_usize..70), 0..300),
        max_vms in 1_u32..120,
        max_query_metrics in prop::option::of(1_u32..400),
    ) {
        let inventory = inventory(&vms);
        let limits = limits(max_vms, max_query_metrics);
        let batches = cut(&inventory, limits);
        let asked: Vec<&VmId> = batches.iter().flatten().collect();
        let distinct: BTreeSet<&VmId> = asked.iter().copied().collect();
        let running: BTreeSet<&VmId> =
            inventory.vms().iter().filter(|vm| vm.is_running()).map(|vm| &vm.id).collect();
        prop_assert_eq!(asked.len(), distinct.len());
        prop_assert_eq!(distinct, running);
        for batch in &batches {
            let vms = u32::try_from(batch.len()).unwrap();
            prop_assert!((1..=max_vms).contains(&vms));
            if let Some(limit) = max_query_metrics {
                prop_assert!(vms == 1 || vms * 3 <= limit);
            }
        }
    }
}
