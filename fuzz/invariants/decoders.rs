//! What holds for whatever a server sends. The fuzz targets and the tests of the corpora check the same.

use std::fmt::Debug;

use vsphere_soap::decode::{self, Refusal};

/// Nobody wants to read more than this about an answer that cannot be read.
const LONGEST_ERROR_BYTES: usize = 2_000;

pub(crate) fn envelope(body: &[u8]) {
    check(body, |body| Ok(decode::fault(body)?));
    check(body, decode::service_content);
    check(body, decode::login);
    check(body, decode::current_time);
    check(body, decode::create_container_view);
    check(body, decode::provider_summary);
    check(body, decode::available_metrics);
    check(body, |body| decode::void(body, "Logout"));
}

pub(crate) fn property_collector(body: &[u8]) {
    check(body, decode::retrieve_properties);
    check(body, decode::fetch);
    check(body, decode::create_filter);
    check(body, decode::create_property_collector);
    check(body, decode::update_set);
    check(body, decode::perf_counters);
    check(body, decode::query_options);
}

pub(crate) fn query_perf(body: &[u8]) {
    check(body, decode::query_perf);
}

pub(crate) fn service_versions(body: &[u8]) {
    check(body, |body| Ok(decode::service_versions(body)?));
}

/// It does not panic, an error is short, and the shortcuts past the event reader change nothing: the same document with a
/// space in every tag, which none of them takes, reads the same.
fn check<T: Debug>(body: &[u8], decode: impl Fn(&[u8]) -> Result<T, Refusal>) {
    let read = |body: &[u8]| match decode(body) {
        Ok(value) => Some(format!("{value:?}")),
        Err(Refusal::Fault(fault)) => Some(format!("{fault:?}")),
        Err(Refusal::Malformed(error)) => {
            let length = error.to_string().len();
            assert!(length <= LONGEST_ERROR_BYTES, "{length} bytes");
            None
        }
    };
    let plain = read(body);
    if let Some(spaced) = with_spaces_in_tags(body) {
        let spaced_read = read(&spaced);
        assert_eq!(plain, spaced_read, "{}", String::from_utf8_lossy(&spaced));
    }
}

/// `None` for what has anything but tags and text.
fn with_spaces_in_tags(body: &[u8]) -> Option<Vec<u8>> {
    let mut spaced = Vec::with_capacity(body.len() * 2);
    let mut rest = body;
    while let Some(start) = rest.iter().position(|byte| *byte == b'<') {
        let (text, tag) = rest.split_at(start);
        spaced.extend_from_slice(text);
        let end = end_of_tag(tag)?;
        let (tag, after) = tag.split_at(end);
        let closing = if tag.ends_with(b"/>") { 2 } else { 1 };
        let (opening, closing) = tag.split_at(tag.len() - closing);
        spaced.extend_from_slice(opening);
        spaced.push(b' ');
        spaced.extend_from_slice(closing);
        rest = after;
    }
    spaced.extend_from_slice(rest);
    Some(spaced)
}

/// Where a tag ends, behind its `>`.
fn end_of_tag(tag: &[u8]) -> Option<usize> {
    let mut quote = None;
    for (place, byte) in tag.iter().enumerate().skip(1) {
        match (quote, byte) {
            (None, b'!' | b'?') if place == 1 => return None,
            (None, b'<') => return None,
            (None, b'>') => return Some(place + 1),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}
