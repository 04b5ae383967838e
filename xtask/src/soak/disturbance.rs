//! What can happen to a vCenter and cost cycles.

use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};

use super::control::Step;

/// What a rule does to calls, as the mock's control endpoint takes it. Another kind of fault is one more line.
///
/// Two are missing: a refused password, which the exporter does not send again for minutes (see [`wrong_password`]), and
/// a server that says of living sessions that they are gone (see [`false_loss`]), even when one is to be ended.
const EFFECTS: &[(&str, &str)] = &[
    ("no answer", r#"{"delay": 60000}"#),
    ("late answer", r#"{"delay": 400}"#),
    ("closed connection", r#""close_connection""#),
    ("reset before the answer", r#"{"reset": 0}"#),
    ("reset within the answer", r#"{"reset": 150}"#),
    ("unreachable", r#""unreachable""#),
    ("another certificate", r#""other_certificate""#),
    ("answer cut off", r#"{"truncate_body": 150}"#),
    ("one byte a second", r#"{"drip": 1}"#),
    ("session gone", r#""not_authenticated""#),
    ("garbage", r#"{"garbage": 5000}"#),
    ("broken gzip", r#"{"gzip_garbage": 5000}"#),
    ("gzip bomb", r#"{"gzip_bomb": 300}"#),
    (
        "plain text as content type",
        r#"{"content_type": "text/plain"}"#,
    ),
    (
        "500 without a body",
        r#"{"status": {"code": 500, "content_type": "text/html", "body": ""}}"#,
    ),
    (
        "502 with HTML",
        r#"{"status": {"code": 502, "content_type": "text/html", "body": "<html><body>Bad Gateway<br></body></html>"}}"#,
    ),
    (
        "503 with text",
        r#"{"status": {"code": 503, "content_type": "text/plain", "body": "503 Service Unavailable"}}"#,
    ),
    (
        "504 with HTML",
        r#"{"status": {"code": 504, "content_type": "text/html", "body": "<html><body>Gateway Time-out</body></html>"}}"#,
    ),
    (
        "407 of a proxy",
        r#"{"status": {"code": 407, "content_type": "text/html", "body": "<html>Proxy Authentication Required</html>"}}"#,
    ),
    (
        "200 with HTML",
        r#"{"status": {"code": 200, "content_type": "text/html", "body": "<html><body>Log in</body></html>"}}"#,
    ),
    (
        "XML with a DTD",
        r#"{"status": {"code": 200, "content_type": "text/xml", "body": "<!DOCTYPE a [<!ENTITY b \"bb\">]><a>&b;</a>"}}"#,
    ),
    (
        "SystemError",
        r#"{"fault": {"fault_type": "SystemError", "message": "", "fields_xml": "<reason>busy</reason>"}}"#,
    ),
    (
        "NoPermission",
        r#"{"fault": {"fault_type": "NoPermission", "message": "", "fields_xml": ""}}"#,
    ),
    (
        "RequestCanceled",
        r#"{"fault": {"fault_type": "RequestCanceled", "message": "", "fields_xml": ""}}"#,
    ),
    (
        "InvalidState",
        r#"{"fault": {"fault_type": "InvalidState", "message": "", "fields_xml": ""}}"#,
    ),
    (
        "HostNotConnected",
        r#"{"fault": {"fault_type": "HostNotConnected", "message": "", "fields_xml": ""}}"#,
    ),
    (
        "RestrictedByAdministrator",
        r#"{"fault": {"fault_type": "RestrictedByAdministrator", "message": "", "fields_xml": ""}}"#,
    ),
    (
        "InvalidArgument",
        r#"{"fault": {"fault_type": "InvalidArgument", "message": "A specified parameter was not correct: querySpec.size", "fields_xml": "<invalidProperty>querySpec.size</invalidProperty>"}}"#,
    ),
];

/// What is called in each cycle, or in each session; the first ones are most of all calls.
const OPERATIONS: &[&str] = &[
    "*",
    "*",
    "*",
    "QueryPerf",
    "QueryPerf",
    "QueryPerf",
    "WaitForUpdatesEx",
    "WaitForUpdatesEx",
    "CurrentTime",
    "RetrievePropertiesEx",
    "ContinueRetrievePropertiesEx",
    "vimServiceVersions.xml",
    "RetrieveServiceContent",
    "Login",
    "Login",
    "Logout",
    "CreateContainerView",
    "CreateFilter",
    "QueryOptions",
];

/// Something that begins, lasts for a while and ends.
pub(super) struct Disturbance {
    /// Those of one kind are counted together.
    pub(super) kind: String,
    pub(super) details: String,
    pub(super) begin: Vec<Step>,
    pub(super) end: Vec<Step>,
    pub(super) cost: Cost,
    /// How long it lasts at least, because its effect needs time.
    pub(super) at_least: Duration,
}

/// What it may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cost {
    /// Whole cycles.
    Cycles,
    /// The values of this many VMs.
    Vms(u64),
}

pub(super) fn fault(random: &mut Rng) -> Disturbance {
    let (effect_name, rule) = rule(random);
    let mut begin = vec![Step::post("/faults", &rule)];
    // Otherwise nothing might be called that belongs to the beginning of a session.
    if random.bool() {
        begin.push(Step::post("/drop-sessions", &""));
    }
    Disturbance {
        kind: effect_name.to_owned(),
        details: rule.to_string(),
        begin,
        end: vec![Step::delete("/faults")],
        cost: Cost::Cycles,
        at_least: Duration::ZERO,
    }
}

pub(super) fn two_faults(random: &mut Rng) -> Disturbance {
    let [(_, one), (_, other)] = [rule(random), rule(random)];
    Disturbance {
        kind: "two faults at the same time".to_owned(),
        details: format!("{one} {other}"),
        begin: vec![Step::post("/faults", &one), Step::post("/faults", &other)],
        end: vec![Step::delete("/faults")],
        cost: Cost::Cycles,
        at_least: Duration::ZERO,
    }
}

fn rule(random: &mut Rng) -> (&'static str, Value) {
    let (name, effect) = pick(random, EFFECTS);
    // The table is checked by a test.
    let mut effect: Value = serde_json::from_str(effect).unwrap_or_default();
    if random.bool() {
        let (probability, seed) = (random.f64(), random.u32(..));
        effect = json!({"sometimes": {"probability": probability, "seed": seed, "effect": effect}});
    }
    let operation = pick(random, OPERATIONS);
    (name, json!({"operation": operation, "effect": effect}))
}

/// The server says that a session is gone that it still has.
pub(super) fn false_loss(random: &mut Rng) -> Disturbance {
    let calls = ["WaitForUpdatesEx", "CurrentTime", "QueryPerf"];
    let operation = pick(random, &calls);
    let fault = json!({"fault_type": "NotAuthenticated", "message": "", "fields_xml": ""});
    let rule = json!({"operation": operation, "effect": {"fault": fault}});
    Disturbance {
        kind: "a session that is not gone".to_owned(),
        details: rule.to_string(),
        begin: vec![Step::post("/faults", &rule)],
        end: vec![Step::delete("/faults")],
        cost: Cost::Cycles,
        at_least: Duration::ZERO,
    }
}

/// Some VMs make each query fail that names them.
pub(super) fn poisonous_vms(random: &mut Rng, vms: u32) -> Disturbance {
    let rules: Vec<Value> = (0..random.u32(1..4))
        .map(|_| {
            let moref = format!("vm-{}", 1_001 + random.u32(0..vms));
            let fault = json!({"fault_type": "InvalidArgument", "message": "", "fields_xml": ""});
            json!({"operation": "QueryPerf", "object": moref, "effect": {"fault": fault}})
        })
        .collect();
    Disturbance {
        kind: "VMs that spoil queries".to_owned(),
        details: Value::from(rules.clone()).to_string(),
        begin: rules.iter().map(|it| Step::post("/faults", it)).collect(),
        end: vec![Step::delete("/faults")],
        cost: Cost::Cycles,
        at_least: Duration::ZERO,
    }
}

/// Nobody listens for a while, and afterwards nobody is logged in.
pub(super) fn restart() -> Disturbance {
    let away = json!({"operation": "*", "effect": "unreachable"});
    Disturbance {
        kind: "vCenter restarts".to_owned(),
        details: String::new(),
        begin: vec![Step::post("/faults", &away)],
        end: vec![Step::post("/drop-sessions", &""), Step::delete("/faults")],
        cost: Cost::Cycles,
        at_least: Duration::ZERO,
    }
}

pub(super) fn clock_jump(random: &mut Rng) -> Disturbance {
    let seconds = random.i32(-900..900);
    Disturbance {
        kind: "clock jumps".to_owned(),
        details: format!("{seconds} s"),
        begin: vec![Step::post("/clock", &json!({"advance_seconds": seconds}))],
        end: vec![Step::post("/clock", &json!({"offset_seconds": 0}))],
        cost: Cost::Cycles,
        at_least: Duration::ZERO,
    }
}

pub(super) fn ended_sessions() -> Disturbance {
    Disturbance {
        kind: "sessions end".to_owned(),
        details: String::new(),
        begin: vec![Step::post("/drop-sessions", &"")],
        end: Vec::new(),
        cost: Cost::Cycles,
        at_least: Duration::ZERO,
    }
}

/// The secret is wrong when a login is due, until it is put right.
pub(super) fn wrong_password() -> Disturbance {
    Disturbance {
        kind: "wrong password".to_owned(),
        details: String::new(),
        begin: vec![Step::WrongPassword, Step::post("/drop-sessions", &"")],
        end: vec![Step::RightPassword],
        cost: Cost::Cycles,
        at_least: Duration::ZERO,
    }
}

/// As after an upgrade, which ends all sessions.
pub(super) fn new_counter_ids(random: &mut Rng) -> Disturbance {
    let shift = random.u32(0..50);
    Disturbance {
        kind: "counters get other ids".to_owned(),
        details: format!("shifted by {shift}"),
        begin: vec![Step::post("/settings", &json!({"counter_id_shift": shift}))],
        end: Vec::new(),
        cost: Cost::Cycles,
        at_least: Duration::ZERO,
    }
}

pub(super) fn pick<T: Copy>(random: &mut Rng, from: &[T]) -> T {
    from[random.usize(..from.len())]
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::EFFECTS;

    #[test]
    fn effects_are_json() {
        for (name, effect) in EFFECTS {
            let parsed = serde_json::from_str::<Value>(effect);
            assert!(parsed.is_ok(), "{name}: {effect}");
        }
    }
}
