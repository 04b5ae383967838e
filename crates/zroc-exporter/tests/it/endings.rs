//! Signals, unusable files, full disks: the second table in `docs/RELIABILITY.md`.

mod files;
mod outputs;
mod signals;

use std::fmt::Write as _;
use std::path::Path;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use mock_vcenter::{MockVcenter, Options};
use rustix::process::Signal;

use crate::exporter::Exporter;

/// Most of their time they wait.
const AT_ONCE: usize = 8;
const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/RELIABILITY.md");
const BEGIN: &str = "<!-- endings -->\n";
const END: &str = "<!-- end of endings -->\n";

/// What happens, and what the exporter does about it.
type Row = BoxFuture<'static, (String, String)>;

fn row<D: Future<Output = String> + Send + 'static>(what: impl Into<String>, does: D) -> Row {
    let what = what.into();
    async { (what, does.await) }.boxed()
}

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

async fn vcenter() -> MockVcenter {
    MockVcenter::start(Options::with_vms(3)).await.unwrap()
}

/// Whether two more cycles read values.
async fn collects(exporter: &Exporter) -> &'static str {
    match exporter.page_after_cycles(2).await.value("vcenter_up") {
        Some(1.0) => "collects",
        _ => "does not collect",
    }
}

/// How it ends by a signal.
async fn ends(exporter: Exporter, signal: Signal, mock: &MockVcenter) -> String {
    let (status, _) = exporter.end(signal).await;
    let session = match mock.open_sessions() {
        0 => "logged out",
        _ => "its session is left to vCenter's timeout",
    };
    match status.code() {
        Some(code) => format!("ends with code {code} within 5 s, {session}"),
        None => format!("is killed, {session}"),
    }
}
