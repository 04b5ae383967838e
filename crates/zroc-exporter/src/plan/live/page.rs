//! The page `/planner`: the plan with its inputs, or why there is none.

mod form;
mod slider;
mod vm_list;
mod words;

use askama::Template;

use self::form::Form;
use self::vm_list::VmList;
use self::words::Words;
use super::no_plan::NoPlan;
use super::pairs::Pairs;
use super::question::Question;
use crate::plan::document::Made;
use crate::plan::error::PlanError;
use crate::plan::report::{self, Content, Shape, Subject};
use crate::version;

/// The sheet of the report, and what the page has beside it.
pub(crate) const STYLE: &str = concat!(
    include_str!("../../../templates/tokens.css"),
    include_str!("../../../templates/report.css"),
    include_str!("../../../templates/planner.css")
);

/// Asks again while inputs change.
pub(crate) const SCRIPT: &str = include_str!("../../../templates/planner.js");

#[derive(Debug, Template)]
#[template(path = "planner.html")]
struct Page {
    title: String,
    version: &'static str,
    state: State,
    form: Form,
}

#[derive(Debug)]
enum State {
    Plan(Box<Planned>),
    Words(Words),
}

/// A plan as the page shows it.
#[derive(Debug)]
struct Planned {
    content: Content,
    vms: VmList,
    /// Asks for the same plan.
    query: String,
}

/// The page with a plan.
pub(super) fn with_plan(
    pairs: &Pairs,
    question: &Question,
    made: &Made<'_>,
) -> Result<String, PlanError> {
    let content = Content::new(&Subject {
        plan: made.plan,
        inputs: made.inputs,
        echo: made.echo,
        selected: made.selected,
        drift: &[],
        made_at: made.at,
    });
    let page = Page {
        title: format!("{}: {}", content.title, content.answer.tag),
        version: version::VERSION,
        form: Form::new(pairs, None),
        state: State::Plan(Box::new(Planned {
            vms: VmList::new(made.plan, made.inputs, &question.listing, pairs),
            query: pairs.without(&super::listing::PARAMETERS).query(),
            content,
        })),
    };
    page.render()
        .map_err(|error| PlanError::Format(Box::new(error)))
}

/// The page without a plan: its inputs, and why.
pub(super) fn in_words(pairs: &Pairs, no_plan: &NoPlan) -> String {
    let bad = match no_plan {
        NoPlan::Question(bad) => Some(bad),
        _ => None,
    };
    let page = Page {
        title: "Replication plan".to_owned(),
        version: version::VERSION,
        form: Form::new(pairs, bad),
        state: State::Words(Words::new(pairs, no_plan)),
    };
    page.render()
        .unwrap_or_else(|_| report::name(&no_plan.to_string()))
}
