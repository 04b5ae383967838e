//! Which samples or roll-ups a `querySpec` asks for.

use jiff::Timestamp;

use super::call::Call;
use super::performance::has_real_time;
use crate::properties::INTERVALS;
use crate::soap::{Element, SoapFault};
use crate::world::{Kind, SAMPLE_SECONDS, Span};

/// Hosts keep an hour.
const REAL_TIME_KEPT: i64 = 3600;
/// Time until a finished 5-minute roll-up can be queried.
const ROLLUP_LAG: i64 = 75;
/// Equally spaced stamps, as Unix times. None if `first` is after `last`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) interval: i64,
    pub(super) first: i64,
    pub(super) last: i64,
}

impl Window {
    /// The samples that a `querySpec` asks for and the server has, by vCenter's time. Times in a query are by the clock of
    /// the host, which is `host_offset` seconds ahead.
    pub(super) fn read(
        element: &Element,
        kind: Kind,
        call: &Call<'_>,
        host_offset: i64,
    ) -> Result<Self, SoapFault> {
        let interval = match element.text_of("intervalId").map(str::parse::<i64>) {
            Some(Ok(seconds)) => seconds,
            Some(Err(_)) => return Err(SoapFault::invalid_argument("querySpec.interval")),
            None if has_real_time(kind) => SAMPLE_SECONDS,
            None => 300,
        };
        let kept = INTERVALS
            .iter()
            .find(|known| known.seconds == interval)
            .map(|i| i.kept);
        let real_time = interval == SAMPLE_SECONDS && has_real_time(kind);
        let Some(kept) = kept.or(real_time.then_some(REAL_TIME_KEPT)) else {
            return Err(SoapFault::invalid_argument("querySpec.interval"));
        };
        let by_host_clock = |name| {
            let offset = if real_time { host_offset } else { 0 };
            let time = read_time(element, name)?;
            Ok::<_, SoapFault>(time.map(|time| time.saturating_sub(offset)))
        };
        let start = by_host_clock("startTime")?;
        let end = by_host_clock("endTime")?;
        if let (Some(start), Some(end)) = (start, end)
            && start >= end
        {
            return Err(SoapFault::invalid_argument(
                "querySpec.startTime, querySpec.endTime",
            ));
        }
        let now = call.sight.now.as_second();
        let newest = match interval {
            SAMPLE_SECONDS => call.sight.settings.newest_sample(now),
            300 => floor(now - ROLLUP_LAG, interval),
            // Longer ones are made from the next shorter ones, which takes vCenter its time.
            longer => floor(now - ROLLUP_LAG - longer, interval),
        };
        let oldest = newest - kept + interval;
        let last = end.map_or(newest, |end| floor(end, interval).min(newest));
        let mut first = start.map_or(oldest, |start| {
            // A recorded real-time answer holds the sample at its start time, roll-ups do not.
            let after = if real_time { start - 1 } else { start };
            (floor(after, interval) + interval).max(oldest)
        });
        // Ignored for roll-ups, as the reference says.
        if real_time
            && let Some(limit) = element
                .text_of("maxSample")
                .and_then(|n| n.parse::<i64>().ok())
            && limit > 0
        {
            first = first.max(last.saturating_sub(interval.saturating_mul(limit - 1)));
        }
        Ok(Self {
            interval,
            first,
            last,
        })
    }

    /// The 20 s samples that hosts keep.
    pub(super) fn kept(call: &Call<'_>) -> Self {
        let last = call
            .sight
            .settings
            .newest_sample(call.sight.now.as_second());
        Self {
            interval: SAMPLE_SECONDS,
            first: last - REAL_TIME_KEPT + SAMPLE_SECONDS,
            last,
        }
    }

    /// Leaves out what was before the machine ran. Samples of earlier runs went with the memory of
    /// the host, roll-ups are in vCenter's database.
    pub(super) fn clip(&mut self, runs: &[Span]) {
        let run = if self.interval == SAMPLE_SECONDS {
            runs.last()
        } else {
            runs.first()
        };
        if let Some(first) = run.map(|run| run.first).filter(|first| *first > self.first) {
            self.first = first.div_euclid(self.interval) * self.interval;
            if self.first < first {
                self.first += self.interval;
            }
        }
    }

    /// Leaves out the samples that are stamped before.
    pub(super) fn begin_with(&mut self, first: i64) {
        self.first = self.first.max(first);
    }

    pub(super) fn span(self) -> Span {
        Span {
            first: self.first,
            last: self.last,
        }
    }

    pub(super) fn stamps(self) -> impl Iterator<Item = i64> {
        std::iter::successors(Some(self.first), move |stamp| Some(stamp + self.interval))
            .take_while(move |stamp| *stamp <= self.last)
    }
}

fn floor(second: i64, interval: i64) -> i64 {
    second.div_euclid(interval) * interval
}

/// A time argument as Unix time, rounded to the second as vCenter does.
pub(super) fn read_time(element: &Element, name: &str) -> Result<Option<i64>, SoapFault> {
    let Some(text) = element.text_of(name) else {
        return Ok(None);
    };
    let time: Timestamp = text
        .parse()
        .map_err(|_| SoapFault::invalid_argument(&format!("querySpec.{name}")))?;
    Ok(Some(time.as_second()))
}
