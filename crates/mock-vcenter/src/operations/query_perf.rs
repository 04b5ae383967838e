//! `QueryPerf`: samples and roll-ups of many entities in one call.

use std::collections::HashMap;
use std::fmt::{Display, Write};

use jiff::Timestamp;

use super::call::Call;
use super::late_disks::LateDisks;
use super::performance::{has_history, has_real_time};
use crate::counters::{CATALOGUE, Counter};
use crate::host_clocks::Stamping;
use crate::odd_samples::OddSamples;
use crate::properties::{INTERVALS, interval_level};
use crate::soap::{Element, SoapFault, escape, reference};
use crate::world::{Kind, Object, SAMPLE_SECONDS, Series, Span};

/// Hosts keep an hour.
const REAL_TIME_KEPT: i64 = 3600;
/// Time until a finished 5-minute roll-up can be queried.
const ROLLUP_LAG: i64 = 75;
/// Metrics in one historical query unless an administrator sets another number (6.5 and later).
const DEFAULT_METRIC_LIMIT: i64 = 256;

/// One checked `querySpec`.
struct Spec<'a> {
    entity: Object,
    kind: Kind,
    moref: &'a str,
    /// Empty asks for everything.
    metrics: Vec<(&'static Counter, &'a str)>,
    window: Window,
    /// How its host stamps the samples; `None` where the stamps are right.
    stamping: Option<Stamping>,
    csv: bool,
}

/// Equally spaced stamps, as Unix times. None if `first` is after `last`.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Window {
    interval: i64,
    first: i64,
    last: i64,
}

/// Answers with one `returnval` per entity that has data.
pub(super) fn query(call: &Call<'_>, out: &mut String) -> Result<(), SoapFault> {
    call.authenticated()?;
    call.on(Kind::PerformanceManager)?;
    let specs = call
        .request
        .body
        .all("querySpec")
        .map(|element| Spec::read(call, element))
        .collect::<Result<Vec<_>, _>>()?;
    check_metric_limit(call, &specs)?;
    let mut stamps = Stamps::default();
    let odd_samples = call.server.odd_samples.all();
    for spec in &specs {
        spec.write(call, &mut stamps, &odd_samples, out);
    }
    Ok(())
}

/// Real-time queries are free of the limit; an entry counts once, `*` or not.
fn check_metric_limit(call: &Call<'_>, specs: &[Spec<'_>]) -> Result<(), SoapFault> {
    let limit = call
        .sight
        .settings
        .max_query_metrics
        .unwrap_or(DEFAULT_METRIC_LIMIT);
    let asked: usize = specs
        .iter()
        .filter(|spec| spec.window.interval != SAMPLE_SECONDS)
        .map(|spec| {
            if spec.metrics.is_empty() {
                CATALOGUE.len()
            } else {
                spec.metrics.len()
            }
        })
        .sum();
    if limit > 0 && i64::try_from(asked).is_ok_and(|asked| asked > limit) {
        return Err(SoapFault::too_many_metrics());
    }
    Ok(())
}

impl<'a> Spec<'a> {
    fn read(call: &Call<'_>, element: &'a Element) -> Result<Self, SoapFault> {
        let entity = element
            .child("entity")
            .ok_or_else(|| SoapFault::invalid_argument("querySpec.entity"))?;
        let moref = entity.text.trim();
        let object = call.world().by_moref(moref).ok_or_else(|| {
            let kind = entity.reference_type.as_deref().unwrap_or("VirtualMachine");
            SoapFault::not_found(kind, moref)
        })?;
        let kind = call.world().kind(object);
        if !call.world().visible(object) {
            return Err(SoapFault::no_permission(kind.name(), moref, "System.View"));
        }
        if !has_history(kind) {
            return Err(SoapFault::invalid_argument("querySpec.entity"));
        }
        let metrics = element
            .all("metricId")
            .map(|metric| read_metric(call, metric))
            .collect::<Result<_, _>>()?;
        let csv = match element.text_of("format") {
            Some("csv") => true,
            None | Some("normal") => false,
            Some(_) => return Err(SoapFault::invalid_argument("querySpec.format")),
        };
        let stamping = call.stamping(object);
        let offset = stamping.as_ref().map_or(0, Stamping::current_offset);
        let mut window = Window::read(element, kind, call, offset)?;
        if let Object::Vm(index) = object
            && let Some(runs) = call.world().vm(index).and_then(|vm| vm.runs())
        {
            window.clip(&runs);
        }
        Ok(Self {
            entity: object,
            kind,
            moref,
            metrics,
            window,
            stamping: stamping.filter(|_| window.interval == SAMPLE_SECONDS),
            csv,
        })
    }

    fn wants(&self, series: &Series) -> bool {
        self.metrics.is_empty()
            || self.metrics.iter().any(|(counter, instance)| {
                counter.id == series.counter.id
                    && (*instance == "*" || *instance == series.instance)
            })
    }

    fn write(
        &self,
        call: &Call<'_>,
        stamps: &mut Stamps,
        odd_samples: &HashMap<String, OddSamples>,
        out: &mut String,
    ) {
        let wanted = |counter: &Counter| {
            self.metrics.is_empty() || self.metrics.iter().any(|(asked, _)| asked.id == counter.id)
        };
        let mut all = call
            .world()
            .series(self.entity, call.sight.settings.aggregate(), &wanted)
            .unwrap_or_default();
        all.retain(|series| self.wants(series) && series.lives_in(self.window.span()));
        if self.window.interval != SAMPLE_SECONDS {
            let level = interval_level(self.window.interval, call.sight.settings.statistics_level);
            all.retain(|series| series.kept_at(level));
        }
        if all.is_empty() || self.window.first > self.window.last {
            return;
        }
        let kind = if self.csv {
            "PerfEntityMetricCSV"
        } else {
            "PerfEntityMetric"
        };
        out.push_str("<returnval xsi:type=\"");
        out.push_str(kind);
        out.push_str("\">");
        reference(out, "entity", self.kind.name(), self.moref);
        match &self.stamping {
            None => out.push_str(stamps.of(self.window, self.csv)),
            Some(stamping) => write_stamps(self.window, Some(stamping), self.csv, out),
        }
        let odd_samples = odd_samples.get(self.moref);
        let late = LateDisks::of(call, &all);
        for series in &all {
            let counter_id = call.sight.settings.id_of(series.counter);
            self.write_series(counter_id, series, odd_samples, &late, out);
        }
        out.push_str("</returnval>");
    }

    fn write_series(
        &self,
        counter_id: u32,
        series: &Series,
        odd_samples: Option<&OddSamples>,
        late: &LateDisks,
        out: &mut String,
    ) {
        out.push_str(if self.csv {
            "<value>"
        } else {
            "<value xsi:type=\"PerfMetricIntSeries\">"
        });
        // Writing to a string cannot fail.
        let _ = write!(out, "<id><counterId>{counter_id}</counterId><instance>");
        escape(out, &series.instance);
        out.push_str("</instance></id>");
        if self.csv {
            out.push_str("<value>");
        }
        for (number, stamp) in self.window.stamps().enumerate() {
            let value = if self.window.interval == SAMPLE_SECONDS {
                series.sample(stamp).filter(|_| !late.lack(series, stamp))
            } else {
                series.rollup(stamp, self.window.interval)
            };
            let value = value.unwrap_or(-1);
            let is_odd = |odd: &&OddSamples| odd.is_odd(stamp.div_euclid(self.window.interval));
            let value: &dyn Display = match odd_samples.filter(is_odd) {
                Some(odd) => &odd.text,
                None => &value,
            };
            let _ = match (self.csv, number) {
                (true, 0) => write!(out, "{value}"),
                (true, _) => write!(out, ",{value}"),
                (false, _) => write!(out, "<value>{value}</value>"),
            };
        }
        out.push_str(if self.csv {
            "</value></value>"
        } else {
            "</value>"
        });
    }
}

fn read_metric<'e>(
    call: &Call<'_>,
    element: &'e Element,
) -> Result<(&'static Counter, &'e str), SoapFault> {
    element
        .text_of("counterId")
        .and_then(|id| id.parse().ok())
        .and_then(|id| call.sight.settings.counter(id))
        .map(|counter| (counter, element.text_of("instance").unwrap_or_default()))
        .ok_or_else(|| SoapFault::invalid_argument("querySpec.metricId"))
}

impl Window {
    /// The samples that a `querySpec` asks for and the server has, by vCenter's time. Times in a query are by the clock of
    /// the host, which is `host_offset` seconds ahead.
    fn read(
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

    /// Leaves out what was before the machine ran. Samples of earlier runs went with the memory of
    /// the host, roll-ups are in vCenter's database.
    fn clip(&mut self, runs: &[Span]) {
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

    fn span(self) -> Span {
        Span {
            first: self.first,
            last: self.last,
        }
    }

    fn stamps(self) -> impl Iterator<Item = i64> {
        std::iter::successors(Some(self.first), move |stamp| Some(stamp + self.interval))
            .take_while(move |stamp| *stamp <= self.last)
    }
}

fn floor(second: i64, interval: i64) -> i64 {
    second.div_euclid(interval) * interval
}

/// A time argument as Unix time, rounded to the second as vCenter does.
fn read_time(element: &Element, name: &str) -> Result<Option<i64>, SoapFault> {
    let Some(text) = element.text_of(name) else {
        return Ok(None);
    };
    let time: Timestamp = text
        .parse()
        .map_err(|_| SoapFault::invalid_argument(&format!("querySpec.{name}")))?;
    Ok(Some(time.as_second()))
}

/// The text of the last window's stamps; consecutive entities mostly share a window.
#[derive(Default)]
struct Stamps {
    of: Option<(Window, bool)>,
    text: String,
}

impl Stamps {
    fn of(&mut self, window: Window, csv: bool) -> &str {
        if self.of != Some((window, csv)) {
            self.of = Some((window, csv));
            self.text.clear();
            write_stamps(window, None, csv, &mut self.text);
        }
        &self.text
    }
}

fn write_stamps(window: Window, stamping: Option<&Stamping>, csv: bool, out: &mut String) {
    let interval = window.interval;
    if csv {
        out.push_str("<sampleInfoCSV>");
    }
    for (number, stamp) in window.stamps().enumerate() {
        let stamp = stamping.map_or(stamp, |stamping| stamping.of(stamp));
        let stamp = Timestamp::from_second(stamp).unwrap_or_default();
        let _ = match (csv, number) {
            (true, 0) => write!(out, "{interval},{stamp}"),
            (true, _) => write!(out, ",{interval},{stamp}"),
            (false, _) => write!(
                out,
                "<sampleInfo><timestamp>{stamp}</timestamp><interval>{interval}</interval>\
                 </sampleInfo>"
            ),
        };
    }
    if csv {
        out.push_str("</sampleInfoCSV>");
    }
}
