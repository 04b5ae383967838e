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
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::settings::{HttpSettings, ListenAddress};

const DEADLINE: Duration = Duration::from_secs(5);

/// An answer of `/health` is shorter, and who listens there may be somebody else.
const LONGEST_ANSWER_BYTES: u64 = 16 << 10;
const MOST_CHARACTERS_SAID: usize = 2_000;
/// From the status line to the end of the answer.
const REASON_WITHIN: Duration = Duration::from_secs(1);

/// Why the exporter does not count as healthy.
#[derive(Debug, thiserror::Error)]
pub enum Unhealthy {
    /// There is no answer.
    #[error("{url} does not answer")]
    NoAnswer {
        /// What was asked.
        url: String,
        /// Why there is none.
        source: io::Error,
    },
    /// The answer is not that of a healthy exporter.
    #[error("{url} answers {answer}")]
    Degraded {
        /// What was asked.
        url: String,
        /// Status line and body, in one line.
        answer: String,
    },
}

/// Asks whether `/health` answers 200. Where that takes a user or a certificate of the client, which this check has not,
/// it is enough that somebody asks for them.
///
/// # Errors
/// When there is another answer, or none within 5 seconds.
pub async fn check(settings: &HttpSettings) -> Result<(), Unhealthy> {
    let Some(address) = settings.listen.first() else {
        return Ok(());
    };
    // The file may ask for TLS or not, and it may have changed since the exporter could read it.
    if settings.web_config_file.is_some() {
        let asked = in_time(ask_over_tls(address)).await;
        match asked.as_ref().map_err(tls_error) {
            Err(Some(rustls::Error::AlertReceived(_))) => return Ok(()),
            Err(Some(rustls::Error::InvalidMessage(_))) => {}
            _ => return judge(url("https", address), asked),
        }
    }
    let asked = in_time(async { ask_on(connect(address).await?).await }).await;
    judge(url("http", address), asked)
}

async fn in_time(asking: impl Future<Output = io::Result<String>>) -> io::Result<String> {
    timeout(DEADLINE, asking).await?
}

fn url(scheme: &str, address: &ListenAddress) -> String {
    let address = ListenAddress {
        host: reachable(&address.host),
        port: address.port,
    };
    format!("{scheme}://{address}/health")
}

fn judge(url: String, answer: io::Result<String>) -> Result<(), Unhealthy> {
    match answer {
        Ok(answer) if is_well(&answer) => Ok(()),
        Ok(answer) => {
            let one_line = answer.split_whitespace().collect::<Vec<_>>().join(" ");
            let printable = one_line.replace(char::is_control, "?");
            let answer = printable.chars().take(MOST_CHARACTERS_SAID).collect();
            Err(Unhealthy::Degraded { url, answer })
        }
        Err(source) => Err(Unhealthy::NoAnswer { url, source }),
    }
}

fn is_well(answer: &str) -> bool {
    matches!(answer.split(' ').nth(1), Some("200" | "401"))
}

async fn ask_over_tls(address: &ListenAddress) -> io::Result<String> {
    let connector = TlsConnector::from(any_certificate::client_config()?);
    let name = ServerName::from(IpAddr::from(Ipv4Addr::LOCALHOST));
    let stream = connect(address).await?;
    ask_on(connector.connect(name, stream).await?).await
}

fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

async fn connect(address: &ListenAddress) -> io::Result<TcpStream> {
    TcpStream::connect((reachable(&address.host).as_str(), address.port)).await
}

async fn ask_on(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<String> {
    stream
        .write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await?;
    let mut stream = BufReader::new(stream.take(LONGEST_ANSWER_BYTES));
    let mut answer = Vec::new();
    stream.read_until(b'\n', &mut answer).await?;
    if !is_well(&String::from_utf8_lossy(&answer)) {
        // What it says further is for people. Who has answered may end the connection as it likes.
        let _ = timeout(REASON_WITHIN, stream.read_to_end(&mut answer)).await;
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// An exporter that listens on every address is reached on loopback.
fn reachable(host: &str) -> String {
    match host.parse() {
        Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) => Ipv4Addr::LOCALHOST.to_string(),
        Ok(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) => Ipv6Addr::LOCALHOST.to_string(),
        _ => host.to_owned(),
    }
}
