//! promtool computes the windows that README names, and tests the rules and the alerts.

use std::fmt::Write as _;
use std::fs;
use std::ops::RangeInclusive;

use anyhow::{Context, ensure};
use tokio::process::Command;

use super::prometheus::{deployed, programs};
use crate::{command, repository};

/// What a VM writes in the simulation, in bytes per second.
const TRUTH: u64 = 100_000;
/// Far enough from zero that Prometheus does not extrapolate to it.
const BEGINNING: u64 = 1_000_000_000_000;
const SCRAPE_SECONDS: [u64; 3] = [15, 30, 60];
/// A cycle ends this share of the interval after it began.
const PHASES: [u64; 3] = [0, 7, 51];
/// Moments of a few cycles, at a distance that is no part of any interval.
const MOMENTS: RangeInclusive<u64> = 1..=37;
const MOMENT_SECONDS: u64 = 23;

pub(super) async fn compare() -> anyhow::Result<String> {
    let programs = programs().await?;
    let windows = windows_of_readme()?;
    let folder = repository::scratch("peers")?;
    let test = folder.join("windows.test.yaml");
    fs::write(&test, windows_test(&windows)?)?;
    let rules = ["rules.yaml", "alerts.yaml"].map(deployed);
    let mut promtool = Command::new(&programs.promtool);
    promtool
        .args(["check", "rules", "--lint=all", "--lint-fatal"])
        .args(rules);
    command::succeed(&mut promtool).await?;
    let tests = ["rules.test.yaml", "alerts.test.yaml"].map(deployed);
    for rules in [test].into_iter().chain(tests) {
        let mut promtool = Command::new(&programs.promtool);
        promtool.args(["test", "rules"]).arg(rules);
        command::succeed(&mut promtool).await?;
    }
    let named: Vec<&str> = windows.iter().map(|row| &*row.window).collect();
    Ok(format!(
        "rate() over {} is within 10 % of the truth; rules and alerts do what their tests say",
        named.join(", ")
    ))
}

/// A row of README's table.
#[derive(Debug, PartialEq)]
struct Row {
    poll_seconds: u64,
    /// As in a range selector, such as `2h`.
    window: String,
}

fn windows_of_readme() -> anyhow::Result<Vec<Row>> {
    let readme = fs::read_to_string(repository::root().join("README.md"))?;
    rows(&readme)
}

fn rows(readme: &str) -> anyhow::Result<Vec<Row>> {
    let table = readme.split_once("| `POLL_INTERVAL` | shortest window |\n|---|---|\n");
    let (_, table) = table.context("README has no table of windows")?;
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let rows = rows.map(|line| {
        let mut quoted = line.split('`').skip(1).step_by(2);
        let (poll, window) = quoted.next().zip(quoted.next()).context("half a row")?;
        Ok(Row {
            poll_seconds: poll.parse()?,
            window: window.trim_matches(['[', ']']).to_owned(),
        })
    });
    let rows: Vec<Row> = rows.collect::<anyhow::Result<_>>()?;
    ensure!(!rows.is_empty(), "README's table of windows is empty");
    Ok(rows)
}

/// promtool's test of all rows: each window at every moment, for every scrape interval and phase.
fn windows_test(rows: &[Row]) -> anyhow::Result<String> {
    let mut test = "evaluation_interval: 1m\ntests:\n".to_owned();
    for row in rows {
        for scrape in SCRAPE_SECONDS {
            for phase in PHASES {
                write_series(&mut test, row, scrape, phase)?;
            }
        }
    }
    Ok(test)
}

fn write_series(test: &mut String, row: &Row, scrape: u64, phase: u64) -> anyhow::Result<()> {
    let poll = row.poll_seconds;
    // Longer than every window that a row may have.
    let begin = 30 * poll;
    let end = begin + MOMENTS.end() * MOMENT_SECONDS;
    let lateness = poll * phase / 100;
    let total = |at: u64| BEGINNING + (at + poll - lateness) / poll * poll * TRUTH;
    let values: Vec<String> = (0..=end / scrape)
        .map(|number| total(number * scrape).to_string())
        .collect();
    writeln!(
        test,
        "  - interval: {scrape}s\n    input_series:\n      - {{series: total, values: \"{}\"}}\n    promql_expr_test:",
        values.join(" ")
    )?;
    for moment in MOMENTS {
        writeln!(
            test,
            "      - {{expr: \"abs(rate(total[{}]) / {TRUTH} - 1) < bool 0.1\", eval_time: {}s, \
             exp_samples: [{{labels: '{{}}', value: 1}}]}}",
            row.window,
            begin + moment * MOMENT_SECONDS
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Row, rows};

    #[test]
    fn rows_are_read_with_or_without_a_remark() {
        let readme = "x\n| `POLL_INTERVAL` | shortest window |\n|---|---|\n| `300`, the default | `[2h]` |\n| `60` | `[20m]` |\n\n| `1` | `[1m]` |\n";
        let row = |poll_seconds, window: &str| Row {
            poll_seconds,
            window: window.to_owned(),
        };
        assert_eq!(
            rows(readme).expect("a table"),
            [row(300, "2h"), row(60, "20m")]
        );
        assert!(rows("no table").is_err());
    }
}
