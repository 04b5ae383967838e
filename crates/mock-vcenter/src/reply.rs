//! HTTP answers: headers as vCenter sends them, gzip, and bodies that break off on purpose.

use std::io::Write;
use std::pin::Pin;
use std::task::{Context, Poll};

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

pub(crate) const XML: &str = "text/xml; charset=utf-8";

/// Answers smaller than this are not worth compressing.
const GZIP_FROM: usize = 1024;

/// An answer before it is put on the wire.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) content_type: String,
    pub(crate) body: String,
    pub(crate) cookie: Option<String>,
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
            body,
            cookie: None,
        }
    }

    pub(crate) fn text(status: StatusCode, body: &str) -> Self {
        Self {
            status,
            content_type: "text/plain".to_owned(),
            body: body.to_owned(),
            cookie: None,
        }
    }

    /// `cut_after` announces the whole body and sends only that many bytes of it.
    pub(crate) fn into_response(
        self,
        now: Timestamp,
        gzip: bool,
        cut_after: Option<usize>,
    ) -> Response<ReplyBody> {
        let compressed = if gzip && self.body.len() >= GZIP_FROM {
            compress(&self.body)
        } else {
            None
        };
        let is_compressed = compressed.is_some();
        let whole = compressed.map_or_else(|| Bytes::from(self.body), Bytes::from);
        let announced = whole.len() as u64;
        let sent = cut_after.map_or_else(|| whole.clone(), |n| whole.slice(..n.min(whole.len())));
        let breaks = cut_after.is_some();
        let mut response = Response::new(ReplyBody {
            sent: Some(sent),
            announced,
            breaks,
            flushed: false,
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

fn compress(body: &str) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body.as_bytes()).ok()?;
    encoder.finish().ok()
}

/// A body in one piece that may end before its announced length.
#[derive(Debug)]
pub(crate) struct ReplyBody {
    sent: Option<Bytes>,
    announced: u64,
    breaks: bool,
    /// Whether hyper had its chance to flush what was sent before the break.
    flushed: bool,
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Closed;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Closed>>> {
        if let Some(sent) = self.sent.take().filter(|sent| !sent.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(sent))));
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
        !self.breaks && self.sent.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.announced)
    }
}
