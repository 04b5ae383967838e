//! The container's health check: asks the exporter beside it, needing no other program.

mod any_certificate;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::settings::HttpSettings;

const DEADLINE: Duration = Duration::from_secs(5);

/// A status line is shorter, and who listens there may be somebody else.
const LONGEST_STATUS_LINE_BYTES: u64 = 1_024;

/// Whether `/health` answers 200. Where that takes a user or a certificate of the client, which this check has not, it is
/// enough that somebody asks for them.
///
/// # Errors
/// When there is no answer within 5 seconds.
pub async fn is_healthy(settings: &HttpSettings) -> io::Result<bool> {
    tokio::time::timeout(DEADLINE, ask(settings)).await?
}

async fn ask(settings: &HttpSettings) -> io::Result<bool> {
    // The file may ask for TLS or not, and it may have changed since the exporter could read it.
    if settings.web_config_file.is_some() {
        let asked = ask_over_tls(settings).await;
        match asked.as_ref().map_err(tls_error) {
            Err(Some(rustls::Error::AlertReceived(_))) => return Ok(true),
            Err(Some(rustls::Error::InvalidMessage(_))) => {}
            _ => return asked,
        }
    }
    ask_on(connect(settings).await?).await
}

async fn ask_over_tls(settings: &HttpSettings) -> io::Result<bool> {
    let connector = TlsConnector::from(any_certificate::client_config()?);
    let name = ServerName::from(IpAddr::from(Ipv4Addr::LOCALHOST));
    let stream = connect(settings).await?;
    ask_on(connector.connect(name, stream).await?).await
}

fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

async fn connect(settings: &HttpSettings) -> io::Result<TcpStream> {
    TcpStream::connect((reachable(&settings.host).as_str(), settings.port)).await
}

async fn ask_on(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<bool> {
    stream
        .write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await?;
    let mut line = String::new();
    BufReader::new(stream.take(LONGEST_STATUS_LINE_BYTES))
        .read_line(&mut line)
        .await?;
    Ok(matches!(line.split(' ').nth(1), Some("200" | "401")))
}

/// An exporter that listens on every address is reached on loopback.
fn reachable(host: &str) -> String {
    match host.parse() {
        Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) => Ipv4Addr::LOCALHOST.to_string(),
        Ok(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) => Ipv6Addr::LOCALHOST.to_string(),
        _ => host.to_owned(),
    }
}
