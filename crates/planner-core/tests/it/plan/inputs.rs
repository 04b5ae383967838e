//! Inputs that can't be out of range, and units.

use planner_core::plan::assumptions::{
    Compression, Growth, History, Inputs, Overhead, UsableShare, VraBuffer,
};
use planner_core::plan::grid::Grid;
use planner_core::units::{
    BytesPerSec, DataAmount, Gib, MegabitPerSec, MegabytePerSec, MibPerSec, Seconds,
};
use proptest::prelude::*;

use super::{assert_close, rate, seconds};

#[test]
fn shares_have_their_ranges() {
    for odd in [-0.1, f64::NAN, f64::INFINITY, 1.1] {
        assert_eq!(Compression::new(odd), None, "{odd}");
        assert_eq!(Overhead::new(odd), None, "{odd}");
        assert_eq!(UsableShare::new(odd), None, "{odd}");
    }
    assert_eq!(Compression::new(1.0), None);
    assert!(Compression::new(0.0).is_some() && Compression::new(0.999).is_some());
    assert!(Overhead::new(0.0).is_some() && Overhead::new(1.0).is_some());
    assert_eq!(UsableShare::new(0.0), None);
    assert!(UsableShare::new(1.0).is_some() && UsableShare::new(0.001).is_some());
}

#[test]
fn growth_compounds_per_year() {
    for (per_year, months) in [
        (-1.0, 1.0),
        (0.1, -1.0),
        (f64::NAN, 1.0),
        (0.1, f64::NAN),
        (1e300, 1e6),
    ] {
        assert_eq!(
            Growth::new(per_year, months),
            None,
            "{per_year} over {months}"
        );
    }
    let factor = |per_year, months| Growth::new(per_year, months).unwrap().factor();
    assert_close(factor(0.3, 18.0), 1.3_f64.powf(1.5), 1e-12);
    assert_close(factor(-0.5, 12.0), 0.5, 1e-12);
    assert_eq!(factor(0.3, 0.0), 1.0);
}

#[test]
fn a_history_is_between_an_hour_and_thirty_days() {
    for (hours, is_valid) in [(0.99, false), (1.0, true), (720.0, true), (720.1, false)] {
        assert_eq!(
            History::new(seconds(hours * 3_600.0)).is_some(),
            is_valid,
            "{hours} h"
        );
    }
}

#[test]
fn a_vra_needs_memory_for_itself() {
    let memory = |mib: f64| DataAmount::new(mib * 1_048_576.0).unwrap();
    assert_eq!(VraBuffer::new(memory(563.0), 1.try_into().unwrap()), None);
    assert!(VraBuffer::new(memory(564.0), 1.try_into().unwrap()).is_some());
}

#[test]
fn a_grid_goes_forward() {
    for odd in [
        vec![],
        vec![0],
        vec![0, 0],
        vec![0, 20, 10],
        vec![0, i64::MAX],
    ] {
        assert_eq!(Grid::new(odd.clone()), None, "{odd:?}");
    }
    assert_eq!(Grid::new(vec![-20, 0, 300]).unwrap().len(), 2);
    let (length, many) = (20.try_into().unwrap(), usize::MAX.try_into().unwrap());
    assert_eq!(Grid::uniform(0, length, many), None);
}

#[test]
fn defaults_are_those_of_the_documentation() {
    let inputs = Inputs::default();
    let assumptions = &inputs.assumptions;
    assert_close(assumptions.wire_factor(), 0.525, 1e-12);
    assert_eq!(assumptions.rpos.first(), seconds(10.0));
    let quantiles: Vec<f64> = inputs
        .quantiles
        .iter()
        .map(planner_core::plan::percent::Percent::get)
        .collect();
    assert_eq!(quantiles, [95.0, 98.0, 99.0, 100.0]);
    assert_eq!(assumptions.mets.first().get(), 100.0);
    assert_eq!(inputs.journal.history.time(), seconds(86_400.0));
    assert_eq!(Gib::from(inputs.journal.limit).get(), 150.0);
}

#[test]
fn nothing_takes_no_time_and_no_time_moves_nothing() {
    assert_eq!(DataAmount::new(1.0).unwrap().time_at(rate(0.0)), None);
    assert_eq!(DataAmount::new(1.0).unwrap().rate_over(seconds(0.0)), None);
    assert_eq!(rate(f64::MAX).during(seconds(10.0)).get(), f64::MAX);
}

proptest! {
    #[test]
    fn units_convert_there_and_back(value in 1e-6..1e15_f64, time in 1e-3..1e8_f64) {
        let rate = BytesPerSec::new(value).unwrap();
        let close = |other: f64| (other - value).abs() <= 1e-12 * value;
        prop_assert!(close(BytesPerSec::from(MegabitPerSec::from(rate)).get()));
        prop_assert!(close(BytesPerSec::from(MegabytePerSec::from(rate)).get()));
        prop_assert!((MegabitPerSec::from(rate).get() - 8.0 * MegabytePerSec::from(rate).get()).abs() <= 1e-12 * value);
        let amount = DataAmount::new(value).unwrap();
        prop_assert!(close(DataAmount::from(Gib::from(amount)).get()));
        let time = Seconds::new(time).unwrap();
        prop_assert!(close(rate.during(time).rate_over(time).unwrap().get()));
        prop_assert!((rate.during(time).time_at(rate).unwrap().get() - time.get()).abs() <= 1e-12 * time.get());
        let mib = MibPerSec::new(value).unwrap();
        prop_assert!((MegabitPerSec::from(BytesPerSec::from(mib)).get() - 8.388_608 * value).abs() <= 1e-9 * value);
    }
}
