//! What one vCenter's performance manager offers. Ids may change whenever vCenter restarts, so it is read at each login.

use std::num::NonZeroU32;
use std::sync::Arc;

use planner_core::collection::counters::{CounterInfo, DiskCounter, DiskCounters};
use planner_core::collection::source::{CounterAvailability, Source};
use vsphere_soap::{
    Client, Error, OptionValue, PerfCounterInfo, PerfInterval, PerfMetricId, Session,
};

use super::error::CollectError;
use super::roll_ups::RollUps;

/// vCenter's default limits of metrics in one query: 64 before 6.5, 256 since. They apply where it does not state one.
const OLD_MAX_QUERY_METRICS: u32 = 64;
const MAX_QUERY_METRICS: u32 = 256;

/// Counters, roll-up intervals and limits, valid for one session.
#[derive(Debug)]
pub(super) struct Catalogue {
    /// The session in which it was read.
    pub(super) session_id: u64,
    /// vCenter's `instanceUuid`.
    pub(super) instance: Arc<str>,
    /// Our counters under this vCenter's ids.
    pub(super) counters: Arc<DiskCounters>,
    /// The counters as a query names them, with every instance.
    pub(super) metric_ids: Arc<[PerfMetricId]>,
    /// The most counters, of all VMs together, in one query for roll-ups. `None`: unlimited.
    pub(super) max_query_metrics: Option<NonZeroU32>,
    intervals: Vec<PerfInterval>,
}

impl Catalogue {
    pub(super) async fn load(
        client: &Client,
        wanted: &[DiskCounter],
    ) -> Result<Self, CollectError> {
        let session = client.session().await?;
        let all = client.perf_counters().await?;
        let named: Vec<_> = all
            .iter()
            .map(|counter| (counter.full_name(), counter))
            .filter(|(name, counter)| is_in_our_unit(name, counter, wanted))
            .collect();
        let counters = DiskCounters::resolve(
            wanted,
            named.iter().map(|(name, counter)| {
                let info = CounterInfo {
                    id: counter.key,
                    per_device_level: counter.per_device_level,
                };
                (name.as_str(), info)
            }),
        );
        if counters.known().is_empty() {
            return Err(CollectError::NoCounters);
        }
        Ok(Self {
            session_id: session.id(),
            instance: identity(&session).into(),
            metric_ids: counters
                .known()
                .iter()
                .map(|(_, info)| instance_of_all(info.id))
                .collect(),
            counters: Arc::new(counters),
            intervals: intervals(client).await?,
            max_query_metrics: max_query_metrics(client, &session.about().api_version).await?,
        })
    }

    /// The statistics level of a roll-up interval.
    pub(super) fn level(&self, interval_seconds: u32) -> Option<i32> {
        self.interval(interval_seconds)?.level
    }

    /// Refuses an interval that vCenter does not store.
    pub(super) fn check_interval(&self, wanted_seconds: u32) -> Result<(), CollectError> {
        if self.interval(wanted_seconds).is_some() {
            return Ok(());
        }
        let intervals = self.intervals.iter();
        let offered_seconds = intervals.map(|interval| interval.sampling_period_seconds);
        Err(CollectError::NoSuchInterval {
            wanted_seconds,
            offered_seconds: offered_seconds.collect(),
        })
    }

    /// Which counters each source has for a window.
    pub(super) fn availability(&self, window_seconds: u32) -> Vec<CounterAvailability> {
        let level = self.level(window_seconds);
        let both = [Source::Realtime, Source::Historical];
        let pairs = self
            .counters
            .wanted()
            .iter()
            .copied()
            .flat_map(|counter| both.map(|source| (counter, source)));
        let availability = pairs.map(|(counter, source)| CounterAvailability {
            counter,
            source,
            available: match (self.counters.info(counter), source) {
                (None, _) => false,
                (Some(_), Source::Historical) if self.interval(window_seconds).is_none() => false,
                (Some(info), source) => source.offers(info, level),
            },
        });
        availability.collect()
    }

    /// The counters that a source withholds for a window, each with the statistics level that it needs.
    pub(super) fn withheld(&self, source: Source, window_seconds: u32) -> Vec<String> {
        let level = self.level(window_seconds);
        let known = self.counters.known().iter();
        let withheld = known.filter(|(_, info)| !source.offers(*info, level));
        let describe = |(counter, info): &(DiskCounter, CounterInfo)| match info.per_device_level {
            Some(needed) => format!("{} (level {needed})", counter.full_name()),
            None => counter.full_name().to_owned(),
        };
        withheld.map(describe).collect()
    }

    /// What there is of the roll-ups of an interval.
    pub(super) fn roll_ups(&self, interval_seconds: u32) -> RollUps {
        RollUps {
            interval_seconds,
            is_stored: self.interval(interval_seconds).is_some(),
            level: self.level(interval_seconds),
            withheld: self.withheld(Source::Historical, interval_seconds),
            max_query_metrics: self.max_query_metrics,
        }
    }

    fn interval(&self, seconds: u32) -> Option<&PerfInterval> {
        self.intervals
            .iter()
            .find(|interval| u32::try_from(interval.sampling_period_seconds) == Ok(seconds))
    }
}

/// A counter as a query names it, with every instance.
pub(super) fn instance_of_all(counter_id: i32) -> PerfMetricId {
    PerfMetricId {
        counter_id,
        instance: "*".into(),
    }
}

/// vCenter's `instanceUuid`, which outlives renames. Simulators may have none.
fn identity(session: &Session) -> &str {
    session.about().instance_uuid.as_deref().unwrap_or_default()
}

/// Values in another unit would be wrong by a factor that nobody sees.
fn is_in_our_unit(name: &str, counter: &PerfCounterInfo, wanted: &[DiskCounter]) -> bool {
    let Some(ours) = wanted.iter().find(|wanted| wanted.full_name() == name) else {
        return true;
    };
    let is_ours = counter.unit.is_empty() || *counter.unit == *ours.unit();
    if !is_ours {
        tracing::warn!(
            counter = name,
            unit = %counter.unit,
            expected = ours.unit(),
            "vCenter has this counter in another unit, so it is not read"
        );
    }
    is_ours
}

/// A server that refuses the list counts as one without roll-ups: real-time samples do not need any, and
/// [`Catalogue::check_interval`] reports it to those who do.
async fn intervals(client: &Client) -> Result<Vec<PerfInterval>, Error> {
    match client.historical_intervals().await {
        Err(error) if error.is_answered() && !error.is_transient() => Ok(Vec::new()),
        result => result,
    }
}

/// The option is unset on an ordinary vCenter, some accounts may not read it, and some servers fail at it: then the
/// limit follows from the version.
async fn max_query_metrics(
    client: &Client,
    api_version: &str,
) -> Result<Option<NonZeroU32>, Error> {
    let inferred = if is_before_6_5(api_version) {
        OLD_MAX_QUERY_METRICS
    } else {
        MAX_QUERY_METRICS
    };
    match client
        .query_options("config.vpxd.stats.maxQueryMetrics")
        .await
    {
        Ok(options) => match options.iter().find_map(OptionValue::as_i64) {
            Some(limit) if limit < 0 => Ok(None),
            Some(limit) => Ok(u32::try_from(limit)
                .ok()
                .and_then(NonZeroU32::new)
                .or(NonZeroU32::new(inferred))),
            None => Ok(NonZeroU32::new(inferred)),
        },
        Err(error) if error.is_answered() && (error.fault().is_some() || !error.is_transient()) => {
            Ok(NonZeroU32::new(inferred))
        }
        Err(error) => Err(error),
    }
}

fn is_before_6_5(api_version: &str) -> bool {
    let mut parts = api_version
        .split('.')
        .map(|part| part.parse::<u32>().unwrap_or(0));
    let (major, minor) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    (major, minor) < (6, 5)
}
