//! Parsers of single values.

use std::borrow::Cow;
use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use planner_core::collection::VcenterName;
use planner_core::inventory::filter::Pattern;

use crate::state_file::{end_of_links, irregular};

/// Why a setting does not accept a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unfit {
    /// It is none of the texts that the table of settings allows.
    NotAllowed,
    /// It looks like one of them, but has this fault: a clause that follows the text.
    Because(Cow<'static, str>),
    /// It may hold a secret, so only what is wrong with it is shown: a predicate that follows the setting's name.
    Secret(&'static str),
}

impl Unfit {
    pub(super) const fn because(fault: &'static str) -> Self {
        Self::Because(Cow::Borrowed(fault))
    }
}

pub(super) type Parsed<T> = Result<T, Unfit>;

/// A day: longer pauses and timeouts are mistakes.
const LONGEST: Duration = Duration::from_secs(86_400);

/// Labels are for people.
const LONGEST_NAME_BYTES: usize = 200;

/// Cycles more often than this, or less time for a call, are mistakes too.
const SHORTEST: Duration = Duration::from_millis(100);

pub(super) fn switch(text: &str) -> Parsed<bool> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" => Ok(true),
        "0" | "false" | "no" => Ok(false),
        _ => Err(Unfit::NotAllowed),
    }
}

/// Bare numbers are seconds.
pub(super) fn duration(text: &str) -> Parsed<Duration> {
    let duration = match text.parse() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        Err(_) => text
            .parse::<SignedDuration>()
            .ok()
            .and_then(|duration| duration.try_into().ok()),
    };
    match duration {
        Some(duration) if duration > LONGEST => Err(Unfit::because("which is longer than a day")),
        Some(duration) => Ok(duration),
        None => Err(Unfit::NotAllowed),
    }
}

/// A duration that must not be zero.
pub(super) fn period(text: &str) -> Parsed<Duration> {
    let duration = duration(text)?;
    if duration < SHORTEST {
        return Err(Unfit::because("which is shorter than 0.1 s"));
    }
    Ok(duration)
}

pub(super) fn number(text: &str, allowed: RangeInclusive<u32>) -> Parsed<u32> {
    let number = text.parse().ok();
    number
        .filter(|number| allowed.contains(number))
        .ok_or(Unfit::NotAllowed)
}

pub(super) fn port(text: &str) -> Parsed<u16> {
    match port_or_zero(text)? {
        0 => Err(Unfit::NotAllowed),
        port => Ok(port),
    }
}

pub(super) fn port_or_zero(text: &str) -> Parsed<u16> {
    // Kubernetes sets `VCENTER_PORT=tcp://10.0.0.1:443` for a service named `vcenter`.
    if ["tcp://", "udp://", "sctp://"]
        .iter()
        .any(|scheme| text.starts_with(scheme))
    {
        return Err(Unfit::because(
            "which Kubernetes sets for a service of that name; set `enableServiceLinks: false` in the pod's spec",
        ));
    }
    text.parse().map_err(|_| Unfit::NotAllowed)
}

/// A name or address, without scheme, port, path or blanks. An IPv6 address may have brackets.
pub(super) fn host(text: &str) -> Parsed<String> {
    if text.contains('@') {
        return Err(Unfit::Secret(
            "holds a user name or password before an `@`; these belong into settings of their own",
        ));
    }
    if text.contains("://") {
        return Err(Unfit::because("which has a scheme"));
    }
    if text.contains('/') {
        return Err(Unfit::because("which has a path"));
    }
    let bracketed = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let address = bracketed.unwrap_or(text);
    if address.parse::<Ipv6Addr>().is_ok() || text.parse::<Ipv4Addr>().is_ok() {
        return Ok(address.to_owned());
    }
    if let Some((_, port)) = text.rsplit_once(':')
        && port.parse::<u16>().is_ok()
    {
        return Err(Unfit::because(
            "which has a port; that belongs into a setting of its own",
        ));
    }
    host_name(text)
}

/// A name that DNS could know. A number at the end, hexadecimal ones included, makes it an IPv4 address with a mistake in it.
fn host_name(text: &str) -> Parsed<String> {
    let is_label = |label: &str| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        (1..=63).contains(&label.len()) && label.chars().all(is_plain)
    };
    let is_number =
        |label: &str| label.starts_with("0x") || label.chars().all(|c| c.is_ascii_digit());
    let name = text.strip_suffix('.').unwrap_or(text);
    let last = name.rsplit('.').next().unwrap_or(name);
    if name.len() > 253 || !name.split('.').all(is_label) {
        Err(Unfit::NotAllowed)
    } else if is_number(last) {
        Err(Unfit::because(
            "which ends in a number like an IPv4 address, but is not one",
        ))
    } else {
        Ok(text.to_owned())
    }
}

pub(super) fn user(text: &str) -> Parsed<String> {
    if text.is_empty() {
        Err(Unfit::NotAllowed)
    } else if text.contains(char::is_control) {
        Err(Unfit::because("which has a control character"))
    } else {
        Ok(text.to_owned())
    }
}

/// A name with `*` and `?` as wildcards. Where names are separated by commas, one cannot have a comma of its own; `?` matches
/// it.
pub(super) fn pattern(text: &str) -> Parsed<Pattern> {
    match text {
        "" => Err(Unfit::because("which has an empty name")),
        name => Ok(Pattern::new(name)),
    }
}

/// The name of a custom attribute, as people typed it. Where names are separated by commas, one cannot have a comma of its own.
pub(super) fn attribute(text: &str) -> Parsed<Arc<str>> {
    if text.is_empty() {
        Err(Unfit::because("which has an empty name"))
    } else if text.len() > LONGEST_NAME_BYTES {
        Err(Unfit::because("which has a name of more than 200 bytes"))
    } else if text.contains(char::is_control) {
        Err(Unfit::because("which has a control character"))
    } else {
        Ok(Arc::from(text))
    }
}

/// A label value that people read.
pub(super) fn name(text: &str) -> Parsed<VcenterName> {
    if text.is_empty() || text.len() > LONGEST_NAME_BYTES || text.contains(char::is_control) {
        Err(Unfit::NotAllowed)
    } else {
        Ok(VcenterName::new(text))
    }
}

/// A host and a port. Without a host it is every address of this machine.
pub(super) fn listen_address(text: &str) -> Parsed<(Option<String>, u16)> {
    let Some((address, port)) = text.rsplit_once(':') else {
        return Err(Unfit::because("which has no port"));
    };
    if address.contains(':') && !address.starts_with('[') {
        return Err(Unfit::because(
            "which needs brackets around its IPv6 address, such as `[::]:9272`",
        ));
    }
    let port = port.parse().map_err(|_| Unfit::NotAllowed)?;
    match address {
        "" => Ok((None, port)),
        address => Ok((Some(host(address)?), port)),
    }
}

/// A path that a regular file is at, or can be made at. Links are followed.
pub(super) fn file_in_a_folder(path: &Path) -> Parsed<()> {
    if let Ok(found) = fs::metadata(path)
        && let Some(irregular) = irregular(found.file_type())
    {
        return Err(Unfit::because(irregular));
    }
    let target = end_of_links(path).map_err(|_| Unfit::because("which leads nowhere"))?;
    let (Some(folder), Some(_)) = (target.parent(), target.file_name()) else {
        return Err(Unfit::NotAllowed);
    };
    if !folder.as_os_str().is_empty() && !folder.is_dir() {
        return Err(Unfit::because("whose folder does not exist"));
    }
    Ok(())
}

/// A folder that is there. Links are followed.
pub(super) fn folder(path: &Path) -> Parsed<()> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(Unfit::because("which is not a folder")),
        Err(error) => Err(Unfit::Because(
            format!("which cannot be used ({error})").into(),
        )),
    }
}
