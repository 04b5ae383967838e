//! How a plan differs from a saved one.

use std::collections::BTreeMap;
use std::path::Path;

use planner_core::plan::drift::{Change, changes};
use serde_json::Value;

use super::document::{Document, SCHEMA};
use super::error::PlanError;
use crate::bounded_read;

/// The longest saved plan.
const LONGEST: u64 = 256 * 1_024 * 1_024;

/// A plan that was saved as JSON.
#[derive(Debug)]
pub(super) struct Saved {
    made_at: String,
    figures: BTreeMap<String, f64>,
}

impl Saved {
    /// Reads a saved plan.
    pub(super) fn read(path: &Path) -> Result<Self, PlanError> {
        let content =
            bounded_read::read(path, LONGEST).map_err(|error| PlanError::file(path, error))?;
        let saved: Value =
            serde_json::from_slice(&content).map_err(|error| PlanError::file(path, error))?;
        if saved["schema"] != SCHEMA {
            let problem = format!("it is not a plan of the schema {SCHEMA}");
            return Err(PlanError::file(path, problem));
        }
        let made_at = saved["made_at"].as_str().unwrap_or_default();
        Ok(Self {
            made_at: made_at.chars().take(64).collect(),
            figures: figures(&saved),
        })
    }

    /// Notes in a document how it differs.
    pub(super) fn compare(self, document: &mut Document) -> Result<(), PlanError> {
        let now =
            serde_json::to_value(&*document).map_err(|error| PlanError::Format(Box::new(error)))?;
        let changes: Vec<Change> = changes(&self.figures, &figures(&now));
        document.set_drift(self.made_at, changes);
        Ok(())
    }
}

/// Not figures of the plan as a whole: inputs, and lists that another choice of VMs or another time makes incomparable.
const NOT_COMPARED: [&str; 14] = [
    "inputs",
    "curve",
    "scenarios",
    "critical_interval",
    "not_counted",
    "flagged",
    "unmatched",
    "resolutions",
    "worst_per_day",
    "episodes",
    "protected_hosts",
    "groups",
    "vm_table",
    "drift",
];

fn figures(plan: &Value) -> BTreeMap<String, f64> {
    let mut figures = BTreeMap::new();
    collect(plan, String::new(), &mut figures);
    figures
}

fn collect(value: &Value, path: String, figures: &mut BTreeMap<String, f64>) {
    match value {
        Value::Number(number) => {
            if let Some(number) = number.as_f64() {
                figures.insert(path, number);
            }
        }
        Value::Array(values) => {
            for (place, value) in values.iter().enumerate() {
                collect(value, format!("{path}[{place}]"), figures);
            }
        }
        Value::Object(values) => {
            for (name, value) in values {
                let is_list_of_vms = name == "vms" && value.is_array();
                if NOT_COMPARED.contains(&&**name) || is_list_of_vms {
                    continue;
                }
                let dot = if path.is_empty() { "" } else { "." };
                collect(value, format!("{path}{dot}{name}"), figures);
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}
