//! `--last`: the page as it was, at moments of the past hour.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use planner_core::collection::Collection;
use planner_core::collection::source::SourceChoice;
use planner_core::units::Seconds;
use tokio_util::sync::CancellationToken;

use super::failure::CollectFailure;
use crate::cycle_message;
use crate::exposition::{Moments, PastPart, write_past};
use crate::fleet::{LOGOUT_WITHIN, Ready};
use crate::past::{self, REALTIME};
use crate::progress::Progress;
use crate::result_file;
use crate::settings::{CollectionSettings, Settings, VcenterSettings};
use crate::status::{Collected, VcenterStatus};
use crate::vcenter::CollectError;

/// What was read of one vCenter.
pub(super) struct Remembered {
    pub(super) status: VcenterStatus,
    settings: CollectionSettings,
    /// The samples; `None` if nothing was read.
    collection: Option<Collection>,
}

/// How far back, in seconds.
#[allow(clippy::cast_possible_truncation, reason = "it is at most an hour")]
pub(super) fn seconds_back(last: Seconds) -> Result<i64, CollectFailure> {
    let seconds = last.get();
    if seconds > f64::from(REALTIME.kept_seconds) {
        return refuse("--last is 1h at most: hosts keep samples of 20 s for an hour".to_owned());
    }
    if seconds < 1.0 || seconds.fract() != 0.0 {
        return refuse("--last is a whole number of seconds, such as 1h".to_owned());
    }
    Ok(seconds as i64)
}

fn refuse<T>(problem: String) -> Result<T, CollectFailure> {
    Err(CollectFailure::Arguments(problem))
}

/// Refuses settings whose values the samples of an hour don't have.
pub(super) fn check(vcenters: &[VcenterSettings]) -> Result<(), CollectFailure> {
    for vcenter in vcenters {
        let (name, collection) = (vcenter.name.as_str(), &vcenter.collection);
        if collection.source == SourceChoice::Historical {
            return refuse(format!(
                "--last reads samples of 20 s, but PERF_SOURCE of {name} is historical: leave one of them out"
            ));
        }
        if collection.window_seconds > REALTIME.kept_seconds {
            return refuse(format!(
                "--last reads samples of an hour, but PERF_INTERVAL_ID of {name} is {}: lower it to 3600 or less",
                collection.window_seconds
            ));
        }
    }
    Ok(())
}

/// Reads all vCenters at once, and logs out of each, also when `shutdown` comes before all are read.
pub(super) async fn read(
    settings: Settings,
    progress: Progress,
    shutdown: CancellationToken,
) -> Result<Vec<Remembered>, CollectFailure> {
    let labelled = settings.labelled;
    let ready = settings.vcenters.into_iter().map(Ready::prepare);
    let ready: Vec<Ready> = ready.collect::<Result<_, _>>()?;
    let all = ready.len();
    let reading = ready
        .into_iter()
        .enumerate()
        .map(|(place, ready)| Box::pin(read_one(place, ready, labelled, &shutdown)));
    let mut reading: FuturesUnordered<_> = reading.collect();
    let mut read = BTreeMap::new();
    loop {
        progress.say(&format!("{} of {all} vCenters are read", read.len()));
        match reading.next().await {
            Some((place, Some(remembered))) => read.insert(place, remembered),
            Some((_, None)) => None,
            None => break,
        };
    }
    if read.len() < all {
        return Err(CollectFailure::Interrupted);
    }
    Ok(read.into_values().collect())
}

/// Reads one vCenter; `None` if `shutdown` comes before.
async fn read_one(
    place: usize,
    ready: Ready,
    labelled: bool,
    shutdown: &CancellationToken,
) -> (usize, Option<Remembered>) {
    let mut status = ready.status(labelled);
    let (mut vcenter, metrics) = ready.into_parts();
    let reading = past::read(
        &mut vcenter,
        &metrics,
        REALTIME,
        REALTIME.kept_seconds,
        |_, _| {},
    );
    let read = shutdown.run_until_cancelled(Box::pin(reading)).await;
    vcenter.leave(LOGOUT_WITHIN).await;
    let Some(read) = read else {
        return (place, None);
    };
    let (report, collection) = match read {
        Ok(Some(read)) => (read.report, Some(read.collection)),
        Ok(None) => (past::failed(&vcenter, &CollectError::NoCounters), None),
        Err(error) => (past::failed(&vcenter, &error), None),
    };
    let settings = vcenter.settings();
    let troubles = cycle_message::troubles(&report, settings, &settings.collection.filter);
    status.take(Collected {
        report: Arc::new(report),
        troubles,
        about: vcenter.about(),
        history: None,
    });
    let remembered = Remembered {
        status,
        settings: settings.collection.clone(),
        collection,
    };
    (place, Some(remembered))
}

impl Remembered {
    /// What there is to write about the last seconds.
    pub(super) fn part(&self, seconds_back: i64) -> Option<PastPart<'_>> {
        let report = self.status.report.as_deref()?;
        let now = report.began_at?.as_second();
        let step_millis = self.settings.poll_interval.as_millis();
        Some(PastPart {
            label: self.status.label(),
            snapshot: report.snapshot.as_deref()?,
            collection: self.collection.as_ref()?,
            window_seconds: self.settings.window_seconds,
            moments: Moments {
                after: now.saturating_sub(seconds_back),
                until: now,
                step_millis: i64::try_from(step_millis).unwrap_or(i64::MAX),
            },
        })
    }

    /// Says whose values lie beside their time, because the host stamps them.
    pub(super) fn say_clocks(&self, progress: Progress) {
        let report = self.status.report.as_deref();
        for clock in report.into_iter().flat_map(|report| &report.host_clocks) {
            progress.note(&format!(
                "{}: the clock of the host {} is {} s from vCenter's, and so are the values of its VMs from their time",
                self.status.name.as_str(),
                clock.host,
                clock.offset_seconds
            ));
        }
    }
}

/// Writes what was read.
pub(super) fn write(parts: &[PastPart<'_>], output: Option<&Path>) -> Result<(), CollectFailure> {
    Ok(result_file::write(output, |to| write_past(parts, to))?)
}
