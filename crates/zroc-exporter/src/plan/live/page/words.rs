//! Why there is no plan, and what to do.

use crate::error_chain::with_causes;
use crate::plan::error::PlanError;
use crate::plan::live::no_plan::NoPlan;
use crate::plan::live::pairs::Pairs;

/// Parameters that choose VMs.
const CHOICES: [&str; 10] = [
    "include-vms",
    "exclude-vms",
    "include-clusters",
    "exclude-clusters",
    "include-datacenters",
    "exclude-datacenters",
    "include-folders",
    "exclude-folders",
    "count",
    "exclude-disk",
];

/// Parameters that choose a time.
const TIMES: [&str; 4] = ["last", "start", "end", "exclude-time"];

/// A state in words.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) chip: &'static str,
    pub(super) tag: &'static str,
    pub(super) sentence: String,
    pub(super) advice: String,
    pub(super) link: Option<Link>,
}

/// A way out.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) query: String,
    pub(super) text: &'static str,
}

impl Words {
    pub(super) fn new(pairs: &Pairs, no_plan: &NoPlan) -> Self {
        let (chip, tag, sentence, advice) = match no_plan {
            NoPlan::Question(bad) => (
                "not planned",
                "an input cannot be used",
                bad.problem.as_str(),
                "Correct it below: each field has an example, and an empty field has its default.",
            ),
            NoPlan::HistoryIsOff => (
                "no history",
                "there is nothing to plan from",
                "This exporter keeps no history.",
                "Set HISTORY_HOURS above 0 and start it again. Meanwhile the command zroc-exporter plan makes a plan of the \
                 past hour, straight from vCenter.",
            ),
            NoPlan::NothingYet => (
                "no samples yet",
                "the first cycle is under way",
                "Nothing has been collected yet.",
                "The first figures come with the end of the first cycle: load this page again then. If it does not end well, \
                 /health says why and what to do.",
            ),
            NoPlan::Busy => (
                "busy",
                "other plans are being made",
                "This plan has to wait for others.",
                "Load this page again in a few seconds.",
            ),
            NoPlan::Nothing(PlanError::EmptySelection(why)) => {
                return Self {
                    chip: "nothing chosen",
                    tag: "nothing to plan",
                    sentence: "No VM is chosen.".to_owned(),
                    advice: format!("{}.", why.replace("--", "")),
                    link: Some(Link {
                        query: pairs.without(&CHOICES).query(),
                        text: "Choose all VMs that are collected from",
                    }),
                };
            }
            NoPlan::Nothing(error) => {
                return Self {
                    chip: "no samples",
                    tag: "nothing to plan",
                    sentence: format!("{}.", capitalised(&with_causes(error))),
                    advice: "The time may lie before or after all that is kept, or the VMs may be switched off.".to_owned(),
                    link: Some(Link {
                        query: pairs.without(&TIMES).query(),
                        text: "Plan for all the time that is kept",
                    }),
                };
            }
            NoPlan::Unwritten(_) | NoPlan::Task(_) => (
                "failed",
                "there is no plan",
                "The exporter failed to make this plan.",
                "This is a bug: its log says more.",
            ),
        };
        Self {
            chip,
            tag,
            sentence: sentence.to_owned(),
            advice: advice.to_owned(),
            link: None,
        }
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars).collect()
}
