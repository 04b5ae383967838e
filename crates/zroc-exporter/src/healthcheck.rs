//! The container's health check: asks the exporter beside it, needing no other program.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::settings::HttpSettings;

const DEADLINE: Duration = Duration::from_secs(5);

/// A status line is shorter, and who listens there may be somebody else.
const LONGEST_STATUS_LINE_BYTES: u64 = 1_024;

/// Whether `/health` answers 200.
///
/// # Errors
/// When there is no answer within 5 seconds.
pub async fn is_healthy(settings: &HttpSettings) -> io::Result<bool> {
    let status = tokio::time::timeout(DEADLINE, status_line(settings)).await??;
    Ok(status.split(' ').nth(1) == Some("200"))
}

async fn status_line(settings: &HttpSettings) -> io::Result<String> {
    let mut stream =
        TcpStream::connect((reachable(&settings.host).as_str(), settings.port)).await?;
    stream
        .write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await?;
    let mut line = String::new();
    BufReader::new(stream.take(LONGEST_STATUS_LINE_BYTES))
        .read_line(&mut line)
        .await?;
    Ok(line)
}

/// An exporter that listens on every address is reached on loopback.
fn reachable(host: &str) -> String {
    match host.parse() {
        Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) => Ipv4Addr::LOCALHOST.to_string(),
        Ok(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) => Ipv6Addr::LOCALHOST.to_string(),
        _ => host.to_owned(),
    }
}
