//! The exporter's settings for a comparison.

use crate::stage::Vcenter;

/// For a page with every metric.
pub(super) fn everything(vcenter: &Vcenter) -> Vec<(&'static str, String)> {
    with_everything(vcenter.exporter_settings())
}

/// These, for a page with every metric.
pub(super) fn with_everything(
    mut settings: Vec<(&'static str, String)>,
) -> Vec<(&'static str, String)> {
    for switch in ["COLLECT_READS", "PER_DISK_METRICS"] {
        settings.push((switch, "true".to_owned()));
    }
    settings.push(("CUSTOM_ATTRIBUTES", "Owner,Cost centre".to_owned()));
    settings
}

/// For a vCenter that changes while it is looked at.
pub(super) fn every_second(vcenter: &Vcenter) -> Vec<(&'static str, String)> {
    let mut settings = vcenter.exporter_settings();
    settings.retain(|(name, _)| *name != "POLL_INTERVAL");
    settings.push(("POLL_INTERVAL", "1".to_owned()));
    settings
}
