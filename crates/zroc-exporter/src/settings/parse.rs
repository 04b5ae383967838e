//! Readers of single values. Each returns `None` for what the setting does not accept.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use planner_core::inventory::filter::Pattern;

/// A day: longer pauses and timeouts are mistakes.
const LONGEST: Duration = Duration::from_secs(86_400);

/// Cycles more often than this, or less time for a call, are mistakes too.
const SHORTEST: Duration = Duration::from_millis(100);

pub(super) fn switch(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" => Some(true),
        "0" | "false" | "no" => Some(false),
        _ => None,
    }
}

/// Bare numbers are seconds.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let duration = match text.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok()?,
        Err(_) => Duration::try_from(text.parse::<SignedDuration>().ok()?).ok()?,
    };
    (duration <= LONGEST).then_some(duration)
}

/// Where no time at all makes no sense.
pub(super) fn period(text: &str) -> Option<Duration> {
    duration(text).filter(|duration| *duration >= SHORTEST)
}

pub(super) fn number(text: &str, allowed: std::ops::RangeInclusive<u32>) -> Option<u32> {
    text.parse().ok().filter(|number| allowed.contains(number))
}

pub(super) fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port != 0)
}

/// A name or address, without scheme, port, path or blanks. IPv6 addresses may stand in brackets.
pub(super) fn host(text: &str) -> Option<String> {
    let bracketed = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let address = bracketed.unwrap_or(text);
    let is_valid = address.parse::<Ipv6Addr>().is_ok()
        || text.parse::<Ipv4Addr>().is_ok()
        || is_host_name(text);
    is_valid.then(|| address.to_owned())
}

/// Whether DNS could know the name. A number at the end, hexadecimal ones included, makes it an IPv4 address with a
/// mistake in it.
fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        (1..=63).contains(&label.len()) && label.chars().all(is_plain)
    };
    let is_number =
        |label: &str| label.starts_with("0x") || label.chars().all(|c| c.is_ascii_digit());
    let name = text.strip_suffix('.').unwrap_or(text);
    let last = name.rsplit('.').next().unwrap_or(name);
    name.len() <= 253 && name.split('.').all(is_label) && !is_number(last)
}

pub(super) fn user(text: &str) -> Option<String> {
    (!text.is_empty() && !text.contains(char::is_control)).then(|| text.to_owned())
}

/// Names separated by commas. Names hold no comma of their own here: `?` stands in for it.
pub(super) fn patterns(text: &str) -> Option<Vec<Pattern>> {
    let patterns: Vec<Pattern> = text.split(',').map(str::trim).map(Pattern::new).collect();
    let has_empty = text.split(',').any(|pattern| pattern.trim().is_empty());
    (!has_empty).then_some(patterns)
}

/// A path that a file can be made at.
pub(super) fn file_in_a_folder(text: &str) -> Option<PathBuf> {
    let path = PathBuf::from(text);
    let folder = path.parent()?;
    let is_there = folder.as_os_str().is_empty() || folder.is_dir();
    (is_there && path.file_name().is_some() && !path.is_dir()).then_some(path)
}
