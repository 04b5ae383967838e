//! What happens to the mock vCenter while the exporter runs: trouble in episodes, changes all the time.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::Duration;

use fastrand::Rng;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::control::Control;
use super::disturbance::{Cost, Disturbance};
use super::mix;

/// There is no trouble in the last seconds, so that recovery from the last episode can be seen.
const QUIET_END: Duration = Duration::from_secs(15);
const PAUSE_BETWEEN_CHANGES: Duration = Duration::from_secs(2);
const MOST_NOT_RUNNING: usize = 20;

/// A time of trouble.
#[derive(Debug, Clone)]
pub(super) struct Episode {
    pub(super) kind: String,
    /// Enough to see what was done.
    pub(super) details: String,
    pub(super) begin: Timestamp,
    /// `None` while it lasts.
    pub(super) end: Option<Timestamp>,
    pub(super) cost: Cost,
    /// Lines that were expected on the exporter's page at its end and were not there.
    pub(super) missing: Vec<&'static str>,
}

/// Makes trouble in episodes with quiet times in between.
pub(super) async fn disturb(
    control: &Control,
    random: &mut Rng,
    vms: u32,
    end: Instant,
    episodes: &RefCell<Vec<Episode>>,
) -> anyhow::Result<()> {
    let hosts = control.hosts().await?;
    loop {
        sleep(Duration::from_millis(random.u64(3_000..6_000))).await;
        let (disturbance, lasting) = mix::draw(random, vms, &hosts);
        if Instant::now() + lasting + QUIET_END > end {
            return Ok(());
        }
        let Disturbance {
            kind,
            details,
            begin,
            end: lift,
            cost,
            at_least: _,
        } = disturbance;
        episodes.borrow_mut().push(Episode {
            kind,
            details,
            begin: Timestamp::now(),
            end: None,
            cost,
            missing: Vec::new(),
        });
        control.carry_out(&begin).await?;
        sleep(lasting).await;
        let missing = control.carry_out(&lift).await?;
        if let Some(episode) = episodes.borrow_mut().last_mut() {
            episode.end = Some(Timestamp::now());
            episode.missing = missing;
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
    let mut not_running = VecDeque::new();
    while Instant::now() + QUIET_END < end {
        sleep(PAUSE_BETWEEN_CHANGES).await;
        let drawn = json!({"seed": random.u32(..), "count": random.u32(1..6)});
        let changes = control.post("/random-changes", &drawn.to_string()).await?;
        for change in serde_json::from_str::<Vec<Value>>(&changes)? {
            made += 1;
            note(&change, &mut not_running);
        }
        // Otherwise there were ever fewer VMs to read.
        if not_running.len() > MOST_NOT_RUNNING
            && let Some(vm) = not_running.pop_front()
        {
            let on = json!([{"power": {"vm": vm, "state": "on"}}]);
            control.post("/changes", &on.to_string()).await?;
            made += 1;
        }
    }
    Ok(made)
}

/// Keeps the list of VMs that were switched off.
fn note(change: &Value, not_running: &mut VecDeque<String>) {
    let switched = change.get("power").or_else(|| change.get("delete"));
    let Some(vm) = switched.and_then(|it| it.get("vm")).and_then(Value::as_str) else {
        return;
    };
    not_running.retain(|it| it != vm);
    let state = change.pointer("/power/state").and_then(Value::as_str);
    if state.is_some_and(|state| state != "on") {
        not_running.push_back(vm.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use serde_json::{Value, json};

    use super::note;

    #[test]
    fn who_is_off_is_known() {
        let mut off = VecDeque::new();
        let power = |vm: &str, state: &str| json!({"power": {"vm": vm, "state": state}});
        let changes: [Value; 6] = [
            power("vm-1", "off"),
            power("vm-2", "suspended"),
            power("vm-3", "off"),
            power("vm-1", "on"),
            json!({"delete": {"vm": "vm-2"}}),
            json!({"rename": {"object": "vm-3", "name": "new"}}),
        ];
        for change in &changes {
            note(change, &mut off);
        }
        assert_eq!(off, ["vm-3"]);
    }
}
