//! What may happen to a vCenter and to the exporter without costing a cycle.

use std::num::NonZeroU32;
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};

use super::control::Step;
use super::disturbance::{Cost, Disturbance, pick};

/// Beginnings of names on the wire, and what is left of them behind the odd text.
const NAMES: &[(&str, &str)] = &[
    (">web-", "-"),
    (">db-", "-"),
    (">vdi-", "-"),
    (">esx", ""),
    (">Berlin<", "<"),
    (">Apps<", "<"),
    (">Team ", " "),
];

/// Texts that are no text: other encodings, half characters, characters and references that XML forbids.
const ODD_TEXTS: &[&[u8]] = &[
    b"M\xfcller",
    b"cut\xc3",
    b"\xf0\x9f\x98",
    b"\xed\xa0\x80",
    b"nul&#0;",
    b"half&#xD800;",
    b"entity&nbsp;",
    b"bell\x07",
    b"\x1b[31m",
    b"\xff\xfe",
];

/// What no disk can do, and what is no number.
const ABSURD_SAMPLES: &[&str] = &[
    "9223372036854775807",
    "18446744073709551615",
    "4294967295",
    "340282366920938463463374607431768211456",
    "-9223372036854775808",
    "1e99",
    "NaN",
    "",
    "\"7\"",
    "odd",
];

/// Bytes instead of characters in names, in what the server says of itself, and in the names of disks.
pub(super) fn odd_text(random: &mut Rng) -> Disturbance {
    let text = pick(random, ODD_TEXTS);
    let (name, rest) = pick(random, NAMES);
    let mut rules = Vec::new();
    for operation in [
        "WaitForUpdatesEx",
        "RetrievePropertiesEx",
        "ContinueRetrievePropertiesEx",
    ] {
        rules.push(replaced(operation, name, &[b">", text, rest.as_bytes()]));
    }
    for operation in ["Login", "RetrieveServiceContent"] {
        let start = "<fullName>";
        rules.push(replaced(operation, start, &[start.as_bytes(), text]));
    }
    if random.bool() {
        let start = "<instance>scsi";
        rules.push(replaced("QueryPerf", start, &[b"<instance>", text]));
    }
    let mut begin: Vec<Step> = rules.iter().map(|it| Step::post("/faults", it)).collect();
    // All names are listed again then.
    begin.push(Step::post("/drop-sessions", &""));
    Disturbance {
        kind: "odd text".to_owned(),
        details: format!("{name} {}", text.escape_ascii()),
        begin,
        end: vec![Step::delete("/faults")],
        cost: Cost::Vms(0),
        at_least: Duration::from_secs(2),
    }
}

fn replaced(operation: &str, text: &str, by: &[&[u8]]) -> Value {
    let effect = json!({"replace": {"text": text, "bytes": by.concat()}});
    json!({"operation": operation, "effect": effect})
}

/// Values beyond what disks can do, and values that are none.
pub(super) fn absurd_samples(random: &mut Rng, vms: u32) -> Disturbance {
    let rules: Vec<Value> = (0..random.u32(1..6))
        .map(|_| {
            let moref = format!("vm-{}", 1_001 + random.u32(0..vms));
            let every = NonZeroU32::MIN.saturating_add(random.u32(0..3));
            json!({"vm": moref, "text": pick(random, ABSURD_SAMPLES), "every": every})
        })
        .collect();
    Disturbance {
        kind: "absurd samples".to_owned(),
        details: Value::from(rules.clone()).to_string(),
        begin: rules
            .iter()
            .map(|it| Step::post("/odd-samples", it))
            .collect(),
        end: vec![Step::delete("/odd-samples")],
        cost: Cost::Vms(u64::try_from(rules.len()).unwrap_or(u64::MAX)),
        at_least: Duration::from_secs(2),
    }
}

/// Some hosts are minutes or hours ahead or behind.
pub(super) fn wrong_host_clocks(random: &mut Rng, hosts: &[String]) -> Disturbance {
    /// Twice as many as the mock begins with, because VMs move.
    const VMS_OF_A_HOST: u64 = 50;
    /// A sample shows half a minute after it was taken, and there is one in 20 s.
    const UNTIL_IT_SHOWS: Duration = Duration::from_secs(60);
    let clocks: Vec<Value> = (0..random.u32(1..4))
        .filter_map(|_| {
            let host = random.choice(hosts)?;
            let seconds = random.i32(120..7_200);
            let offset = if random.bool() { seconds } else { -seconds };
            Some(json!({"host": host, "offset_seconds": offset}))
        })
        .collect();
    let wrong = u64::try_from(clocks.len()).unwrap_or(u64::MAX);
    Disturbance {
        kind: "hosts' clocks are wrong".to_owned(),
        details: Value::from(clocks.clone()).to_string(),
        begin: clocks
            .iter()
            .map(|it| Step::post("/host-clocks", it))
            .collect(),
        end: vec![
            Step::Expect {
                line: "vcenter_collector_host_clock_offset_seconds{",
            },
            Step::delete("/host-clocks"),
        ],
        cost: Cost::Vms(wrong.saturating_mul(VMS_OF_A_HOST)),
        at_least: UNTIL_IT_SHOWS,
    }
}

/// Nobody reads standard error until its pipe is full.
pub(super) fn sleeping_log_reader() -> Disturbance {
    Disturbance {
        kind: "nobody reads the log".to_owned(),
        details: String::new(),
        begin: vec![Step::LogSleeps],
        end: vec![Step::LogIsRead],
        cost: Cost::Vms(0),
        at_least: Duration::from_secs(10),
    }
}

/// SIGHUP, upon which files are read again.
pub(super) fn hangup() -> Disturbance {
    Disturbance {
        kind: "SIGHUP".to_owned(),
        details: String::new(),
        begin: vec![Step::Hangup],
        end: vec![Step::Expect {
            line: "vcenter_collector_config_last_reload_successful 1",
        }],
        cost: Cost::Vms(0),
        at_least: Duration::from_secs(2),
    }
}
