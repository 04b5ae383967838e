//! HTTP clients of the exporter: a good one, a slow one and a silent one.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::http;

const PERIOD: Duration = Duration::from_secs(1);
/// Longer than a scrape takes on a busy machine, and as long as Prometheus waits.
const PATIENCE: Duration = Duration::from_secs(10);

/// What became of the requests of the good client.
#[derive(Debug, Default)]
pub(super) struct Scrapes {
    pub(super) ok: u64,
    pub(super) failures: Vec<String>,
    pub(super) slowest: Duration,
}

/// Asks for the page each second, as Prometheus would.
pub(super) async fn scrape(url: &str, end: Instant) -> Scrapes {
    let mut scrapes = Scrapes::default();
    let url = format!("{url}/metrics");
    while Instant::now() + PERIOD < end {
        let begin = Instant::now();
        match timeout(PATIENCE, http::get_compressed(&url)).await {
            Ok(Ok(_)) => scrapes.ok += 1,
            Ok(Err(error)) => scrapes.failures.push(format!("{error:#}")),
            Err(_) => scrapes
                .failures
                .push(format!("no page within {PATIENCE:?}")),
        }
        scrapes.slowest = scrapes.slowest.max(begin.elapsed());
        tokio::time::sleep_until(begin + PERIOD).await;
    }
    scrapes
}

/// Asks for the longest page and takes a few bytes of it at a time, until the exporter has enough of it; then once more.
pub(super) async fn read_slowly(address: &str) {
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\n\r\n");
    loop {
        if let Ok(mut stream) = TcpStream::connect(address).await
            && stream.write_all(request.as_bytes()).await.is_ok()
        {
            let mut some = [0; 512];
            while stream.read(&mut some).await.is_ok_and(|read| read > 0) {
                sleep(PERIOD).await;
            }
        }
        sleep(PERIOD).await;
    }
}

/// Connects and says nothing, again and again.
pub(super) async fn stay_silent(address: &str) {
    loop {
        if let Ok(mut stream) = TcpStream::connect(address).await {
            let mut byte = [0];
            let _ = stream.read(&mut byte).await;
        }
        sleep(PERIOD).await;
    }
}

/// Both of them until `end`.
pub(super) async fn misbehave(address: &str, end: Instant) {
    let both = async { tokio::join!(read_slowly(address), stay_silent(address)) };
    // They never end by themselves.
    let _ = timeout_at(end, both).await;
}
