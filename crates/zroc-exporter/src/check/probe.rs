//! `zroc-exporter check --probe`: how the samples of a few VMs come, look by look, as figures that a user can send.

mod document;
mod looking;
mod probed;
mod sentences;
mod words;

use std::fmt::Write as _;

use futures_util::future::join_all;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use self::probed::{Ended, Probed};
use super::code::Verdict;
use super::text::{Paint, program};
use super::vcenter::Check;

/// What became of the looks at all vCenters.
pub(super) struct Outcome {
    /// Those that were looked at, at least once.
    pub(super) probed: Vec<Probed>,
    /// Why others were not, or not to the end.
    pub(super) failures: Vec<String>,
    /// Whether a signal came before the end.
    pub(super) is_interrupted: bool,
}

/// Looks at all vCenters at the same time.
pub(super) async fn all(checks: Vec<Check>, shutdown: &CancellationToken) -> Outcome {
    let looking = checks
        .into_iter()
        .map(|check| looking::probe(check, shutdown));
    let mut outcome = Outcome {
        probed: Vec::new(),
        failures: Vec::new(),
        is_interrupted: false,
    };
    for found in join_all(looking).await {
        match found {
            None => outcome.is_interrupted = true,
            Some(Err(failure)) => outcome.failures.push(failure),
            Some(Ok(probed)) => {
                match &probed.ended {
                    Ended::Completed | Ended::Overdue => {}
                    Ended::Interrupted => outcome.is_interrupted = true,
                    Ended::Failed(failure) => outcome.failures.push(failure.clone()),
                }
                outcome.probed.push(probed);
            }
        }
    }
    outcome
}

/// The figures for programs, without any name.
pub(super) fn document(probed: &[Probed]) -> Value {
    document::of(probed)
}

/// What was seen, and what it means, for people. Names VMs and hosts.
pub(super) fn text(probed: &[Probed], paint: Paint) -> String {
    let mut text = String::new();
    for vcenter in probed {
        let _ = writeln!(text, "{} looked at {}\n", program(), vcenter.target);
        for line in sentences::of(vcenter) {
            let verdict = if line.is_usual {
                Verdict::Passed
            } else {
                Verdict::Warning
            };
            let _ = writeln!(text, "  {} {}", paint.mark(verdict), line.seen);
            let _ = writeln!(text, "      {}", line.meaning);
        }
        text.push('\n');
        for legend in sentences::legend(vcenter) {
            let _ = writeln!(text, "  {legend}");
        }
        text.push('\n');
    }
    text.push_str(
        "docs/PROBE.md explains the figures. --format=json writes them without any name, to be sent.\n",
    );
    text
}
