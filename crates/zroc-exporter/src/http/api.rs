//! `/api/v1`: what is known of vCenters and VMs, as JSON in the envelope of Prometheus' own API.

mod answer;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use tokio::time::Instant;
use utoipa::OpenApi;

use self::answer::{answer, refuse};
use super::heavy::Heavy;
use super::state::HttpState;
use crate::api::{ApiError, Failure, StatusDocument, Success, VmDetails, VmPage, VmQuery};
use crate::publication::Publications;
use crate::self_metrics::ProcessHealth;

/// The paths of the API.
pub(super) fn routes() -> Router<HttpState> {
    Router::new()
        .route("/api/v1/status", get(status))
        .route("/api/v1/vms", get(vms))
        .route("/api/v1/vms/{vcenter}/{moref}", get(vm))
        .route("/api/v1/openapi.json", get(document))
        .route("/api/{*rest}", any(no_such_path))
}

/// The description of the API, as `/api/v1/openapi.json` answers it.
pub fn openapi() -> String {
    let document = Document::openapi();
    let text = document.to_pretty_json().unwrap_or_default();
    format!("{text}\n")
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "zroc-exporter",
        version = "1",
        description = "How collection from vCenters goes, and what their VMs write. The numbers are those of /metrics. A name says the unit of its value; what is not known is null. Within version 1 fields and words are only added. Each answer has an ETag, which stays while the answer stays. If the exporter has a web config, its users count here too."
    ),
    paths(status, vms, vm)
)]
struct Document;

/// How collection goes, and what the latest cycle of each vCenter found.
#[utoipa::path(
    get,
    path = "/api/v1/status",
    responses(
        (status = 200, description = "The status.", body = Success<StatusDocument>),
        (status = 304, description = "As the client knows it: an ETag in If-None-Match fits.")
    )
)]
async fn status(
    State(publications): State<Publications>,
    State(process): State<ProcessHealth>,
    State(heavy): State<Heavy>,
    headers: HeaderMap,
) -> Response {
    answer(&heavy, &headers, move || {
        let publication = publications.borrow().clone();
        let reload_problem = process.reload_problem();
        Ok(StatusDocument::of(
            &publication.vcenters,
            reload_problem,
            Instant::now(),
        ))
    })
    .await
}

/// The VMs of all vCenters, page by page.
#[utoipa::path(
    get,
    path = "/api/v1/vms",
    params(
        ("state" = Option<String>, Query, description = "Only VMs in this state."),
        ("reason" = Option<String>, Query, description = "Only VMs without fresh values for a reason of this kind."),
        ("vcenter" = Option<String>, Query, description = "Only VMs of the vCenter with this name."),
        ("match" = Option<String>, Query, description = "Only VMs whose name fits this pattern: `*` stands for any characters, `?` for one, and case does not matter."),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Most VMs on a page; 100 unless given."),
        ("next" = Option<String>, Query, description = "What the page before had as `next`.")
    ),
    responses(
        (status = 200, description = "A page of VMs, in the order of the vCenters in the settings and then of their references.", body = Success<VmPage>),
        (status = 304, description = "As the client knows it: an ETag in If-None-Match fits."),
        (status = 400, description = "A parameter is unknown, given twice, or has a value that it cannot have.", body = Failure)
    )
)]
async fn vms(
    State(publications): State<Publications>,
    State(heavy): State<Heavy>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    answer(&heavy, &headers, move || {
        let publication = publications.borrow().clone();
        let vcenters = &publication.vcenters;
        let query = VmQuery::parse(&query.unwrap_or_default(), vcenters)?;
        Ok(VmPage::of(vcenters, &query))
    })
    .await
}

/// One VM with its disks and custom attributes.
#[utoipa::path(
    get,
    path = "/api/v1/vms/{vcenter}/{moref}",
    params(
        ("vcenter" = String, Path, description = "The name by which the settings know the vCenter."),
        ("moref" = String, Path, description = "The VM's managed object reference, such as `vm-1234`.")
    ),
    responses(
        (status = 200, description = "The VM.", body = Success<VmDetails>),
        (status = 304, description = "As the client knows it: an ETag in If-None-Match fits."),
        (status = 400, description = "The path is not text.", body = Failure),
        (status = 404, description = "There is no such vCenter or VM.", body = Failure)
    )
)]
async fn vm(
    State(publications): State<Publications>,
    State(heavy): State<Heavy>,
    path: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    answer(&heavy, &headers, move || {
        let Path((vcenter, moref)) = path.map_err(|rejection| ApiError::BadParameter {
            parameter: "path".to_owned(),
            fault: rejection.body_text(),
        })?;
        let publication = publications.borrow().clone();
        VmDetails::find(&publication.vcenters, &vcenter, &moref)
    })
    .await
}

async fn document() -> Response {
    ([(CONTENT_TYPE, "application/json")], openapi()).into_response()
}

async fn no_such_path() -> Response {
    let fault = "there is no such path; /api/v1/openapi.json lists those there are";
    refuse(&ApiError::NotFound(fault.to_owned()))
}
