//! What happens next, drawn at random.

use std::time::Duration;

use fastrand::Rng;

use super::disturbance::{self, Disturbance};
use super::oddities;

/// The next one and how long it lasts.
pub(super) fn draw(random: &mut Rng, vms: u32, hosts: &[String]) -> (Disturbance, Duration) {
    let drawn = match random.u32(0..25) {
        0 => disturbance::restart(),
        1 => disturbance::clock_jump(random),
        2 => disturbance::ended_sessions(),
        3 => disturbance::wrong_password(),
        4 => disturbance::new_counter_ids(random),
        5 => disturbance::poisonous_vms(random, vms),
        6 => disturbance::false_loss(random),
        7..9 => disturbance::two_faults(random),
        9 => oddities::odd_text(random),
        10 => oddities::absurd_samples(random, vms),
        11 => oddities::wrong_host_clocks(random, hosts),
        12 => oddities::sleeping_log_reader(),
        13 => oddities::hangup(),
        _ => disturbance::fault(random),
    };
    let lasting = Duration::from_millis(random.u64(500..6_000));
    let lasting = lasting + drawn.at_least;
    (drawn, lasting)
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::draw;

    #[test]
    fn a_seed_decides_everything() {
        let details = |seed| {
            let mut random = Rng::with_seed(seed);
            let drawn: Vec<_> = (0..200)
                .map(|_| draw(&mut random, 5_000, &["host-1".to_owned()]).0.details)
                .collect();
            drawn
        };
        assert_eq!(details(1), details(1));
        assert_ne!(details(1), details(2));
    }
}
