//! HTTP answers: headers as vCenter sends them, gzip, and bodies that break off on purpose.

use std::io::Write;
use std::num::NonZeroU32;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderValue, SET_COOKIE, VARY,
};
use hyper::{Response, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use tokio::time::{Instant, Sleep};

pub(crate) const XML: &str = "text/xml; charset=utf-8";

/// The lengths of answers that are compressed: shorter ones are not worth it, and longer ones are made to be long.
const COMPRESSED: Range<usize> = 1024..64 << 20;

/// An answer before it is put on the wire.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
    /// Whether the body is to be taken for gzip as it is.
    pub(crate) claims_gzip: bool,
    pub(crate) cookie: Option<String>,
}

/// How an answer is spoiled on its way.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Delivery {
    /// Announces the whole body and sends only that many bytes of it.
    pub(crate) cut_after: Option<usize>,
    /// Sends it no faster than this.
    pub(crate) bytes_per_second: Option<NonZeroU32>,
}

/// The connection is to be closed here and now.
#[derive(Debug, thiserror::Error)]
#[error("the connection is closed on purpose")]
pub(crate) struct Closed;

impl Reply {
    pub(crate) fn xml(status: StatusCode, body: String) -> Self {
        Self {
            status,
            content_type: XML.to_owned(),
            body: body.into_bytes(),
            claims_gzip: false,
            cookie: None,
        }
    }

    pub(crate) fn text(status: StatusCode, body: &str) -> Self {
        Self {
            status,
            content_type: "text/plain".to_owned(),
            body: body.as_bytes().to_vec(),
            claims_gzip: false,
            cookie: None,
        }
    }

    /// Well-formed XML of this many mebibytes, nearly all spaces.
    pub(crate) fn bloated(mebibytes: usize) -> Self {
        let mut body = vec![b' '; mebibytes << 20];
        body.splice(..0, *b"<a>");
        body.extend(b"</a>");
        Self {
            body,
            ..Self::xml(StatusCode::OK, String::new())
        }
    }

    /// The same in gzip.
    pub(crate) fn gzip_bomb(mebibytes: usize) -> Self {
        let bloated = Self::bloated(mebibytes);
        Self {
            body: compress(&bloated.body, Compression::fast().level()).unwrap_or_default(),
            claims_gzip: true,
            ..bloated
        }
    }

    /// `gzip` is the level, if the client accepts it.
    pub(crate) fn into_response(
        self,
        now: Timestamp,
        gzip: Option<u32>,
        delivery: Delivery,
    ) -> Response<ReplyBody> {
        let level = gzip.filter(|_| !self.claims_gzip && COMPRESSED.contains(&self.body.len()));
        let compressed = level.and_then(|level| compress(&self.body, level));
        let is_compressed = self.claims_gzip || compressed.is_some();
        let whole = Bytes::from(compressed.unwrap_or(self.body));
        let announced = whole.len() as u64;
        let cut = delivery.cut_after.map(|length| length.min(whole.len()));
        let mut response = Response::new(ReplyBody {
            left: cut.map_or_else(|| whole.clone(), |length| whole.slice(..length)),
            announced,
            breaks: cut.is_some(),
            flushed: false,
            drip: delivery.bytes_per_second.map(Drip::new),
        });
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        if is_compressed {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        let date = DateTimePrinter::new()
            .timestamp_to_rfc9110_string(&now)
            .ok();
        for (name, value) in [
            (CONTENT_TYPE, Some(self.content_type)),
            (DATE, date),
            (SET_COOKIE, self.cookie.map(|value| cookie_header(&value))),
        ] {
            if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
                headers.insert(name, value);
            }
        }
        response
    }
}

/// As recorded from 6.5 to 9.0: quotes, attributes and a semicolon at the end.
fn cookie_header(value: &str) -> String {
    format!("vmware_soap_session=\"{value}\"; Path=/; HttpOnly; Secure;")
}

fn compress(body: &[u8], level: u32) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}

/// A body in one piece or in drops, which may end before its announced length.
#[derive(Debug)]
pub(crate) struct ReplyBody {
    left: Bytes,
    announced: u64,
    breaks: bool,
    /// Whether hyper had its chance to flush what was sent before the break.
    flushed: bool,
    drip: Option<Drip>,
}

/// Small pieces at even distances.
#[derive(Debug)]
struct Drip {
    piece: usize,
    every: Duration,
    next: Pin<Box<Sleep>>,
}

impl Drip {
    fn new(bytes_per_second: NonZeroU32) -> Self {
        /// Enough for a steady trickle.
        const PIECES_PER_SECOND: u32 = 20;
        let rate = bytes_per_second.get();
        let piece = (rate / PIECES_PER_SECOND).max(1);
        Self {
            piece: usize::try_from(piece).unwrap_or(usize::MAX),
            every: Duration::from_secs(1) * piece / rate,
            next: Box::pin(tokio::time::sleep(Duration::ZERO)),
        }
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Closed;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Closed>>> {
        if !self.left.is_empty() {
            let mut length = self.left.len();
            if let Some(drip) = &mut self.drip {
                ready!(drip.next.as_mut().poll(context));
                drip.next.as_mut().reset(Instant::now() + drip.every);
                length = length.min(drip.piece);
            }
            return Poll::Ready(Some(Ok(Frame::data(self.left.split_to(length)))));
        }
        if !self.breaks {
            return Poll::Ready(None);
        }
        if self.flushed {
            return Poll::Ready(Some(Err(Closed)));
        }
        self.flushed = true;
        context.waker().wake_by_ref();
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        !self.breaks && self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.announced)
    }
}
