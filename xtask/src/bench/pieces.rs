//! The pieces of a cycle by themselves: CPU time of each, without a vCenter.

use anyhow::Context;
use tokio::process::Command;

use super::report::Piece;
use super::timed;
use crate::command;
use crate::instructions;

/// Enough for the quickest piece to take a tenth of a second.
const BYTES: u64 = 100_000_000;

pub(super) async fn run(runs: u32) -> anyhow::Result<Vec<Piece>> {
    let benchmark = instructions::build().await?;
    let list = command::succeed(Command::new(&benchmark).arg("--list")).await?;
    let mut pieces = Vec::new();
    for line in list.lines() {
        let (name, bytes) = line.split_once(' ').context("no size of a piece")?;
        let bytes: u64 = bytes.parse()?;
        let count = BYTES.div_ceil(bytes);
        let cpu = async |count: u64| -> anyhow::Result<f64> {
            let count = count.to_string();
            let words = [
                benchmark.as_os_str(),
                "--run".as_ref(),
                name.as_ref(),
                count.as_ref(),
            ];
            Ok(timed::run(words).await?.1.cpu_seconds)
        };
        let mut least = f64::INFINITY;
        for _ in 0..runs {
            least = least.min(cpu(count).await? - cpu(0).await?);
        }
        pieces.push(Piece {
            name: name.to_owned(),
            bytes,
            cpu_seconds: least / count as f64,
        });
    }
    Ok(pieces)
}
