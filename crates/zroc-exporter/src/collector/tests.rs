//! A bug that a cycle meets costs that cycle and no other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mock_vcenter::{Effect, FaultRule, MockVcenter, Options};
use planner_core::collection::{CycleEnd, CycleReport};
use planner_core::vm_state::VmState;
use tokio::time::timeout;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use super::*;
use crate::settings::{Given, Settings};
use crate::status::{Update, count};

const PATIENCE: Duration = Duration::from_secs(60);

/// Panics wherever the program logs this first.
struct BugAt {
    message: &'static str,
    is_met: AtomicBool,
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

impl<S: Subscriber> Layer<S> for BugAt {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        let is_bug = message.0 == self.message && !self.is_met.swap(true, Ordering::SeqCst);
        assert!(!is_bug, "a bug where it says {:?}", self.message);
    }
}

/// The reports of the first two cycles of a collector that meets a bug in the first, where the program says this.
async fn reports(mock: &MockVcenter, bug_at: &'static str) -> [Arc<CycleReport>; 2] {
    let given = Given::from_iter([
        ("VCENTER_HOST", mock.address().ip().to_string()),
        ("VCENTER_PORT", mock.address().port().to_string()),
        ("VCENTER_PASSWORD", Options::default().password),
        ("POLL_INTERVAL", "0.1".to_owned()),
    ]);
    let settings = Settings::load(given).unwrap().vcenters.remove(0);
    let bug = BugAt {
        message: bug_at,
        is_met: AtomicBool::new(false),
    };
    let _log = tracing::subscriber::set_default(tracing_subscriber::registry().with(bug));
    let metrics = CollectionMetrics::default();
    let vcenter = Vcenter::new(settings, metrics.clone()).unwrap();
    let (sender, mut reports) = mpsc::channel(1);
    let collector = Collector::new(vcenter, metrics, sender);
    let shutdown = CancellationToken::new();
    let two_reports = async {
        let two = [reports.recv().await.unwrap(), reports.recv().await.unwrap()];
        let two = two.map(|update| match update {
            Update::Cycle(collected) => collected.report,
            Update::Vcenters(_) => panic!("a collector knows no other vCenters"),
        });
        shutdown.cancel();
        two
    };
    let (two, ()) = timeout(PATIENCE, async {
        tokio::join!(two_reports, Box::pin(collector.run(shutdown.clone())))
    })
    .await
    .unwrap();
    two
}

#[tokio::test]
async fn a_bug_costs_the_cycle_that_meets_it_and_is_called_one() {
    // Nobody knows a session whose login ended half way. vCenter ends it when it has been idle.
    for (place, sessions_left) in [
        ("logged in", 1),
        ("the first cycle is under way", 0),
        ("a query failed", 0),
    ] {
        let mock = MockVcenter::start(Options::default()).await.unwrap();
        let fault = Effect::fault_with("SystemError", "a query that fails", "");
        mock.add_fault(FaultRule::on("QueryPerf", fault).times(1));
        let [first, second] = reports(&mock, place).await;
        let CycleEnd::Stopped(reason) = &first.end else {
            panic!("no cycle met the bug where it says {place:?}");
        };
        let Reason::Failed(failure) = &**reason else {
            panic!("{reason:?}");
        };
        assert_eq!(failure.kind, FailureKind::Bug);
        assert_eq!(
            &*failure.message,
            format!("a bug in the exporter: a bug where it says {place:?}")
        );
        assert_eq!(second.end, CycleEnd::Completed, "{place}");
        assert!(count(&second, VmState::Sampled) > 0, "{place}");
        assert_eq!(mock.open_sessions(), sessions_left, "{place}");
    }
}
