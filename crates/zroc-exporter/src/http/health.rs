//! Health as orchestrators and people ask for it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use tokio::time::Instant;

use crate::publication::Publications;
use crate::self_metrics::{ProcessHealth, unix_seconds};
use crate::status::VcenterStatus;

/// The answer of `/health`, field by field that of the predecessor.
#[derive(Debug, Serialize)]
pub(super) struct Health {
    /// All vCenters in sum.
    #[serde(flatten)]
    account: Account,
    /// Each of them, where the settings name them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vcenters: Vec<VcenterHealth>,
    /// Why the settings could not be read again.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_reload_error: Option<String>,
}

#[derive(Debug, Serialize)]
struct VcenterHealth {
    name: String,
    #[serde(flatten)]
    account: Account,
}

#[derive(Debug, Serialize)]
struct Account {
    status: Status,
    /// Unix time of the last successful cycle.
    last_collection_time: Option<f64>,
    last_collection_duration_seconds: Option<f64>,
    last_vm_count: usize,
    last_error: Option<String>,
    collection_cycles: u64,
    stale: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ok,
    /// Some vCenters are degraded, not all.
    Partly,
    Degraded,
}

/// `GET /health`, `/healthz` and `/ready`: 503 when an operator should look, but not while a vCenter is well: a
/// supervisor that restarts an exporter upon 503 would interrupt that collection too.
pub(super) async fn health(
    State(publications): State<Publications>,
    State(process): State<ProcessHealth>,
) -> (StatusCode, Json<Health>) {
    let mut health = Health::of(&publications.borrow().vcenters, Instant::now());
    health.last_reload_error = process.reload_problem();
    let code = match health.account.status {
        Status::Ok | Status::Partly => StatusCode::OK,
        Status::Degraded => StatusCode::SERVICE_UNAVAILABLE,
    };
    (code, Json(health))
}

impl Health {
    fn of(vcenters: &[VcenterStatus], now: Instant) -> Self {
        let each = |vcenter: &VcenterStatus| VcenterHealth {
            name: vcenter.name.as_str().to_owned(),
            account: Account::of(vcenter, now),
        };
        let all: Vec<VcenterHealth> = vcenters.iter().map(each).collect();
        let are_named = vcenters.iter().any(|vcenter| vcenter.is_labelled);
        Self {
            account: Account::sum(&all, are_named),
            vcenters: if are_named { all } else { Vec::new() },
            last_reload_error: None,
        }
    }
}

impl Account {
    fn of(vcenter: &VcenterStatus, now: Instant) -> Self {
        let VcenterStatus {
            collection,
            poll_interval,
            ..
        } = vcenter;
        let success = collection.last_success.as_ref();
        let is_degraded = collection.is_degraded(now, *poll_interval);
        Self {
            status: if is_degraded {
                Status::Degraded
            } else {
                Status::Ok
            },
            last_collection_time: success.map(|success| unix_seconds(success.at)),
            last_collection_duration_seconds: success.map(|success| success.duration.as_secs_f64()),
            last_vm_count: success.map_or(0, |success| success.vms),
            collection_cycles: collection.cycles,
            stale: collection.is_stale(now, *poll_interval),
            last_error: collection.last_error().or_else(|| {
                let is_first = collection.cycles == 0;
                is_first.then(|| "the first collection cycle has not ended yet".to_owned())
            }),
        }
    }

    /// The newest success, the longest duration, all VMs and all errors.
    fn sum(all: &[VcenterHealth], are_named: bool) -> Self {
        let accounts = || all.iter().map(|vcenter| &vcenter.account);
        let errors = all.iter().filter_map(|VcenterHealth { name, account }| {
            let error = account.last_error.as_deref()?;
            Some(if are_named {
                format!("{name}: {error}")
            } else {
                error.to_owned()
            })
        });
        let errors: Vec<String> = errors.collect();
        let well = accounts().filter(|it| it.status == Status::Ok).count();
        Self {
            status: match well {
                0 => Status::Degraded,
                well if well == all.len() => Status::Ok,
                _ => Status::Partly,
            },
            last_collection_time: accounts()
                .filter_map(|it| it.last_collection_time)
                .reduce(f64::max),
            last_collection_duration_seconds: accounts()
                .filter_map(|it| it.last_collection_duration_seconds)
                .reduce(f64::max),
            last_vm_count: accounts().map(|it| it.last_vm_count).sum(),
            last_error: (!errors.is_empty()).then(|| errors.join("; ")),
            collection_cycles: accounts().map(|it| it.collection_cycles).sum(),
            stale: accounts().any(|it| it.stale),
        }
    }
}

/// `GET /-/healthy`: the process answers.
pub(super) async fn process_is_alive() -> &'static str {
    "zroc-exporter is alive\n"
}

/// `GET /-/ready`: there are values to scrape, of each vCenter that has any.
pub(super) async fn first_cycle_is_done(
    State(publications): State<Publications>,
) -> (StatusCode, &'static str) {
    let publication = publications.borrow();
    let mut accounts = publication.vcenters.iter().map(|it| &it.collection);
    let all_have_tried = accounts.clone().all(|it| it.cycles > 0);
    if all_have_tried && accounts.any(|it| it.last_success.is_some()) {
        (StatusCode::OK, "zroc-exporter is ready\n")
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "no collection cycle has succeeded yet\n",
        )
    }
}
