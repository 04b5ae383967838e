//! What happens to the mock vCenter while the exporter runs: trouble in episodes, changes all the time.

use std::cell::RefCell;
use std::time::Duration;

use fastrand::Rng;
use jiff::Timestamp;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::control::Control;
use super::disturbance::{self, Disturbance};

/// There is no trouble in the last seconds, so that recovery from the last episode can be seen.
const QUIET_END: Duration = Duration::from_secs(15);
const PAUSE_BETWEEN_CHANGES: Duration = Duration::from_secs(2);

/// A time of trouble.
#[derive(Debug, Clone)]
pub(super) struct Episode {
    pub(super) kind: String,
    /// Enough to see what was done.
    pub(super) details: String,
    pub(super) begin: Timestamp,
    /// `None` while it lasts.
    pub(super) end: Option<Timestamp>,
}

/// Makes trouble in episodes with quiet times in between.
pub(super) async fn disturb(
    control: &Control,
    random: &mut Rng,
    vms: u32,
    end: Instant,
    episodes: &RefCell<Vec<Episode>>,
) -> anyhow::Result<()> {
    loop {
        sleep(Duration::from_millis(random.u64(3_000..6_000))).await;
        let (disturbance, lasting) = disturbance::draw(random, vms);
        if Instant::now() + lasting + QUIET_END > end {
            return Ok(());
        }
        let Disturbance {
            kind,
            details,
            begin,
            end: lift,
        } = disturbance;
        episodes.borrow_mut().push(Episode {
            kind,
            details,
            begin: Timestamp::now(),
            end: None,
        });
        control.carry_out(&begin).await?;
        sleep(lasting).await;
        control.carry_out(&lift).await?;
        if let Some(episode) = episodes.borrow_mut().last_mut() {
            episode.end = Some(Timestamp::now());
        }
    }
}

/// Moves, renames, switches, creates and deletes VMs and what holds them; returns how many changes were made.
pub(super) async fn change(
    control: &Control,
    random: &mut Rng,
    end: Instant,
) -> anyhow::Result<u64> {
    let mut made = 0;
    while Instant::now() + QUIET_END < end {
        sleep(PAUSE_BETWEEN_CHANGES).await;
        let count = random.u64(1..6);
        let drawn = json!({"seed": random.u32(..), "count": count});
        control.post("/random-changes", &drawn.to_string()).await?;
        made += count;
    }
    Ok(made)
}
