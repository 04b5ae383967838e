//! Families of which every vCenter has its own series.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeMetric as _, MetricEncoder, NoLabelSet,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::histogram::Histogram;

use crate::status::VcenterStatus;

/// A family, and how its series come from what is known of one vCenter. A family without series is not mentioned.
pub(super) struct VcenterFamily {
    /// Without the suffix of its samples.
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) kind: MetricType,
    pub(super) series: fn(&VcenterStatus) -> Vec<Series<'_>>,
}

impl VcenterFamily {
    pub(super) const fn gauge(
        name: &'static str,
        help: &'static str,
        series: fn(&VcenterStatus) -> Vec<Series<'_>>,
    ) -> Self {
        Self {
            name,
            help,
            kind: MetricType::Gauge,
            series,
        }
    }

    pub(super) const fn counter(
        name: &'static str,
        help: &'static str,
        series: fn(&VcenterStatus) -> Vec<Series<'_>>,
    ) -> Self {
        Self {
            name,
            help,
            kind: MetricType::Counter,
            series,
        }
    }
}

/// One series.
pub(super) struct Series<'s> {
    labels: Vec<Label<'s>>,
    value: Value,
}

type Label<'s> = (&'static str, &'s str);

pub(super) enum Value {
    /// A gauge that may have a fraction.
    Gauge(f64),
    /// A gauge that counts things.
    Number(u64),
    Counter(u64),
    /// It needs a label.
    Histogram(Histogram),
    /// The labels are all there is.
    Info,
}

/// A series without labels of its own.
pub(super) fn single<'s>(value: Value) -> Vec<Series<'s>> {
    vec![labelled([], value)]
}

/// A gauge without labels of its own, if there is a value.
pub(super) fn gauge<'s>(value: Option<f64>) -> Vec<Series<'s>> {
    value.map(Value::Gauge).map(single).unwrap_or_default()
}

/// A series with labels.
pub(super) fn labelled<const N: usize>(labels: [Label<'_>; N], value: Value) -> Series<'_> {
    Series {
        labels: labels.into(),
        value,
    }
}

/// Writes families with the series of all vCenters. Prometheus wants the series of each family beside each other.
pub(super) struct VcenterFamilies {
    pub(super) families: &'static [VcenterFamily],
    pub(super) vcenters: Arc<[VcenterStatus]>,
}

impl Collector for VcenterFamilies {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let mut families = self.families.iter();
        families.try_for_each(|family| encode(family, &self.vcenters, &mut encoder))
    }
}

impl fmt::Debug for VcenterFamilies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.families.iter().map(|family| family.name);
        f.debug_list().entries(names).finish()
    }
}

fn encode(
    family: &VcenterFamily,
    vcenters: &[VcenterStatus],
    encoder: &mut DescriptorEncoder<'_>,
) -> fmt::Result {
    let mut series = vcenters.iter().flat_map(|vcenter| {
        let label = vcenter.label();
        let series = (family.series)(vcenter).into_iter();
        series.map(move |mut series| {
            series.labels.extend(label.map(|name| ("vcenter", name)));
            series
        })
    });
    let Some(first) = series.next() else {
        return Ok(());
    };
    let mut metric = encoder.encode_descriptor(family.name, family.help, None, family.kind)?;
    first.encode(&mut metric)?;
    series.try_for_each(|series| series.encode(&mut metric))
}

impl Series<'_> {
    fn encode(&self, metric: &mut MetricEncoder<'_>) -> fmt::Result {
        let labels = &self.labels;
        match &self.value {
            Value::Info => metric.encode_info(labels),
            Value::Histogram(histogram) => histogram.encode(metric.encode_family(labels)?),
            Value::Gauge(value) if labels.is_empty() => metric.encode_gauge(value),
            Value::Gauge(value) => metric.encode_family(labels)?.encode_gauge(value),
            Value::Number(value) if labels.is_empty() => metric.encode_gauge(value),
            Value::Number(value) => metric.encode_family(labels)?.encode_gauge(value),
            Value::Counter(value) if labels.is_empty() => encode_counter(metric, *value),
            Value::Counter(value) => encode_counter(&mut metric.encode_family(labels)?, *value),
        }
    }
}

fn encode_counter(metric: &mut MetricEncoder<'_>, value: u64) -> fmt::Result {
    metric.encode_counter::<NoLabelSet, _, u64>(&value, None)
}
