//! A bare HTTP client on loopback: what it costs must not show in what it measures.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, bail};

/// Longer than any answer here takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);

/// A connection that is kept for request after request.
pub(super) struct Connection {
    address: String,
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// `url` is `http://` and an address.
    pub(super) fn open(url: &str) -> anyhow::Result<Self> {
        let address = url.strip_prefix("http://").context("not a plain URL")?;
        let address = address.trim_end_matches('/').to_owned();
        let stream =
            TcpStream::connect(&address).with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(DEADLINE))?;
        let stream = BufReader::with_capacity(256 * 1024, stream);
        Ok(Self { address, stream })
    }

    /// The text of an answer.
    pub(super) fn text(&mut self, method: &str, path: &str, body: &str) -> anyhow::Result<String> {
        self.send(method, path, "", body)?;
        let length = self.head(path)?;
        let mut text = vec![0; length];
        self.stream.read_exact(&mut text)?;
        Ok(String::from_utf8(text)?)
    }

    /// Reads an answer to its end and keeps nothing but its length. `headers` end in line breaks.
    pub(super) fn length(&mut self, path: &str, headers: &str) -> anyhow::Result<u64> {
        self.send("GET", path, headers, "")?;
        let length = self.head(path)?;
        let mut left = length;
        while left > 0 {
            let available = self.stream.fill_buf()?.len();
            if available == 0 {
                bail!("GET {path}: the answer was cut off");
            }
            let taken = available.min(left);
            self.stream.consume(taken);
            left -= taken;
        }
        Ok(u64::try_from(length)?)
    }

    /// Sends a request and leaves its answer where it is.
    pub(super) fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> anyhow::Result<()> {
        let (address, length) = (&self.address, body.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        Ok(())
    }

    /// Length of the body that follows, which must belong to an answer of status 200 or 204.
    fn head(&mut self, path: &str) -> anyhow::Result<usize> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut length = 0;
        loop {
            line.clear();
            if self.stream.read_line(&mut line)? <= 2 {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse()?;
            }
        }
        if !matches!(status.as_str(), "200" | "204") {
            bail!("{path} answers {status}");
        }
        Ok(length)
    }
}
