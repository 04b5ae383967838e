//! Writes request bodies, in the order of the schema.

use std::fmt::Display;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::HeaderValue;
use secrecy::zeroize::Zeroizing;
use tokio::sync::watch;

use crate::moref::MoRef;
use crate::operation::Operation;
use crate::property_collector::{ObjectSelection, PropertyFilterSpec};
use crate::query_perf::PerfQuerySpec;
use crate::xml::escape::escape_into;

const ENVELOPE_START: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8"?>"#,
    r#"<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/""#,
    r#" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>"#,
);
const ENVELOPE_END: &str = "</soapenv:Body></soapenv:Envelope>";

/// All requests but queries are shorter. A buffer that never grows leaves no copy of the password in freed memory.
const USUAL_BYTES: usize = 8 << 10;

/// A call, ready to be sent. Not `Debug`: a login holds the password.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) operation: Operation,
    pub(crate) body: Bytes,
    /// How long the server is asked to hold the answer back.
    pub(crate) wait: Duration,
    /// What an honest answer does not exceed. The client's own limit applies too.
    pub(crate) most_answer_bytes: usize,
    /// The session cookie, once an answer has set one. It is known before the rest of the answer, whatever becomes of that;
    /// refusals may set one too. While an answer to a login may still come, the task that waits for it has a sender too.
    pub(crate) session_cookie: watch::Sender<Option<HeaderValue>>,
}

impl Request {
    /// A call of `operation` on `this`, with the arguments that `arguments` writes.
    pub(crate) fn new(
        operation: Operation,
        this: &MoRef,
        arguments: impl FnOnce(&mut Writer),
    ) -> Self {
        let mut writer = Writer {
            out: String::with_capacity(USUAL_BYTES),
        };
        writer.out.push_str(ENVELOPE_START);
        writer.out.push('<');
        writer.out.push_str(operation.name());
        writer.out.push_str(r#" xmlns="urn:vim25">"#);
        writer.moref("_this", this);
        arguments(&mut writer);
        writer.close(operation.name());
        writer.out.push_str(ENVELOPE_END);
        Self {
            operation,
            // A login holds the password.
            body: Bytes::from_owner(Zeroizing::new(writer.out.into_bytes())),
            wait: Duration::ZERO,
            most_answer_bytes: usize::MAX,
            session_cookie: watch::Sender::new(None),
        }
    }
}

/// Appends elements to a request.
pub(crate) struct Writer {
    out: String,
}

impl Writer {
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.open(name);
        escape_into(text, &mut self.out);
        self.close(name);
    }

    /// A value whose text needs no escaping, such as a number.
    pub(crate) fn value(&mut self, name: &str, value: impl Display) {
        use std::fmt::Write as _;
        self.open(name);
        // Writing to a String cannot fail.
        let _ = write!(self.out, "{value}");
        self.close(name);
    }

    /// A reference always names its kind: simulators refuse it otherwise.
    pub(crate) fn moref(&mut self, name: &str, moref: &MoRef) {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push_str(r#" type=""#);
        escape_into(moref.kind(), &mut self.out);
        self.out.push_str(r#"">"#);
        escape_into(moref.value(), &mut self.out);
        self.close(name);
    }

    pub(crate) fn filter_spec(&mut self, name: &str, spec: &PropertyFilterSpec) {
        self.open(name);
        for property in &spec.properties {
            self.open("propSet");
            self.text("type", property.kind);
            for path in property.paths {
                self.text("pathSet", path);
            }
            self.close("propSet");
        }
        match &spec.objects {
            ObjectSelection::View(view) => {
                self.open("objectSet");
                self.moref("obj", view.moref());
                self.value("skip", true);
                self.out.push_str(r#"<selectSet xsi:type="TraversalSpec">"#);
                self.text("name", "view");
                self.text("type", view.moref().kind());
                self.text("path", "view");
                self.value("skip", false);
                self.close("selectSet");
                self.close("objectSet");
            }
            ObjectSelection::Objects(objects) => {
                for object in objects {
                    self.open("objectSet");
                    self.moref("obj", object);
                    self.close("objectSet");
                }
            }
        }
        self.close(name);
    }

    pub(crate) fn perf_query_spec(&mut self, name: &str, spec: &PerfQuerySpec<'_>) {
        self.open(name);
        self.moref("entity", spec.entity);
        if let Some(time) = spec.start_time {
            self.value("startTime", time);
        }
        if let Some(time) = spec.end_time {
            self.value("endTime", time);
        }
        if let Some(samples) = spec.max_sample {
            self.value("maxSample", samples);
        }
        for metric in spec.metric_ids {
            self.open("metricId");
            self.value("counterId", metric.counter_id);
            self.text("instance", &metric.instance);
            self.close("metricId");
        }
        if let Some(interval) = spec.interval_id_seconds {
            self.value("intervalId", interval);
        }
        self.text("format", spec.format.as_str());
        self.close(name);
    }

    pub(crate) fn open(&mut self, name: &str) {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push('>');
    }

    pub(crate) fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }
}
