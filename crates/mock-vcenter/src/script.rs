//! Scripts: what happens to a mock as time passes, one step a line.
//!
//! ```json
//! {"after_seconds": 30, "changes": [{"power": {"vm": "vm-1001", "state": "off"}}]}
//! {"after_seconds": 5, "faults": [{"operation": "QueryPerf", "times": 3, "effect": {"delay": 2000}}]}
//! {"after_seconds": 60, "clear_faults": true, "advance_clock": 1200, "settings": {"statistics_level": 3}}
//! ```

use std::time::Duration;

use serde::Deserialize;

use crate::fault_rules::FaultRule;
use crate::server::MockVcenter;
use crate::world::{Change, ChangeError, DenyRule};

/// Steps in the order of their lines.
#[derive(Debug)]
pub struct Script {
    /// With the number of the line.
    steps: Vec<(usize, Step)>,
}

/// One line. Every part may be left out; they act in the order given here.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct Step {
    /// Counted from the step before, by the machine's clock.
    after_seconds: u64,
    /// Seconds to add to the server's clock.
    advance_clock: i64,
    /// Some of the settings.
    settings: serde_json::Map<String, serde_json::Value>,
    changes: Vec<Change>,
    random_changes: RandomChanges,
    clear_denials: bool,
    deny: Vec<DenyRule>,
    clear_faults: bool,
    faults: Vec<FaultRule>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RandomChanges {
    pub(crate) seed: u64,
    pub(crate) count: usize,
}

/// What is wrong with a script, and where.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the script")]
pub struct ScriptError {
    /// From 1.
    pub line: usize,
    /// What is wrong there.
    pub source: StepError,
}

/// What is wrong with one step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StepError {
    /// It is not JSON, or has an unknown field.
    #[error("cannot be read: {0}")]
    Syntax(#[from] serde_json::Error),
    /// A change or rule does not fit the world at that time.
    #[error(transparent)]
    Change(#[from] ChangeError),
}

impl Script {
    /// Reads the lines of a script; empty ones are skipped.
    pub fn parse(text: &str) -> Result<Self, ScriptError> {
        let lines = (1..).zip(text.lines());
        let steps = lines
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(number, line)| {
                let step = serde_json::from_str(line);
                step.map(|step| (number, step))
                    .map_err(|error| ScriptError {
                        line: number,
                        source: error.into(),
                    })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { steps })
    }

    /// Plays it on a mock. It ends with the last step, or at the first that cannot be done.
    pub async fn play(&self, mock: &MockVcenter) -> Result<(), ScriptError> {
        for (line, step) in &self.steps {
            let pause = Duration::from_secs(step.after_seconds);
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            step.act(mock).map_err(|source| ScriptError {
                line: *line,
                source,
            })?;
        }
        Ok(())
    }
}

impl Step {
    fn act(&self, mock: &MockVcenter) -> Result<(), StepError> {
        if self.advance_clock != 0 {
            mock.advance_clock(self.advance_clock);
        }
        if !self.settings.is_empty() {
            mock.set_settings(mock.settings().merged(&self.settings)?);
        }
        for change in &self.changes {
            mock.apply(change)?;
        }
        let RandomChanges { seed, count } = self.random_changes;
        for change in mock.random_changes(seed, count) {
            mock.apply(&change)?;
        }
        if self.clear_denials {
            mock.clear_denials();
        }
        for rule in &self.deny {
            mock.deny(rule)?;
        }
        if self.clear_faults {
            mock.clear_faults();
        }
        for rule in &self.faults {
            mock.add_fault(rule.clone());
        }
        Ok(())
    }
}
