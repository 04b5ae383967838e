//! Which servers are called without the proxy: the rules of `NO_PROXY`.
//!
//! There is no standard. These are curl's rules, with the ports of Go and Python: what any of them takes for an exception is
//! one here.

use std::net::IpAddr;

use ipnet::IpNet;

/// Whether a list of exceptions holds this server. Commas or blanks separate its entries.
pub(super) fn excepts(list: &str, host: &str, port: u16) -> bool {
    let entries = list.split(|c: char| c == ',' || c.is_whitespace());
    entries
        .filter(|entry| !entry.is_empty())
        .any(|entry| is_about(entry, host, port))
}

fn is_about(entry: &str, host: &str, port: u16) -> bool {
    let (place, wanted_port) = split_port(entry);
    if wanted_port.is_some_and(|wanted| wanted != port) {
        return false;
    }
    if place == "*" {
        return true;
    }
    match host.parse::<IpAddr>() {
        Ok(address) => holds(place, address.to_canonical()),
        Err(_) => is_domain_of(place, host),
    }
}

/// Separates a port at the end from a name, address or network. An IPv6 address needs brackets before a port.
fn split_port(entry: &str) -> (&str, Option<u16>) {
    if let Some((address, rest)) = entry
        .strip_prefix('[')
        .and_then(|entry| entry.split_once(']'))
    {
        let port = rest.strip_prefix(':').and_then(|port| port.parse().ok());
        return (address, port);
    }
    match entry.split_once(':') {
        // Of more than one colon none is before a port.
        Some((place, port)) if !port.contains(':') => match port.parse() {
            Ok(port) => (place, Some(port)),
            Err(_) => (entry, None),
        },
        _ => (entry, None),
    }
}

fn holds(place: &str, address: IpAddr) -> bool {
    if let Ok(network) = place.parse::<IpNet>() {
        return network.contains(&address);
    }
    place
        .parse::<IpAddr>()
        .is_ok_and(|place| place.to_canonical() == address)
}

/// `corp`, `.corp` and `*.corp` stand for that domain and all below it.
fn is_domain_of(place: &str, host: &str) -> bool {
    let place = place.strip_prefix('*').unwrap_or(place);
    let domain = place.trim_start_matches('.').trim_end_matches('.');
    let domain = domain.to_ascii_lowercase();
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    !domain.is_empty()
        && host
            .strip_suffix(&domain)
            .is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_excepted_by_name_address_network_and_port() {
        for (list, host) in [
            ("*", "vc1.corp"),
            ("*", "10.0.0.7"),
            ("*", "fd00::7"),
            ("*:443", "10.0.0.7"),
            ("vc1.corp", "vc1.corp"),
            ("VC1.corp.", "vc1.CORP"),
            ("vc1.corp", "vc1.corp."),
            ("corp", "vc1.corp"),
            (".corp", "vc1.corp"),
            ("*.corp", "vc1.corp"),
            (".vc1.corp", "vc1.corp"),
            ("vc1.corp:443", "vc1.corp"),
            (".corp:443", "vc1.corp"),
            ("10.0.0.7", "10.0.0.7"),
            ("10.0.0.7:443", "10.0.0.7"),
            ("10.0.0.0/24", "10.0.0.7"),
            ("10.0.0.0/24:443", "10.0.0.7"),
            ("10.0.0.7/32", "10.0.0.7"),
            ("0.0.0.0/0", "10.0.0.7"),
            ("fd00::7", "fd00::7"),
            ("FD00:0::7", "fd00::7"),
            ("[fd00::7]", "fd00::7"),
            ("[fd00::7]:443", "fd00::7"),
            ("fd00::/8", "fd00::7"),
            ("10.0.0.7", "::ffff:10.0.0.7"),
            ("localhost, vc1.corp ,x", "vc1.corp"),
            ("localhost vc1.corp", "vc1.corp"),
            (",,vc1.corp,", "vc1.corp"),
        ] {
            assert!(excepts(list, host, 443), "{list:?} {host}");
        }
        for (list, host) in [
            ("", "vc1.corp"),
            (" , ", "vc1.corp"),
            (".", "vc1.corp"),
            ("vc1.corp:8443", "vc1.corp"),
            ("*:8443", "vc1.corp"),
            ("10.0.0.7:80", "10.0.0.7"),
            ("[fd00::7]:80", "fd00::7"),
            ("c1.corp", "vc1.corp"),
            ("a.vc1.corp", "vc1.corp"),
            ("vc1.corp.example", "vc1.corp"),
            ("10.0.0.70", "10.0.0.7"),
            ("10.0.1.0/24", "10.0.0.7"),
            ("10.0.0.0/33", "10.0.0.7"),
            ("0.0.7", "10.0.0.7"),
            ("fd00::/8", "10.0.0.7"),
            ("10.0.0.0/8", "vc1.corp"),
        ] {
            assert!(!excepts(list, host, 443), "{list:?} {host}");
        }
    }
}
