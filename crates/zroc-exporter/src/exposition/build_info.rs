//! Which program this is.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::info::Info;

use crate::version::{REVISION, VERSION};

/// Writes version and commit of the exporter.
#[derive(Debug)]
pub(super) struct BuildInfo;

impl Collector for BuildInfo {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let help = "Version of the exporter, and the commit that it was built from.";
        let info = Info::new([("version", VERSION), ("revision", REVISION)]);
        info.encode(encoder.encode_descriptor(
            "vcenter_collector_build",
            help,
            None,
            MetricType::Info,
        )?)
    }
}
