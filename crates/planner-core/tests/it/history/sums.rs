//! Sums that are kept longer than the samples of each VM.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::Arc;

use planner_core::history::past::{Chosen, Part, Past};
use planner_core::history::{History, Limits, Scope};
use planner_core::inventory::entities::{Entities, EntityKind, VmRecord};
use planner_core::inventory::filter::Filter;
use planner_core::inventory::{Inventory, PowerState};

use super::{Cycle, HOUR, PLENTY, START, UNIT, rates};
use crate::full_read;
use crate::governor_model::id;

/// Four VMs on two clusters. The last one is an appliance that a sizing doesn't count.
fn inventory() -> Arc<Inventory> {
    let mut entities = Entities::new();
    for cluster in 0..2 {
        let (cluster, host) = (format!("domain-{cluster}"), format!("host-{cluster}"));
        entities
            .managed_entity(&cluster, EntityKind::ComputeResource)
            .name = cluster.as_str().into();
        let record = entities.managed_entity(&host, EntityKind::Host);
        record.name = host.as_str().into();
        record.parent = Some(cluster.as_str().into());
    }
    for number in 0..4 {
        let name = if number == 3 { "Z-VRA-esx1" } else { "vm" };
        *entities.vm(id(number).as_str()) = VmRecord {
            name: name.into(),
            host: Some(format!("host-{}", number % 2).into()),
            power_state: Some(PowerState::PoweredOn),
            ..VmRecord::default()
        };
    }
    Arc::new(entities.resolve(&Filter::default(), full_read(1)))
}

fn sum(history: &History, scope: Scope) -> Vec<(i64, f64)> {
    let chosen = Part {
        view: history.view(),
        chosen: Chosen::Sum(scope),
    };
    let past = Past::new(&[chosen], None).unwrap();
    let rates = rates(&past, 0).into_iter();
    rates
        .map(|((start, end), rate)| {
            assert_eq!(end - start, 20);
            (end - START, rate.get() * 20.0 / UNIT as f64)
        })
        .collect()
}

#[test]
fn sums_keep_every_sample_when_means_are_left_of_single_vms() {
    let mut history = History::new(Limits {
        hours: NonZeroU32::MIN,
        ..PLENTY
    });
    let inventory = inventory();
    let samples = vec![
        // All are there; one more has none of the hour.
        (0, START + 20, UNIT),
        (1, START + 20, 10 * UNIT),
        (3, START + 20, 1_000 * UNIT),
        // The small one is missing and counts with its mean.
        (1, START + 40, 30 * UNIT),
        // The large one is missing: less than half of the mean is observed.
        (0, START + 60, 3 * UNIT),
    ];
    for (now, samples) in [
        (START + HOUR + 200, samples),
        (START + 2 * HOUR + 200, vec![(2, START + HOUR + 20, UNIT)]),
    ] {
        let mut cycle = Cycle::of(0, now, samples);
        cycle.inventory = Arc::clone(&inventory);
        cycle.fold(&mut history);
    }
    let view = history.view();
    let scopes = BTreeSet::from([
        Scope::Vcenter,
        Scope::Cluster("domain-0".into()),
        Scope::Cluster("domain-1".into()),
    ]);
    assert_eq!(view.scopes(), scopes);
    let next = 3_620;
    assert_eq!(
        sum(&history, Scope::Vcenter),
        [(20, 11.0), (40, 32.0), (next, 1.0)]
    );
    let first = Scope::Cluster("domain-0".into());
    assert_eq!(sum(&history, first), [(20, 1.0), (60, 3.0), (next, 1.0)]);
    let second = Scope::Cluster("domain-1".into());
    assert_eq!(sum(&history, second), [(20, 10.0), (40, 30.0)]);
}
