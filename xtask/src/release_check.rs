//! `cargo xtask release-check`: what CI has no time for, run by hand once per change set.

mod mutants;

use anyhow::Context;
use clap::ValueEnum;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// All of them when none is named
    steps: Vec<Step>,

    /// Try only one part of the mutants, K of N
    #[arg(long, value_name = "K/N")]
    shard: Option<String>,
}

/// A check of its own; they run in this order.
#[derive(Clone, Copy, ValueEnum)]
enum Step {
    /// Change planner-core in many places, one at a time, and see how many changes its own tests notice
    Mutants,
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let steps = if options.steps.is_empty() {
        Step::value_variants()
    } else {
        &options.steps
    };
    for step in steps {
        let summary = step.run(options).await;
        let summary = summary.with_context(|| format!("release-check: {} failed", step.name()))?;
        println!("release-check: {} passed: {summary}", step.name());
    }
    Ok(())
}

impl Step {
    async fn run(self, options: &Options) -> anyhow::Result<String> {
        match self {
            Self::Mutants => mutants::run(options.shard.as_deref()).await,
        }
    }

    fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }
}
