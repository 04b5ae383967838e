//! The plan as JSON: schema `zroc-plan/1`, which docs/plan.schema.json describes.
//!
//! What is not known is null and never 0. Numbers are not rounded.

mod links;
mod megabit;
mod recovery;
mod rpo;
mod vms;
mod window;

use jiff::Timestamp;
use planner_core::plan::assumptions::Inputs;
use planner_core::plan::drift::Change;
use planner_core::plan::whole::Plan;
use serde::Serialize;
use serde_json::{Map, Value};

use self::links::{CurvePoint, LinkForRpo, Wan};
use self::megabit::megabit;
use self::recovery::{InitialSync, Journal, RecoveryStorage, Vra};
use self::rpo::Rpo;
use self::vms::{Group, VmRow};
use self::window::Window;
pub(super) use self::window::word as verdict_word;
use super::echo::Echo;
use super::request::Asked;
use super::selection::Selected;

/// What a document says of itself.
pub(super) const SCHEMA: &str = "zroc-plan/1";

/// A plan as JSON.
#[derive(Debug, Serialize)]
pub(super) struct Document {
    schema: &'static str,
    made_at: String,
    sentence: String,
    inputs: Map<String, Value>,
    window: Window,
    vms: Vms,
    wan: Wan,
    links_for_rpo: Vec<LinkForRpo>,
    link_for_vra_buffer_megabit_per_second: Option<f64>,
    rpo: Option<Rpo>,
    curve: Vec<CurvePoint>,
    scenarios: Vec<Scenario>,
    journal: Journal,
    recovery_storage: RecoveryStorage,
    initial_sync: Option<InitialSync>,
    vra: Vra,
    groups: Vec<Group>,
    vm_table: Vec<VmRow>,
    /// What Zerto has achieved: this source doesn't say.
    actual: Option<Value>,
    drift: Option<Drift>,
    rules_of_thumb: RulesOfThumb,
}

#[derive(Debug, Serialize)]
struct Vms {
    chosen: usize,
    not_counted: Vec<Value>,
    flagged: Vec<Value>,
    unmatched: Vec<Value>,
}

#[derive(Debug, Serialize)]
struct Scenario {
    name: String,
    inputs: Map<String, Value>,
    links_for_rpo: Vec<LinkForRpo>,
    rpo: Option<Rpo>,
    curve: Vec<CurvePoint>,
}

#[derive(Debug, Serialize)]
struct RulesOfThumb {
    change_per_day_megabit_per_second: f64,
    zerto_sheet_binary_megabit_per_second: f64,
}

#[derive(Debug, Serialize)]
struct Drift {
    against: String,
    changed: Vec<Changed>,
}

#[derive(Debug, Serialize)]
struct Changed {
    figure: String,
    was: Option<f64>,
    now: Option<f64>,
}

/// What a document is made of.
#[derive(Debug)]
pub(super) struct Made<'a> {
    pub(super) plan: &'a Plan,
    pub(super) inputs: &'a Inputs,
    pub(super) echo: &'a Echo,
    pub(super) scenario_echoes: &'a [Echo],
    pub(super) selected: &'a Selected,
    pub(super) at: Timestamp,
}

impl<'a> Made<'a> {
    /// A plan that was made just now.
    pub(super) fn now(plan: &'a Plan, asked: &'a Asked, selected: &'a Selected) -> Self {
        Self {
            plan,
            inputs: &asked.inputs,
            echo: &asked.echo,
            scenario_echoes: &asked.scenario_echoes,
            selected,
            at: Timestamp::now(),
        }
    }
}

impl Document {
    pub(super) fn new(made: &Made<'_>) -> Self {
        let Made { plan, inputs, .. } = *made;
        let answers = &plan.answers;
        Self {
            schema: SCHEMA,
            made_at: made.at.to_string(),
            sentence: plan.sentence(inputs),
            inputs: made.echo.values().clone(),
            window: Window::new(plan, inputs),
            vms: made.vms(),
            wan: Wan::new(&plan.wan),
            links_for_rpo: links::all(&answers.links_for_rpo),
            link_for_vra_buffer_megabit_per_second: plan.link_for_vra_buffer.map(megabit),
            rpo: answers
                .rpo
                .as_ref()
                .map(|rpo| Rpo::new(rpo, &inputs.assumptions)),
            curve: links::curve(&answers.curve),
            scenarios: made.scenarios(),
            journal: Journal::new(plan),
            recovery_storage: RecoveryStorage::new(plan),
            initial_sync: plan.initial_sync.as_ref().map(InitialSync::new),
            vra: Vra::new(plan),
            groups: plan.groups.iter().map(Group::new).collect(),
            vm_table: plan.vms.iter().map(VmRow::new).collect(),
            actual: None,
            drift: None,
            rules_of_thumb: RulesOfThumb {
                change_per_day_megabit_per_second: plan.rules_of_thumb.change_per_day.get(),
                zerto_sheet_binary_megabit_per_second: plan
                    .rules_of_thumb
                    .zerto_sheet_mebibit_per_second,
            },
        }
    }

    /// Notes how the plan differs from one that was saved.
    pub(super) fn set_drift(&mut self, against: String, changes: Vec<Change>) {
        let figures = changes.into_iter().map(|change| Changed {
            figure: change.figure,
            was: change.was,
            now: change.now,
        });
        self.drift = Some(Drift {
            against,
            changed: figures.collect(),
        });
    }

    /// The figures that differ from a saved plan, as lines.
    pub(super) fn drift_lines(&self) -> Vec<String> {
        let Some(drift) = &self.drift else {
            return Vec::new();
        };
        let number = |value: Option<f64>| value.map_or("not known".to_owned(), |it| it.to_string());
        let lines = drift.changed.iter().map(|change| {
            format!(
                "{}: {} -> {}",
                change.figure,
                number(change.was),
                number(change.now)
            )
        });
        let head = match drift.changed.len() {
            0 => format!("nothing since the plan of {}", drift.against),
            count => format!("{count} figures since the plan of {}", drift.against),
        };
        std::iter::once(head).chain(lines).collect()
    }
}

impl Made<'_> {
    fn vms(&self) -> Vms {
        let left_out = self.selected.left_out(self.plan);
        let flagged = self.selected.flagged.iter();
        Vms {
            chosen: self.plan.vms.len(),
            not_counted: left_out
                .map(|(vm, reason)| vms::with_reason(vm, reason))
                .collect(),
            flagged: flagged
                .map(|(vm, reason)| vms::with_reason(vm, reason))
                .collect(),
            unmatched: self.selected.unmatched.iter().map(vms::unmatched).collect(),
        }
    }

    fn scenarios(&self) -> Vec<Scenario> {
        let assumptions = self.inputs.scenarios.iter().flatten();
        let scenarios = self.plan.scenarios.iter().zip(assumptions);
        let scenarios = scenarios.zip(self.scenario_echoes);
        scenarios
            .map(|(((name, answers), scenario), echo)| Scenario {
                name: name.clone(),
                inputs: echo.values().clone(),
                links_for_rpo: links::all(&answers.links_for_rpo),
                rpo: answers
                    .rpo
                    .as_ref()
                    .map(|rpo| Rpo::new(rpo, &scenario.assumptions)),
                curve: links::curve(&answers.curve),
            })
            .collect()
    }
}
