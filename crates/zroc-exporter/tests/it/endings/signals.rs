//! One row per signal.

use std::time::Duration;

use mock_vcenter::{Effect, FaultRule};
use rustix::process::{Signal, kill_process};

use super::stage::{Row, collects, ends, row, vcenter};
use crate::exporter::Exporter;
use crate::staging::settings;

const END: [(&str, Signal); 5] = [
    ("SIGTERM", Signal::TERM),
    ("SIGINT", Signal::INT),
    ("SIGQUIT", Signal::QUIT),
    ("SIGPWR", Signal::POWER),
    ("SIGXCPU", Signal::XCPU),
];

const STAY: [(&str, Signal); 10] = [
    ("SIGHUP", Signal::HUP),
    ("SIGUSR1", Signal::USR1),
    ("SIGUSR2", Signal::USR2),
    ("SIGPIPE", Signal::PIPE),
    ("SIGALRM", Signal::ALARM),
    ("SIGVTALRM", Signal::VTALARM),
    ("SIGPROF", Signal::PROF),
    ("SIGIO", Signal::IO),
    ("SIGSTKFLT", Signal::STKFLT),
    ("SIGXFSZ", Signal::XFSZ),
];

pub(super) fn rows() -> Vec<Row> {
    let end = END.map(|(name, signal)| row(name, after_an_end(signal, 1)));
    let more = [
        row("SIGTERM, and again at once", after_an_end(Signal::TERM, 2)),
        row("SIGTERM while vCenter does not answer", without_an_answer()),
    ];
    let stay = STAY.map(|(name, signal)| row(name, after_no_end(signal)));
    end.into_iter().chain(more).chain(stay).collect()
}

async fn after_an_end(signal: Signal, times: usize) -> String {
    let mock = vcenter().await;
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    collects(&exporter).await;
    for _ in 1..times {
        kill_process(exporter.pid(), signal).unwrap();
    }
    ends(exporter, signal, &mock).await
}

async fn without_an_answer() -> String {
    let mock = vcenter().await;
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    collects(&exporter).await;
    let forever = Effect::Delay(Duration::from_secs(600));
    mock.add_fault(FaultRule::on("*", forever));
    ends(exporter, Signal::TERM, &mock).await
}

async fn after_no_end(signal: Signal) -> String {
    let mock = vcenter().await;
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    collects(&exporter).await;
    let before = exporter.log().len();
    kill_process(exporter.pid(), signal).unwrap();
    let collects = collects(&exporter).await;
    let has_read = exporter.log()[before..].contains("the settings were read again");
    let reads = if has_read {
        "reads the files again that settings name, and "
    } else {
        ""
    };
    assert!(ends(exporter, Signal::TERM, &mock).await.contains("code 0"));
    format!("{reads}{collects}")
}
