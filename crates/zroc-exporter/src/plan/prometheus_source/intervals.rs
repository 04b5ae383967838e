//! How often totals change, and how often they are scraped.

use std::collections::BTreeMap;

use super::error::PrometheusError;
use super::period::Period;
use super::query::{self, Point, Series};
use crate::http_client::HttpClient;

/// vCenter takes no samples that are shorter.
const SHORTEST_SECONDS: u32 = 20;
/// For how long before the end the poll interval is looked at, if there are values in that time.
const LOOK_SECONDS: i64 = 3_600;

/// The distance of totals between which something may have been written, by vCenter: the poll interval, or the scrape interval
/// if that is longer.
pub(super) async fn steps(
    server: &HttpClient,
    period: Period,
) -> Result<BTreeMap<String, u32>, PrometheusError> {
    let mut found = Vec::new();
    for seconds in [LOOK_SECONDS.min(period.seconds()), period.seconds()] {
        let query = format!("vcenter_collector_poll_interval_seconds[{seconds}s]");
        found = query::at(server, &query, period.end).await?;
        if !found.is_empty() {
            break;
        }
    }
    let mut steps = BTreeMap::new();
    for series in &found {
        // Of two exporters that watch one vCenter, the slower one counts.
        let of_vcenter = steps.entry(series.label("vcenter").to_owned()).or_default();
        *of_vcenter = step(series).max(*of_vcenter);
    }
    if steps.is_empty() {
        return Err(PrometheusError::NoInterval);
    }
    Ok(steps)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "absurd intervals saturate"
)]
fn step(series: &Series) -> u32 {
    let points = &series.points;
    let polled = points.last().map_or(0.0, |point| point.value).ceil();
    let pairs = points.iter().zip(points.iter().skip(1));
    let mut distances: Vec<f64> = pairs
        .map(|(one, other): (&Point, _)| other.at - one.at)
        .collect();
    distances.sort_by(f64::total_cmp);
    let scraped = distances
        .get(distances.len() / 2)
        .copied()
        .unwrap_or_default();
    (polled.max(scraped.round()) as u32).clamp(SHORTEST_SECONDS, 86_400)
}
