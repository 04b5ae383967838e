//! The looks at one vCenter: one login, then every two seconds the clock, the samples and the hosts of a few VMs.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use planner_core::collection::accumulators::Measures;
use planner_core::collection::source::{Source, SourceChoice};
use planner_core::inventory::{Inventory, VmId};
use planner_core::probe::{Findings, Look, choose};
use planner_core::vcenter_time::VcenterTime;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::super::code::Code;
use super::super::finding::Finding;
use super::super::vcenter::{Check, Ready};
use super::probed::{Ended, Probed};
use crate::advice::explain;
use crate::cycle_message;
use crate::printable::printable;
use crate::settings::CollectionSettings;
use crate::vcenter::{LookAnswer, QueryPlan, Vcenter};

/// At most this many VMs are looked at.
const MOST_VMS: usize = 8;

/// As many samples as the exporter asks for again in each cycle, and the newest one.
const SAMPLES: NonZeroU32 =
    NonZeroU32::new(Source::Realtime.overlap_samples() + 1).expect("it is at least 1");

/// How long to look, and the time between two looks, both by vCenter's clock: what is measured is in its time.
const SECONDS: u32 = 180;
const PAUSE_SECONDS: u32 = 2;

/// No more looks than fit into that time.
const MOST_LOOKS: u32 = SECONDS / PAUSE_SECONDS + 1;

/// However slow the calls are, there is an end.
const LONGEST: Duration = Duration::from_secs(300);

/// This many failures in a row end the probe.
const MOST_FAILURES: u32 = 5;

/// Looks at one vCenter and logs out. `None` if `shutdown` came before the first look. The error says why there was none.
pub(super) async fn probe(
    check: Check,
    shutdown: &CancellationToken,
) -> Option<Result<Probed, String>> {
    let Ready {
        password,
        mut vcenter,
        ..
    } = match check.ready() {
        Ok(ready) => ready,
        Err(finding) => return Some(Err(sentence(&check, &finding))),
    };
    let collection = CollectionSettings {
        source: SourceChoice::Realtime,
        measures: Measures::default(),
        ..check.settings.collection.clone()
    };
    vcenter.ask_for(&collection);
    check.say("logging in and reading the inventory");
    let opening = Box::pin(check.open(&mut vcenter));
    let opened = shutdown.run_until_cancelled(opening).await;
    let probed = match opened {
        None => None,
        Some(opened) => {
            let has_session = vcenter.about().is_some();
            let failure = opened.as_ref().err();
            // What could not be remembered does not matter to those who read the figures; `check` says it.
            let _ = check.note_login(check.attempt(&password), has_session, failure);
            match opened {
                Ok((inventory, plan)) => look(&check, &vcenter, &inventory, &plan, shutdown).await,
                Err(reason) => Some(Err(sentence(&check, &check.failure(&reason, has_session)))),
            }
        }
    };
    check.say("logging out");
    vcenter.leave(check.settings.request_timeout).await;
    probed
}

/// Looks until the end, whatever it is.
async fn look(
    check: &Check,
    vcenter: &Vcenter,
    inventory: &Inventory,
    plan: &QueryPlan,
    shutdown: &CancellationToken,
) -> Option<Result<Probed, String>> {
    let chosen = choose(inventory.vms(), MOST_VMS);
    let vms: Vec<VmId> = chosen.iter().map(|vm| vm.id.clone()).collect();
    if vms.is_empty() {
        let count = inventory.vms().len();
        let nothing = Finding::failed(
            Code::Values,
            format!("there is no VM to look at: none of {count} runs, has disks and is chosen"),
        );
        return Some(Err(sentence(check, &nothing)));
    }
    let mut seen = Seen::default();
    let looking = keep_looking(check, vcenter, plan, &vms, &mut seen);
    let looking = shutdown.run_until_cancelled(Box::pin(looking));
    let ended = match timeout(LONGEST, looking).await {
        Ok(Some(ended)) => ended,
        Ok(None) => Ended::Interrupted,
        Err(_) => Ended::Overdue,
    };
    if seen.looks.is_empty() {
        return match ended {
            Ended::Interrupted => None,
            Ended::Failed(why) => Some(Err(why)),
            Ended::Completed | Ended::Overdue => {
                let nothing = Finding::failed(Code::Values, "no look at the samples ended in time");
                Some(Err(sentence(check, &nothing)))
            }
        };
    }
    let target = &check.settings;
    let names = vms.iter().map(|vm| cycle_message::describe(inventory, vm));
    let hosts = seen.hosts.iter().map(|host| name_of(inventory, host));
    Some(Ok(Probed {
        target: printable(&format!(
            "{}:{} as {}",
            target.host, target.port, target.user
        )),
        vms: names.map(|name| printable(&name)).collect(),
        hosts: hosts.map(|name| printable(&name)).collect(),
        about: vcenter.about(),
        ended,
        looks: seen.looks.len(),
        slowest: seen.slowest,
        findings: Findings::of(&seen.looks),
        failed_looks: seen.failed,
    }))
}

/// The name of a host, or its reference where no VM of the inventory is on it or the name cannot be read.
fn name_of(inventory: &Inventory, moref: &str) -> String {
    let mut placements = inventory.vms().iter().map(|vm| &vm.placement);
    let known = placements.find(|it| it.host_moref.as_deref() == Some(moref));
    let name = known.map(|placement| &*placement.host).unwrap_or_default();
    if name.is_empty() {
        moref.to_owned()
    } else {
        format!("{name} ({moref})")
    }
}

async fn keep_looking(
    check: &Check,
    vcenter: &Vcenter,
    plan: &QueryPlan,
    vms: &[VmId],
    seen: &mut Seen,
) -> Ended {
    let mut failures = 0;
    loop {
        let began = Instant::now();
        match vcenter.look(plan, vms, SAMPLES).await {
            Ok(answer) => {
                failures = 0;
                seen.take(answer, began);
            }
            Err(error) => {
                failures += 1;
                let reason = error.reason();
                *seen.failed.entry(reason.kind()).or_default() += 1;
                if failures == MOST_FAILURES {
                    let name = check.settings.name.as_str();
                    let why = explain(&reason, &check.settings);
                    return Ended::Failed(printable(&format!("{name}: {why}")));
                }
            }
        }
        seen.tries += 1;
        if seen.tries >= MOST_LOOKS || seen.seconds() >= i64::from(SECONDS) {
            return Ended::Completed;
        }
        check.say(&format!("looked for {} of {SECONDS} s", seen.seconds()));
        sleep(seen.pause()).await;
    }
}

/// What was seen so far.
#[derive(Default)]
struct Seen {
    looks: Vec<Look>,
    /// References of hosts; their places are their numbers.
    hosts: Vec<Box<str>>,
    failed: BTreeMap<&'static str, usize>,
    slowest: Duration,
    /// Looks, failed ones included.
    tries: u32,
    /// vCenter's clock in the latest look, and when that began.
    latest: Option<(VcenterTime, Instant)>,
}

impl Seen {
    fn take(&mut self, answer: LookAnswer, began: Instant) {
        let LookAnswer {
            at,
            took,
            mut vms,
            hosts,
        } = answer;
        self.slowest = self.slowest.max(took);
        self.latest = Some((at, began));
        for (vm, host) in vms.iter_mut().zip(hosts) {
            vm.host = host.map(|host| self.number_of(host));
        }
        self.looks.push(Look { at, vms });
    }

    fn number_of(&mut self, host: Box<str>) -> usize {
        let known = self.hosts.iter().position(|known| *known == host);
        known.unwrap_or_else(|| {
            self.hosts.push(host);
            self.hosts.len() - 1
        })
    }

    /// Seconds since the first look, by vCenter's clock.
    fn seconds(&self) -> i64 {
        let first = self.looks.first().map(|look| look.at);
        let latest = self.latest.map(|(at, _)| at);
        latest
            .zip(first)
            .map_or(0, |(at, first)| at.seconds_since(first))
    }

    /// How long to wait for the next look. One that is due is made at once.
    fn pause(&self) -> Duration {
        let pause = Duration::from_secs(PAUSE_SECONDS.into());
        let Some((_, began)) = self.latest else {
            return pause;
        };
        let due = Duration::from_secs((self.tries * PAUSE_SECONDS).into());
        let passed = u64::try_from(self.seconds()).unwrap_or(0);
        let passed = Duration::from_secs(passed) + began.elapsed();
        pause.min(due.saturating_sub(passed))
    }
}

/// A finding in one line, with the vCenter that it is about.
fn sentence(check: &Check, finding: &Finding) -> String {
    let name = printable(check.settings.name.as_str());
    let parts = std::iter::once(&finding.message).chain(&finding.details);
    let parts: Vec<&str> = parts.chain(&finding.hint).map(String::as_str).collect();
    format!("{name}: {}", parts.join("; "))
}
