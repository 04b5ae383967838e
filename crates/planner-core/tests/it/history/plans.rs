//! A plan of a history is the plan of its samples.

use std::sync::Arc;

use planner_core::history::History;
use planner_core::history::past::Past;
use planner_core::plan::assumptions::Inputs;
use planner_core::plan::bucket::Bucket;
use planner_core::plan::demand::{Demand, Vm};
use planner_core::plan::series::Series;
use planner_core::plan::whole::Plan;
use planner_core::units::BytesPerSec;

use crate::plan::vm;

use super::{Cycle, HOUR, PLENTY, START, UNIT, close_all, past_of};

fn numbered(number: usize) -> Vm {
    vm(&format!("vm-{number}"))
}

fn plan_of(past: &Past) -> String {
    let vms = (0..past.series()).map(numbered).collect();
    let demand = Demand::new(Arc::clone(past.grid()), vms, |series, row| {
        past.read(series.vm, row);
    });
    format!("{:#?}", Plan::compute(&demand, &Inputs::default()).unwrap())
}

#[test]
fn a_plan_of_a_history_is_the_plan_of_its_samples() {
    // One VM begins half an hour later, and a few samples never came.
    let samples = |vm: usize| {
        let slots =
            (1..=400_i64).filter(move |slot| (slot + 3) % 41 != 0 && (vm == 0 || *slot > 90));
        slots.map(move |slot| {
            let rate = (slot * 7_919).unsigned_abs() % 997 + 40 * vm as u64;
            (vm, START + slot * 20, rate * UNIT)
        })
    };
    let mut history = History::new(PLENTY);
    let all: Vec<_> = samples(0).chain(samples(1)).collect();
    for part in all.chunks(100) {
        Cycle::of(2, START + 2 * HOUR + 30, part.to_vec()).fold(&mut history);
    }
    let open = past_of(&history.view(), 0..2).unwrap();
    close_all(&mut history, 2, START + 3 * HOUR);
    let closed = past_of(&history.view(), 0..2).unwrap();

    let series = [0, 1].map(|number| {
        let buckets = samples(number).map(|(_, stamp, bytes)| {
            let rate = BytesPerSec::new(bytes as f64 / 20.0).unwrap();
            Bucket::stamped(stamp, 20, rate).unwrap()
        });
        (
            numbered(number),
            vec![Series::new(buckets.collect()).unwrap()],
        )
    });
    let demand = Demand::of_series(Arc::clone(closed.grid()), series.into());
    let expected = Plan::compute(&demand, &Inputs::default()).unwrap();
    assert_eq!(plan_of(&closed), format!("{expected:#?}"));
    assert_eq!(plan_of(&open), format!("{expected:#?}"));
}
