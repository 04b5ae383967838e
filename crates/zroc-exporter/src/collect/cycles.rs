//! One cycle of every vCenter, all at once.

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::failure::CollectFailure;
use crate::fleet::Ready;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::status::{Update, VcenterStatus};

/// What every vCenter answered. It logs out of each, also when `shutdown` comes before all have answered.
pub(super) async fn run(
    settings: Settings,
    progress: Progress,
    shutdown: CancellationToken,
) -> Result<Vec<VcenterStatus>, CollectFailure> {
    let ready = settings.vcenters.into_iter().map(Ready::prepare);
    let ready: Vec<Ready> = ready.collect::<Result<_, _>>()?;
    let statuses = ready.iter().map(|it| it.status(settings.labelled));
    let mut statuses: Vec<VcenterStatus> = statuses.collect();
    let (updates, mut reports) = mpsc::channel(1);
    let working: FuturesUnordered<_> = ready
        .into_iter()
        .map(|it| Box::pin(it.collector(updates.clone()).run_once(shutdown.clone())))
        .collect();
    drop(updates);
    let all = statuses.len();
    let taking = async {
        for answered in 0.. {
            progress.say(&format!("{answered} of {all} vCenters have answered"));
            let Some(update) = reports.recv().await else {
                return;
            };
            if let Update::Cycle(collected) = update
                && let Some(status) = statuses
                    .iter_mut()
                    .find(|status| status.name == collected.report.vcenter)
            {
                status.take(collected);
            }
        }
    };
    tokio::join!(working.collect::<()>(), taking);
    if shutdown.is_cancelled() {
        return Err(CollectFailure::Interrupted);
    }
    Ok(statuses)
}
