//! What the rows have in common: an exporter that collects or ends.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use mock_vcenter::{MockVcenter, Options};
use rustix::process::Signal;

use crate::exporter::Exporter;

/// What happens, and what the exporter does about it.
pub(super) type Row = BoxFuture<'static, (String, String)>;

pub(super) fn row<D: Future<Output = String> + Send + 'static>(
    what: impl Into<String>,
    does: D,
) -> Row {
    let what = what.into();
    async { (what, does.await) }.boxed()
}

pub(super) async fn vcenter() -> MockVcenter {
    MockVcenter::start(Options::with_vms(3)).await.unwrap()
}

/// Whether two more cycles read values.
pub(super) async fn collects(exporter: &Exporter) -> &'static str {
    match exporter.page_after_cycles(2).await.value("vcenter_up") {
        Some(1.0) => "collects",
        _ => "does not collect",
    }
}

/// How it ends by a signal.
pub(super) async fn ends(exporter: Exporter, signal: Signal, mock: &MockVcenter) -> String {
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
