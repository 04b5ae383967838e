//! `--scenario NAME:word=value,...`: other assumptions beside the plan's.

use std::collections::BTreeSet;

use planner_core::plan::assumptions::{Inputs, Scenario};
use planner_core::plan::link::{DailyRate, Link};
use planner_core::plan::notation;

use super::arguments::ScenarioText;
use super::assuming;
use super::checks::{Checked, refuse};
use super::echo::Echo;
use super::error::PlanError;

const WORDS: &str = "link, link-at, rpo, compression, overhead, usable-share, growth and months";

/// Adds the scenarios to the inputs. Returns the inputs of each.
pub(super) fn add(texts: &[ScenarioText], inputs: &mut Inputs, base: &Echo) -> Checked<Vec<Echo>> {
    if texts.len() > inputs.scenarios.len() {
        return refuse("--scenario is given more than twice: a plan takes two beside the base");
    }
    let names: BTreeSet<&str> = texts.iter().map(|text| &*text.name).collect();
    if names.len() < texts.len() {
        return refuse("--scenario: two have the same name");
    }
    let mut echoes = Vec::new();
    for (place, text) in texts.iter().enumerate() {
        let (scenario, echo) = scenario(text, inputs, base)?;
        if let Some(slot) = inputs.scenarios.get_mut(place) {
            *slot = Some(scenario);
        }
        echoes.push(echo);
    }
    Ok(echoes)
}

fn scenario(text: &ScenarioText, inputs: &Inputs, base: &Echo) -> Checked<(Scenario, Echo)> {
    let mut changed = inputs.assumptions.clone();
    let mut nominal = changed.link.as_ref().map(Link::nominal);
    let mut schedule: Vec<DailyRate> = changed
        .link
        .as_ref()
        .map_or_else(Vec::new, |link| link.schedule().to_vec());
    let (mut growth, mut months) = (changed.growth.per_year(), changed.growth.months());
    let mut seen = BTreeSet::new();
    for (word, value) in &text.changes {
        let problem = |error: String| {
            PlanError::Arguments(format!("--scenario {:?}: {word}: {error}", text.name))
        };
        let readable = |error: notation::Unreadable| problem(error.to_string());
        let unfit = |error: PlanError| problem(error.to_string());
        let number = || {
            let number = value.parse::<f64>();
            number.map_err(|_| problem(format!("{value:?} is not a number")))
        };
        let is_repeated = !seen.insert(word.as_str());
        match word.as_str() {
            "link-at" => {
                if !is_repeated {
                    schedule.clear();
                }
                schedule.push(notation::daily_rate(value).map_err(readable)?);
            }
            _ if is_repeated => return Err(problem("it is given twice".to_owned())),
            "link" => nominal = Some(notation::rate(value).map_err(readable)?),
            "rpo" => changed.rpos = assuming::single(notation::time(value).map_err(readable)?),
            "compression" => {
                changed.compression = assuming::compression(number()?).map_err(unfit)?;
            }
            "overhead" => changed.overhead = assuming::overhead(number()?).map_err(unfit)?,
            "usable-share" => {
                changed.usable_share = assuming::usable_share(number()?).map_err(unfit)?;
            }
            "growth" => growth = number()?,
            "months" => months = number()?,
            _ => return Err(problem(format!("it is not one of {WORDS}"))),
        }
    }
    let is_changed = |word: &str| seen.contains(word);
    if is_changed("growth") && !is_changed("months") && months <= 0.0 {
        return refuse("--scenario with growth needs months");
    }
    changed.growth = assuming::growth(growth, months)?;
    changed.link = assuming::link(nominal, &schedule)?;
    let mut echo = Echo::default();
    assuming::put(&changed, &mut echo, |word| match word {
        "growth" => is_changed("growth") || is_changed("months") || base.is_given("growth"),
        "link" => is_changed(word) || base.is_given("link_megabit_per_second"),
        "rpo" => is_changed(word) || base.is_given("rpo_seconds"),
        "met" => base.is_given("met_percent"),
        "link_at" => is_changed("link-at") || base.is_given(word),
        "usable_share" => is_changed("usable-share") || base.is_given(word),
        word => is_changed(word) || base.is_given(word),
    });
    let name = text.name.clone();
    let assumptions = changed;
    Ok((Scenario { name, assumptions }, echo))
}
