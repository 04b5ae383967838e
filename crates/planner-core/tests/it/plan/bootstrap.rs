//! The bootstrap over whole days.

use planner_core::plan::assumptions::OneOrMore;
use planner_core::plan::whole::Plan;

use super::{Run, demand, percent, plain, plan};

/// Numbers between 0 and 1 that look random and are the same each time.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / (1_u64 << 31) as f64
    }
}

fn days(levels: &[f64]) -> Vec<Run> {
    levels.iter().map(|level| (Some(*level), 24)).collect()
}

#[test]
fn there_is_none_under_seven_days() {
    let six = plan(3_600, &days(&[1e6; 6]), &plain());
    assert!(
        six.wan
            .quantiles
            .iter()
            .all(|quantile| quantile.bootstrap.is_none())
    );
    assert_eq!(six.answers.links_for_rpo[0].bootstrap, None);
    let mut gap = days(&[1e6; 7]);
    gap[3] = (None, 24);
    assert_eq!(plan(3_600, &gap, &plain()).wan.quantiles[0].bootstrap, None);
    let seven = plan(3_600, &days(&[1e6; 7]), &plain());
    let range = seven.wan.quantiles[0].bootstrap.unwrap();
    assert_eq!((range.low.get(), range.high.get()), (1e6, 1e6));
}

#[test]
fn the_same_data_gives_the_same_range() {
    let mut noise = Noise(1);
    let levels: Vec<f64> = (0..14).map(|_| 1e6 + 9e6 * noise.next()).collect();
    let one = plan(3_600, &days(&levels), &plain());
    assert_eq!(one, plan(3_600, &days(&levels), &plain()));
    let range = one.wan.quantiles[0].bootstrap.unwrap();
    assert!(range.low < range.high);
    assert!(range.high <= one.wan.quantiles[3].rate);
}

/// A burst over midnight needs a link that no single day needs: draws that keep both days show it.
#[test]
fn bursts_over_midnight_stay_whole_where_days_follow_each_other() {
    let mut runs: Vec<Run> = vec![(Some(40e6), 1), (Some(0.0), 22), (Some(40e6), 1)];
    runs = runs.repeat(7);
    let mut inputs = plain();
    inputs.assumptions.rpos = OneOrMore::new(super::seconds(3_600.0), Vec::new());
    let plan = plan(3_600, &runs, &inputs);
    let range = plan.answers.links_for_rpo[0].bootstrap.unwrap();
    // Two hours of 40 MB/s in three hours, whichever days follow each other.
    super::assert_close(range.low.get(), 40e6 * 2.0 / 3.0, 1e-9);
    assert_eq!(range.low, range.high);
    super::assert_close(
        plan.answers.links_for_rpo[0].link.get(),
        range.low.get(),
        1e-9,
    );
}

/// Days at one level each, drawn evenly from 0 to 10 MB/s: their median is 5. The range of 5 to 95 % should hold it nine
/// times in ten.
#[test]
fn the_range_holds_the_truth_as_often_as_it_says() {
    let mut noise = Noise(7);
    let mut inputs = plain();
    inputs.quantiles = OneOrMore::new(percent(50.0), Vec::new());
    let sets = 200;
    let mut held = 0;
    for _ in 0..sets {
        let levels: Vec<Option<f64>> = (0..25)
            .flat_map(|_| std::iter::repeat_n(Some(10e6 * noise.next()), 3))
            .collect();
        let plan = Plan::compute(&demand(28_800, &[levels]), &inputs).unwrap();
        let range = plan.wan.quantiles[0].bootstrap.unwrap();
        held += usize::from(range.low.get() <= 5e6 && 5e6 <= range.high.get());
    }
    let share = held as f64 / f64::from(sets);
    assert!((0.84..=0.96).contains(&share), "{share}");
}
