//! One fault of one operation: what the exporter says, and that nothing else happens.

use mock_vcenter::{Effect, FaultRule, MockVcenter, Options};
use rustix::process::Signal;
use serde_json::Value;
use tokio::time::timeout;

use super::faults::{Fault, Lasting, OPERATIONS};
use crate::exporter::{Exporter, PATIENCE};
use crate::staging::settings;

const VMS: usize = 8;
/// The fault lasts for at least this many whole cycles.
const CYCLES: u64 = 1;
/// The process itself, an answer of 64 MiB in full, and as much again while its room grows.
const MOST_MEMORY_KIB: u64 = (30 + 2 * 64) << 10;

/// The exporter does not wait for the answers of these.
const CLEANING_UP: [&str; 4] = [
    "DestroyView",
    "DestroyPropertyFilter",
    "DestroyPropertyCollector",
    "Logout",
];
/// Only called ahead of `CreateFilter`, when an earlier filter may still be there. Its failure is one to make a filter.
const AFTER_A_LOST_FILTER: &str = "CreatePropertyCollector";

/// An exporter that has collected once, and its vCenter.
pub(super) struct Stage {
    mock: MockVcenter,
    exporter: Exporter,
}

impl Stage {
    pub(super) async fn new(fault: &Fault) -> Self {
        let options = Options {
            page_limit: 5,
            update_limit: 5,
            ..Options::with_vms(VMS)
        };
        let mock = MockVcenter::start(options).await.unwrap();
        // What does not wait for a time-out must not meet one on a busy machine.
        let (request_timeout, cycle_timeout) = if fault.lasting == Lasting::Silence {
            ("1", "3")
        } else {
            ("50", "100")
        };
        let settings = settings(
            &mock,
            &[
                ("POLL_INTERVAL", "0.1"),
                ("VCENTER_REQUEST_TIMEOUT", request_timeout),
                ("CYCLE_TIMEOUT", cycle_timeout),
                ("VM_INVENTORY_TTL", "0.5"),
            ],
        );
        let exporter = Exporter::start(&settings).await;
        exporter.health_when(is_well).await;
        Self { mock, exporter }
    }

    /// The word for what `/health` says while the fault lasts.
    pub(super) async fn outcome(
        &mut self,
        fault: &Fault,
        operation: &str,
        effect: Effect,
    ) -> String {
        let cell = format!("{} of {operation}", fault.name);
        self.mock.reset_calls();
        let rule = FaultRule::on(operation, effect);
        self.mock.add_fault(match fault.lasting {
            Lasting::Once => rule.times(1),
            Lasting::UntilLifted | Lasting::Silence => rule,
        });
        // Much is only called at the start of a session.
        self.mock.drop_sessions();
        let called = timeout(PATIENCE, self.mock.called(operation, 1)).await;
        assert!(
            called.is_ok(),
            "{cell}: not called\n{}",
            self.exporter.log()
        );
        let struck = cycles(&self.health().await);
        let health = self
            .exporter
            .health_when(|health| cycles(health) > struck + CYCLES)
            .await;
        let word = word(&health, &cell);
        let page = self.exporter.page().await;
        let known = page.series("vcenter_vm_disk_provisioned_gb").len();
        assert_eq!(known, VMS, "{cell}: what was known is gone");
        assert!(self.mock.open_sessions() <= 1, "{cell}");

        self.mock.clear_faults();
        self.mock.set_clock_offset(0);
        let lifted = cycles(&self.health().await);
        self.exporter
            .health_when(|health| cycles(health) > lifted && is_well(health))
            .await;
        assert!(self.mock.open_sessions() <= 1, "{cell}");
        word.to_owned()
    }

    pub(super) async fn end(self) {
        let peak = peak_memory_kib(self.exporter.pid().as_raw_nonzero().get());
        assert!(peak <= MOST_MEMORY_KIB, "{peak} KiB");
        for operation in self.mock.calls().keys() {
            let is_told = OPERATIONS.contains(&operation.as_str())
                || CLEANING_UP.contains(&operation.as_str())
                || operation == AFTER_A_LOST_FILTER;
            assert!(is_told, "{operation} is missing in the table");
        }
        let (status, log) = self.exporter.end(Signal::TERM).await;
        assert!(status.success(), "{status}\n{log}");
        assert!(!log.contains("panicked"), "{log}");
        assert_eq!(self.mock.open_sessions(), 0);
    }

    async fn health(&self) -> Value {
        self.exporter.get("/health").await.json()
    }
}

fn cycles(health: &Value) -> u64 {
    health["collection_cycles"].as_u64().unwrap()
}

fn is_well(health: &Value) -> bool {
    health["status"] == "ok" && health["last_error"].is_null() && health["last_vm_count"] == VMS
}

/// How an error begins to say what happened, and the word for it. The longer beginning comes first.
pub(super) const WORDS: [(&str, &str); 9] = [
    ("the connection broke", "interrupted"),
    ("no complete answer within", "time-out"),
    (
        "the cycle did not end within CYCLE_TIMEOUT",
        "cycle time-out",
    ),
    ("HTTP status 200", "not SOAP"),
    ("HTTP status", "HTTP status"),
    ("vCenter refused (", "refused"),
    ("cannot read the answer", "unreadable"),
    ("the answer is longer than", "too long"),
    ("cannot reach vCenter", "unreachable"),
];

/// The word for a connection that was refused on our side.
pub(super) const CERTIFICATE: &str = "certificate";

/// The word for `last_error`: which VMs, which operation on which server, what happened, why, and what to do, with
/// colons between.
fn word(health: &Value, cell: &str) -> &'static str {
    let Some(error) = health["last_error"].as_str() else {
        return "-";
    };
    // All VMs were asked for. Whether the inventory is old already depends on how long the cycles take.
    if error.starts_with("the inventory was last read") {
        return "-";
    }
    let mut parts = error.split(": ");
    let known = |part: &str| {
        WORDS
            .iter()
            .find(|(beginning, _)| part.starts_with(beginning))
    };
    let Some((_, word)) = parts.find_map(known) else {
        panic!("{cell}: no word for {error}");
    };
    // Both cannot be connected to; only the cause shows the difference.
    let is_about_certificate = |cause: &str| cause.starts_with("the server's certificate");
    if *word == "unreachable" && parts.any(is_about_certificate) {
        return CERTIFICATE;
    }
    word
}

fn peak_memory_kib(pid: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.unwrap().trim().trim_end_matches(" kB");
    number.parse().unwrap()
}
