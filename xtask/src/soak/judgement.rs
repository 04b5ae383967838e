//! Which cycles failed because of what, and how soon the exporter was well again.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::cycles::Cycle;
use super::disturbance::Cost;
use super::episodes::Episode;

/// What episodes of one kind did.
#[derive(Debug, Default, Clone, Serialize)]
pub(super) struct Effect {
    pub(super) episodes: u64,
    /// Cycles that failed in them or right after them.
    pub(super) failed_cycles: u64,
    /// Those of them without a value of any VM.
    pub(super) lost_cycles: u64,
    /// Episodes in which a cycle failed and after which one succeeded.
    pub(super) recoveries: u64,
    /// The most cycles begun after the end of such an episode that failed before one succeeded.
    pub(super) most_cycles_to_recover: u64,
}

/// A cycle that failed for no reason that the soak knows of.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Unexplained {
    pub(super) end: String,
    pub(super) sampled: u64,
    pub(super) reason: String,
    /// The episode before.
    pub(super) after: String,
}

#[derive(Debug, Default)]
pub(super) struct Judgement {
    pub(super) by_kind: BTreeMap<String, Effect>,
    pub(super) unexplained: Vec<Unexplained>,
    /// Metrics that an episode should have shown, with the episode.
    pub(super) missing_metrics: Vec<String>,
}

/// VMs without values come and go as VMs are created and switched.
const USUAL_CHANGE_OF_VMS: u64 = 30;

/// A cycle may fail while an episode lasts, and the one after it may pay for what was broken. An episode that may cost only
/// some VMs must not cost others, even if the cycle succeeds.
pub(super) fn judge(cycles: &[Cycle], episodes: &[Episode]) -> Judgement {
    let mut judgement = Judgement::default();
    for episode in episodes {
        let effect = judgement.by_kind.entry(episode.kind.clone()).or_default();
        effect.episodes += 1;
        let missing = episode.missing.iter();
        judgement
            .missing_metrics
            .extend(missing.map(|line| format!("{line}: {}", episode.details)));
        let silent = silent_losses(cycles, episode);
        judgement.unexplained.extend(silent);
    }
    for (number, cycle) in cycles.iter().enumerate() {
        let Some(reason) = &cycle.reason else {
            continue;
        };
        let before = number.checked_sub(1).and_then(|it| cycles.get(it));
        match cause(cycle, before, episodes) {
            Some(episode) => {
                let effect = judgement.by_kind.entry(episode.kind.clone()).or_default();
                effect.failed_cycles += 1;
                effect.lost_cycles += u64::from(cycle.sampled == 0);
            }
            None => judgement
                .unexplained
                .push(unexplained(cycle, reason, episodes)),
        }
    }
    for (number, episode) in episodes.iter().enumerate() {
        let next = episodes.get(number + 1).map(|next| next.begin);
        if let Some(needed) = cycles_to_recover(cycles, episode, next) {
            let effect = judgement.by_kind.entry(episode.kind.clone()).or_default();
            effect.recoveries += 1;
            effect.most_cycles_to_recover = effect.most_cycles_to_recover.max(needed);
        }
    }
    judgement
}

/// The episode that a cycle failed in, or right after.
fn cause<'e>(
    cycle: &Cycle,
    before: Option<&Cycle>,
    episodes: &'e [Episode],
) -> Option<&'e Episode> {
    let is_near = |episode: &&Episode| {
        let lasted = episode.end.is_none_or(|end| end >= cycle.start);
        // The cycle before had begun already when the episode ended.
        let is_first_after = || before.is_none_or(|before| episode.end >= Some(before.start));
        episode.begin <= cycle.end && (lasted || is_first_after())
    };
    let near = episodes.iter().rev().filter(is_near);
    near.into_iter().find(|episode| match episode.cost {
        Cost::Cycles => true,
        Cost::Vms(most) => most > 0 && cycle.failed <= most && cycle.sampled > 0,
    })
}

/// Cycles that succeeded in an episode and had values of fewer VMs than it may cost.
fn silent_losses(cycles: &[Cycle], episode: &Episode) -> Vec<Unexplained> {
    let Cost::Vms(most) = episode.cost else {
        return Vec::new();
    };
    let has_succeeded = |cycle: &&Cycle| cycle.reason.is_none();
    let mut earlier = cycles.iter().filter(|it| it.end < episode.begin);
    let usual = earlier.rfind(has_succeeded).map_or(0, |it| it.no_data);
    let bound = usual + most + USUAL_CHANGE_OF_VMS;
    let is_in = |cycle: &&Cycle| {
        cycle.start >= episode.begin && episode.end.is_none_or(|end| cycle.end <= end)
    };
    let in_it = cycles.iter().filter(is_in).filter(has_succeeded);
    in_it
        .filter(|cycle| cycle.no_data > bound)
        .map(|cycle| {
            let reason = format!("{} VMs without values, before {usual}", cycle.no_data);
            unexplained(cycle, &reason, std::slice::from_ref(episode))
        })
        .collect()
}

/// How many cycles begun after an episode failed before one succeeded, if one failed in it and one succeeded before
/// the next episode.
fn cycles_to_recover(cycles: &[Cycle], episode: &Episode, next: Option<Timestamp>) -> Option<u64> {
    let end = episode.end?;
    let in_it = |cycle: &&Cycle| cycle.start <= end && cycle.end >= episode.begin;
    if !cycles.iter().filter(in_it).any(|it| it.reason.is_some()) {
        return None;
    }
    let after = cycles.iter().filter(|it| it.start > end);
    let until_next = after.take_while(|it| next.is_none_or(|next| it.end < next));
    let failed = until_next
        .map(|it| it.reason.is_some())
        .position(|failed| !failed)?;
    u64::try_from(failed).ok()
}

fn unexplained(cycle: &Cycle, reason: &str, episodes: &[Episode]) -> Unexplained {
    let before = episodes.iter().rfind(|it| it.begin <= cycle.end);
    Unexplained {
        end: cycle.end.to_string(),
        sampled: cycle.sampled,
        reason: reason.to_owned(),
        after: before.map_or_else(String::new, |it| format!("{}: {}", it.kind, it.details)),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Cost, Cycle, Episode, judge};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time of our days")
    }

    /// A cycle in each second from 0 on; those of these numbers fail.
    fn cycles(failing: &[i64]) -> Vec<Cycle> {
        let cycle = |second| Cycle {
            start: at(second),
            end: at(second),
            sampled: 0,
            no_data: 0,
            failed: 0,
            reason: failing.contains(&second).then(|| "away".to_owned()),
        };
        (0..20).map(cycle).collect()
    }

    fn episode(begin: i64, end: i64) -> Episode {
        Episode {
            kind: "trouble".to_owned(),
            details: String::new(),
            begin: at(begin),
            end: Some(at(end)),
            cost: Cost::Cycles,
            missing: Vec::new(),
        }
    }

    fn episode_that_costs(vms: u64) -> Episode {
        Episode {
            cost: Cost::Vms(vms),
            ..episode(3, 8)
        }
    }

    #[test]
    fn one_cycle_after_an_episode_is_its_fault_too() {
        let judgement = judge(&cycles(&[3, 4, 5, 6]), &[episode(3, 5)]);
        let effect = &judgement.by_kind["trouble"];
        assert_eq!((effect.failed_cycles, effect.recoveries), (4, 1));
        assert_eq!(effect.most_cycles_to_recover, 1);
        assert!(judgement.unexplained.is_empty());
    }

    #[test]
    fn an_episode_that_may_cost_nothing_explains_no_failure() {
        let judgement = judge(&cycles(&[4]), &[episode_that_costs(0)]);
        assert_eq!(judgement.unexplained.len(), 1);
        // One right before may be to blame.
        let before = episode(1, 2);
        let judgement = judge(&cycles(&[3, 5]), &[before, episode_that_costs(0)]);
        let ends: Vec<_> = judgement.unexplained.iter().map(|it| &*it.end).collect();
        assert_eq!(ends, [at(5).to_string()]);
    }

    #[test]
    fn an_episode_that_may_cost_some_vms_explains_the_loss_of_no_others() {
        let mut cycles = cycles(&[4, 5]);
        for (number, failed) in [(4, 7), (5, 8)] {
            cycles[number].sampled = 100;
            cycles[number].failed = failed;
        }
        let judgement = judge(&cycles, &[episode_that_costs(7)]);
        let ends: Vec<_> = judgement.unexplained.iter().map(|it| &*it.end).collect();
        assert_eq!(ends, [at(5).to_string()]);
        assert_eq!(judgement.by_kind["trouble"].failed_cycles, 1);
    }

    #[test]
    fn vms_that_silently_lose_their_values_are_counted() {
        let mut cycles = cycles(&[]);
        for cycle in &mut cycles {
            cycle.no_data = 10;
        }
        cycles[4].no_data = 10 + 7 + 30;
        cycles[5].no_data = 10 + 7 + 31;
        let judgement = judge(&cycles, &[episode_that_costs(7)]);
        let [one] = &judgement.unexplained[..] else {
            panic!("{:?}", judgement.unexplained);
        };
        assert_eq!(one.end, at(5).to_string());
        assert_eq!(one.reason, "48 VMs without values, before 10");
    }

    #[test]
    fn metrics_that_did_not_show_are_named() {
        let mut episode = episode(3, 5);
        episode.missing = vec!["some_metric{"];
        episode.details = "on host-1".to_owned();
        let judgement = judge(&cycles(&[]), &[episode]);
        assert_eq!(judgement.missing_metrics, ["some_metric{: on host-1"]);
    }

    #[test]
    fn further_cycles_are_not() {
        let judgement = judge(&cycles(&[1, 3, 4, 5, 6, 7]), &[episode(3, 5)]);
        let ends: Vec<_> = judgement.unexplained.iter().map(|it| &*it.end).collect();
        assert_eq!(ends, [at(1).to_string(), at(7).to_string()]);
    }

    #[test]
    fn a_cycle_that_fails_before_any_episode_is_unexplained() {
        let judgement = judge(&cycles(&[2]), &[]);
        assert_eq!(judgement.unexplained.len(), 1);
        assert_eq!(judgement.unexplained[0].after, "");
    }

    #[test]
    fn a_cycle_that_sampled_some_vms_failed_but_is_not_lost() {
        let mut cycles = cycles(&[3, 4]);
        cycles[4].sampled = 7;
        let effect = &judge(&cycles, &[episode(3, 4)]).by_kind["trouble"];
        assert_eq!((effect.failed_cycles, effect.lost_cycles), (2, 1));
    }

    #[test]
    fn an_episode_that_harmed_nothing_needs_no_recovery() {
        let effect = &judge(&cycles(&[]), &[episode(3, 5)]).by_kind["trouble"];
        assert_eq!(
            (effect.episodes, effect.failed_cycles, effect.recoveries),
            (1, 0, 0)
        );
    }

    #[test]
    fn there_is_no_recovery_when_the_next_episode_begins_before_a_cycle_succeeds() {
        let failing: Vec<i64> = (3..10).collect();
        let judgement = judge(&cycles(&failing), &[episode(3, 5), episode(7, 9)]);
        assert_eq!(judgement.by_kind["trouble"].recoveries, 1);
        assert_eq!(judgement.by_kind["trouble"].most_cycles_to_recover, 0);
    }

    #[test]
    fn the_worst_recovery_of_a_kind_counts() {
        let judgement = judge(
            &cycles(&[3, 4, 10, 11, 12]),
            &[episode(3, 4), episode(10, 11)],
        );
        let effect = &judgement.by_kind["trouble"];
        assert_eq!((effect.recoveries, effect.most_cycles_to_recover), (2, 1));
    }
}
