//! `QueryPerf`: samples and roll-ups of many entities in one call.

use std::collections::HashMap;
use std::fmt::{Display, Write};

use jiff::Timestamp;

use super::by_stamp::{self, Asked};
use super::call::Call;
use super::late_disks::LateDisks;
use super::performance::has_history;
use super::window::{Window, read_time};
use crate::counters::{CATALOGUE, Counter};
use crate::host_clocks::Stamping;
use crate::odd_samples::OddSamples;
use crate::properties::interval_level;
use crate::soap::{Element, SoapFault, escape, reference};
use crate::world::{Kind, Object, SAMPLE_SECONDS, Series, Vm};

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
    /// The vCenter times of the samples, if the host orders them by stamp.
    times: Option<Vec<i64>>,
    csv: bool,
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
        let vm = match object {
            Object::Vm(index) => call.world().vm(index),
            _ => None,
        };
        let runs = vm.as_ref().and_then(Vm::runs);
        let arrived = vm.as_ref().and_then(Vm::arrived);
        let arrived = arrived.filter(|_| {
            call.sight.settings.samples_stay_on_hosts && window.interval == SAMPLE_SECONDS
        });
        let stamping = stamping.filter(|_| window.interval == SAMPLE_SECONDS);
        let by_stamp = stamping
            .as_ref()
            .filter(|_| call.sight.settings.samples_by_stamp);
        if by_stamp.is_some() {
            window = Window::kept(call);
        }
        if let Some(runs) = &runs {
            window.clip(runs);
        }
        if let Some(first) = arrived {
            window.begin_with(first);
        }
        let times = match by_stamp {
            None => None,
            Some(stamping) => {
                let asked = Asked {
                    start: read_time(element, "startTime")?,
                    end: read_time(element, "endTime")?,
                    max_sample: element.text_of("maxSample").and_then(|n| n.parse().ok()),
                };
                Some(by_stamp::answered(window.stamps(), stamping, asked))
            }
        };
        Ok(Self {
            entity: object,
            kind,
            moref,
            metrics,
            window,
            stamping,
            times,
            csv,
        })
    }

    /// The vCenter times of the samples.
    fn times(&self) -> impl Iterator<Item = i64> {
        let by_stamp = self.times.as_ref().map(|times| times.iter().copied());
        let in_window = by_stamp.is_none().then(|| self.window.stamps());
        by_stamp
            .into_iter()
            .flatten()
            .chain(in_window.into_iter().flatten())
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
            Some(stamping) => write_stamps(
                self.window.interval,
                self.times(),
                Some(stamping),
                self.csv,
                out,
            ),
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
        for (number, stamp) in self.times().enumerate() {
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
            write_stamps(window.interval, window.stamps(), None, csv, &mut self.text);
        }
        &self.text
    }
}

fn write_stamps(
    interval: i64,
    times: impl Iterator<Item = i64>,
    stamping: Option<&Stamping>,
    csv: bool,
    out: &mut String,
) {
    if csv {
        out.push_str("<sampleInfoCSV>");
    }
    for (number, stamp) in times.enumerate() {
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
