//! What scrapes cost, and how long they take while a cycle is running.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, ensure};

use super::exporter::PollInterval;
use super::http::Connection;
use super::report::Scrapes;
use super::stage::{Mock, WatchedExporter};
use crate::binaries::Binaries;

const SCRAPERS: usize = 10;
/// Pause of each scraper between two scrapes. Prometheus pauses for many seconds.
const PACE: Duration = Duration::from_millis(20);
const GZIP: &str = "accept-encoding: gzip\r\n";
const CYCLE_DEADLINE: Duration = Duration::from_secs(600);

pub(super) async fn run(
    binaries: &Binaries,
    mock: &Mock,
    vms: u32,
    interval: PollInterval,
) -> anyhow::Result<Scrapes> {
    let mut exporter = WatchedExporter::start(binaries, mock, &interval.settings()).await?;
    exporter.cycle(CYCLE_DEADLINE).await?;
    let (gzip_bytes, gzip_cpu) = cost(&mut exporter, GZIP, 200).await?;
    let (plain_bytes, plain_cpu) = cost(&mut exporter, "", 20).await?;

    let mut silent = Connection::open(&exporter.url)?;
    let mut deaf = Connection::open(&exporter.url)?;
    deaf.send("GET", "/metrics", "", "")?;
    let scrapers: Vec<Scraper> = (0..SCRAPERS)
        .map(|_| Scraper::start(&exporter.url))
        .collect();
    let cycle = exporter.cycle(CYCLE_DEADLINE).await?;
    let begin = Instant::now()
        .checked_sub(cycle.wall)
        .context("a cycle before time")?;
    exporter.published(CYCLE_DEADLINE).await?;
    let end = Instant::now();
    // Both were connected to the end.
    silent.send("GET", "/-/healthy", "", "")?;
    drop(deaf);

    let mut latencies = Vec::new();
    for scraper in scrapers {
        for (start, latency) in scraper.stop()? {
            if start + latency >= begin && start <= end {
                latencies.push(latency.as_secs_f64());
            }
        }
    }
    latencies.sort_by(f64::total_cmp);
    ensure!(!latencies.is_empty(), "nobody scraped during the cycle");
    exporter.stop().await?;
    Ok(Scrapes {
        vms,
        gzip_bytes,
        plain_bytes,
        gzip_cpu_seconds: gzip_cpu.as_secs_f64(),
        plain_cpu_seconds: plain_cpu.as_secs_f64(),
        during_cycle: u64::try_from(latencies.len())?,
        median_seconds: percentile(&latencies, 50),
        p99_seconds: percentile(&latencies, 99),
    })
}

fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let place = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(place).copied().unwrap_or_default()
}

/// Length of the body, and CPU time that the exporter takes for one scrape, while it does nothing else.
async fn cost(
    exporter: &mut WatchedExporter,
    headers: &str,
    times: u32,
) -> anyhow::Result<(u64, Duration)> {
    let before = exporter.cpu.settled().await?;
    let mut connection = Connection::open(&exporter.url)?;
    let mut length = 0;
    for _ in 0..times {
        length = connection.length("/metrics", headers)?;
    }
    let used = exporter.cpu.settled().await?.saturating_sub(before);
    Ok((length, used / times))
}

/// A thread that scrapes until it is told to stop.
struct Scraper {
    stop: std::sync::mpsc::Sender<()>,
    thread: JoinHandle<anyhow::Result<Vec<(Instant, Duration)>>>,
}

impl Scraper {
    fn start(url: &str) -> Self {
        let (stop, stopped) = channel();
        let url = url.to_owned();
        let thread = std::thread::spawn(move || scrape(&url, &stopped));
        Self { stop, thread }
    }

    fn stop(self) -> anyhow::Result<Vec<(Instant, Duration)>> {
        drop(self.stop);
        let scraped = self.thread.join();
        scraped.map_err(|_| anyhow!("a scraper panicked"))?
    }
}

fn scrape(url: &str, stopped: &Receiver<()>) -> anyhow::Result<Vec<(Instant, Duration)>> {
    let mut connection = Connection::open(url)?;
    let mut scrapes = Vec::new();
    while stopped.recv_timeout(PACE) == Err(RecvTimeoutError::Timeout) {
        let start = Instant::now();
        connection.length("/metrics", GZIP)?;
        scrapes.push((start, start.elapsed()));
    }
    Ok(scrapes)
}
