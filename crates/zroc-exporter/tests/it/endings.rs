//! Signals, unusable files, full disks: the second table in `docs/RELIABILITY.md`.

mod files;
mod outputs;
mod signals;
mod stage;

use std::fmt::Write as _;

use futures_util::{StreamExt as _, stream};

use crate::reliability::hold_table;

/// Most of their time they wait.
const AT_ONCE: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signals_files_and_disks_do_what_is_documented() {
    let rows = signals::rows()
        .into_iter()
        .chain(files::rows())
        .chain(outputs::rows());
    let rows: Vec<_> = stream::iter(rows).buffered(AT_ONCE).collect().await;
    let mut found = String::from("| what happens | what the exporter does |\n|---|---|\n");
    for (what, does) in rows {
        writeln!(found, "| {what} | {does} |").unwrap();
    }
    hold_table("endings", &found);
}
