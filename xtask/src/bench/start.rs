//! From the start of the process to the first byte of `/metrics`.

use std::time::Instant;

use super::http::Connection;
use super::stage::{Mock, WatchedExporter};
use crate::binaries::Binaries;

const STARTS: u32 = 5;

/// The quickest of a few starts, in seconds.
pub(super) async fn run(binaries: &Binaries, mock: &Mock) -> anyhow::Result<f64> {
    let mut best = f64::INFINITY;
    for _ in 0..STARTS {
        let start = Instant::now();
        let exporter = WatchedExporter::start(binaries, mock, &[]).await?;
        Connection::open(&exporter.url)?.length("/metrics", "")?;
        best = best.min(start.elapsed().as_secs_f64());
        exporter.stop().await?;
    }
    Ok(best)
}
