//! Every operation, spoiled in every way: the table in `docs/RELIABILITY.md`.

mod cell;
mod faults;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use futures_util::{StreamExt as _, stream};

use self::cell::{CERTIFICATE, Stage, WORDS};
use self::faults::{FAULTS, Fault, OPERATIONS};
use crate::reliability::hold_table;

/// Most of their time they wait.
const AT_ONCE: usize = 16;

/// What became of each operation, in the order of [`OPERATIONS`].
type Outcomes = Vec<String>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_of_every_operation_is_survived_as_documented() {
    let found: BTreeMap<usize, Outcomes> = stream::iter(FAULTS.iter().enumerate())
        .map(async |(place, fault)| (place, outcomes(fault).await))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    for word in WORDS.map(|(_, word)| word).into_iter().chain([CERTIFICATE]) {
        let is_found = found.values().flatten().any(|outcome| outcome == word);
        assert!(is_found, "no fault leads to {word:?} any more");
    }
    hold_table("matrix", &table(found.values()));
}

async fn outcomes(fault: &Fault) -> Outcomes {
    let mut stage = Stage::new(fault).await;
    let mut outcomes = Outcomes::new();
    for operation in OPERATIONS {
        outcomes.push(match (fault.effect)(operation) {
            Some(effect) => stage.outcome(fault, operation, effect).await,
            None => String::new(),
        });
    }
    stage.end().await;
    outcomes
}

fn table<'o>(outcomes: impl Iterator<Item = &'o Outcomes>) -> String {
    let mut text = format!(
        "| fault | {} |\n|---|{}\n",
        OPERATIONS.join(" | "),
        "---|".repeat(OPERATIONS.len())
    );
    for (fault, outcomes) in FAULTS.iter().zip(outcomes) {
        writeln!(text, "| {} | {} |", fault.name, outcomes.join(" | ")).unwrap();
    }
    text
}
