//! Signals, unusable files, full disks: the second table in `docs/RELIABILITY.md`.

mod files;
mod outputs;
mod signals;
mod stage;

use std::fmt::Write as _;
use std::path::Path;

use futures_util::{StreamExt as _, stream};

/// Most of their time they wait.
const AT_ONCE: usize = 8;
const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/RELIABILITY.md");
const BEGIN: &str = "<!-- endings -->\n";
const END: &str = "<!-- end of endings -->\n";

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
    let document = std::fs::read_to_string(DOCUMENT).unwrap();
    let (before, rest) = document.split_once(BEGIN).unwrap();
    let (told, after) = rest.split_once(END).unwrap();
    if std::env::var_os("WRITE_RELIABILITY").is_some() {
        let text = format!("{before}{BEGIN}{found}{END}{after}");
        std::fs::write(Path::new(DOCUMENT), text).unwrap();
    } else {
        assert_eq!(
            found, told,
            "docs/RELIABILITY.md says something else; if this is right, run the test with WRITE_RELIABILITY=1"
        );
    }
}
