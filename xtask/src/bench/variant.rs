//! The circumstances under which the exporter is measured.

use super::floor::Compression;

/// How the mock vCenter and the exporter differ from the usual.
pub(super) struct Variant {
    /// Empty for the usual circumstances.
    pub(super) name: &'static str,
    mock: &'static [&'static str],
    exporter: &'static [(&'static str, &'static str)],
    /// How curl downloads the same, if it does.
    pub(super) floor: Option<Compression>,
    /// Whether the program over govmomi does the same.
    pub(super) peer: bool,
}

/// The unusual circumstances.
pub(super) const ALL: &[Variant] = &[
    Variant {
        floor: Some(Compression::None),
        ..Variant::of("without gzip", &["--no-gzip"], &[])
    },
    Variant::of("concurrency 4", &[], &[("COLLECT_CONCURRENCY", "4")]),
    Variant {
        floor: Some(Compression::Gzip),
        ..Variant::of("latency 5 ms", &["--latency-ms", "5"], &[])
    },
    Variant {
        floor: Some(Compression::Gzip),
        ..Variant::of("latency 50 ms", &["--latency-ms", "50"], &[])
    },
    Variant::of(
        "latency 50 ms, concurrency 4",
        &["--latency-ms", "50"],
        &[("COLLECT_CONCURRENCY", "4")],
    ),
    Variant::of(
        "roll-ups of level 3",
        &["--statistics-level", "3"],
        &[("PERF_SOURCE", "historical")],
    ),
    Variant::of(
        "with a history",
        &[],
        &[("HISTORY_HOURS", "24"), ("HISTORY_BACKFILL", "false")],
    ),
];

/// What zlib and with it most HTTP servers take for the default.
const GZIP_LEVEL: &str = "6";

impl Variant {
    /// Real-time samples, gzip, one call at a time, no latency.
    pub(super) const fn usual() -> Self {
        Self {
            name: "",
            mock: &[],
            exporter: &[],
            floor: Some(Compression::Gzip),
            peer: true,
        }
    }

    const fn of(
        name: &'static str,
        mock: &'static [&'static str],
        exporter: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self {
            name,
            mock,
            exporter,
            floor: None,
            peer: false,
        }
    }

    pub(super) fn mock_arguments(&self, vms: u32) -> Vec<String> {
        let size = ["--vms", &vms.to_string(), "--gzip-level", GZIP_LEVEL].map(str::to_owned);
        let further = self.mock.iter().map(|word| (*word).to_owned());
        size.into_iter().chain(further).collect()
    }

    pub(super) fn exporter_settings(&self) -> Vec<(&'static str, String)> {
        let settings = self.exporter.iter();
        settings
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect()
    }
}
