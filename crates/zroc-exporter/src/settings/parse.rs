//! Readers of single values. Each returns `None` for what the setting does not accept.

use std::time::Duration;

use jiff::SignedDuration;
use planner_core::filter::Pattern;

/// A day: longer pauses and timeouts are mistakes.
const LONGEST: Duration = Duration::from_secs(86_400);

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

pub(super) fn positive_duration(text: &str) -> Option<Duration> {
    duration(text).filter(|duration| !duration.is_zero())
}

pub(super) fn number(text: &str, allowed: std::ops::RangeInclusive<u32>) -> Option<u32> {
    text.parse().ok().filter(|number| allowed.contains(number))
}

pub(super) fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port != 0)
}

/// A name or address, without scheme, port, path or blanks. IPv6 addresses may stand in brackets.
pub(super) fn host(text: &str) -> Option<String> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    if bare.parse::<std::net::IpAddr>().is_ok() {
        return Some(bare.to_owned());
    }
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    (!bare.is_empty() && bare.chars().all(is_name)).then(|| bare.to_owned())
}

/// Names separated by commas. Names hold no comma of their own here: `?` stands in for it.
pub(super) fn patterns(text: &str) -> Option<Vec<Pattern>> {
    let patterns: Vec<Pattern> = text.split(',').map(str::trim).map(Pattern::new).collect();
    let has_empty = text.split(',').any(|pattern| pattern.trim().is_empty());
    (!has_empty).then_some(patterns)
}
