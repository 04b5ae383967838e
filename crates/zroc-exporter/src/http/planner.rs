//! Plans from what the exporter keeps: a page, what it loads, and documents in the formats of the command.

use axum::extract::State;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    REFERRER_POLICY, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};

use crate::plan::arguments::Format;
use crate::plan::live::{NoPlan, Planner, SCRIPT, STYLE};
use crate::plan::report_policy;

const HTML: &str = "text/html; charset=utf-8";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The page loads its sheet and its script from here, and asks nobody else.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// What a document is, beside its format.
struct Kind {
    format: Format,
    content_type: &'static str,
    disposition: Option<&'static str>,
}

/// `GET /planner`
pub(super) async fn page(State(planner): State<Planner>, uri: Uri, headers: HeaderMap) -> Response {
    let edition = planner.edition(&uri.to_string());
    if is_known(&headers, &edition) {
        return not_modified(&edition);
    }
    let (html, made) = planner.page(uri.query().unwrap_or_default()).await;
    let (code, mut more) = match &made {
        Ok(()) => (StatusCode::OK, tag(&edition)),
        // A page that says what to do is an answer.
        Err(NoPlan::HistoryIsOff | NoPlan::NothingYet | NoPlan::Nothing(_)) => {
            (StatusCode::OK, HeaderMap::new())
        }
        Err(no_plan) => (code_of(no_plan), retry_after(no_plan)),
    };
    more.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    (code, common(HTML), more, html).into_response()
}

/// `GET /planner.css`
pub(super) async fn style(headers: HeaderMap) -> Response {
    file(&headers, "text/css; charset=utf-8", STYLE)
}

/// `GET /planner.js`
pub(super) async fn script(headers: HeaderMap) -> Response {
    file(&headers, "text/javascript; charset=utf-8", SCRIPT)
}

/// A part of the program.
fn file(headers: &HeaderMap, content_type: &'static str, content: &'static str) -> Response {
    let digest = digest(&SHA256, content.as_bytes());
    let edition = format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(digest));
    if is_known(headers, &edition) {
        return not_modified(&edition);
    }
    (common(content_type), tag(&edition), content).into_response()
}

pub(super) async fn json(State(planner): State<Planner>, uri: Uri, headers: HeaderMap) -> Response {
    let kind = Kind {
        format: Format::Json,
        content_type: "application/json",
        disposition: None,
    };
    document(&planner, &uri, &headers, kind).await
}

pub(super) async fn csv(State(planner): State<Planner>, uri: Uri, headers: HeaderMap) -> Response {
    let kind = Kind {
        format: Format::Csv,
        content_type: "text/csv; charset=utf-8",
        disposition: Some("attachment; filename=\"plan.csv\""),
    };
    document(&planner, &uri, &headers, kind).await
}

pub(super) async fn xlsx(State(planner): State<Planner>, uri: Uri, headers: HeaderMap) -> Response {
    let kind = Kind {
        format: Format::Xlsx,
        content_type: XLSX,
        disposition: Some("attachment; filename=\"plan.xlsx\""),
    };
    document(&planner, &uri, &headers, kind).await
}

pub(super) async fn report(
    State(planner): State<Planner>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let kind = Kind {
        format: Format::Html,
        content_type: HTML,
        disposition: None,
    };
    let mut answer = document(&planner, &uri, &headers, kind).await;
    // The same that the report says of itself, and what only a header can say.
    let policy = format!(
        "{}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        report_policy()
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    answer
}

async fn document(planner: &Planner, uri: &Uri, headers: &HeaderMap, kind: Kind) -> Response {
    let edition = planner.edition(&uri.to_string());
    if is_known(headers, &edition) {
        return not_modified(&edition);
    }
    let query = uri.query().unwrap_or_default();
    match planner.document(query, kind.format).await {
        Ok(document) => {
            let mut more = tag(&edition);
            if let Some(disposition) = kind.disposition {
                more.insert(CONTENT_DISPOSITION, HeaderValue::from_static(disposition));
            }
            (common(kind.content_type), more, document).into_response()
        }
        Err(no_plan) => {
            let (code, more) = (code_of(&no_plan), retry_after(&no_plan));
            (code, more, format!("{no_plan}\n")).into_response()
        }
    }
}

fn common(content_type: &'static str) -> HeaderMap {
    let headers = [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, "no-cache"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
    HeaderMap::from_iter(headers)
}

fn tag(edition: &str) -> HeaderMap {
    let edition = HeaderValue::from_str(edition).ok();
    HeaderMap::from_iter(edition.map(|edition| (ETAG, edition)))
}

fn is_known(headers: &HeaderMap, edition: &str) -> bool {
    let known = headers.get_all(IF_NONE_MATCH).iter();
    let mut known = known.filter_map(|known| known.to_str().ok());
    known.any(|known| known.split(',').any(|known| known.trim() == edition))
}

fn not_modified(edition: &str) -> Response {
    (StatusCode::NOT_MODIFIED, tag(edition)).into_response()
}

fn code_of(no_plan: &NoPlan) -> StatusCode {
    match no_plan {
        NoPlan::Question(bad) if bad.is_too_long => StatusCode::URI_TOO_LONG,
        NoPlan::Question(_) => StatusCode::BAD_REQUEST,
        NoPlan::HistoryIsOff => StatusCode::NOT_FOUND,
        NoPlan::NothingYet | NoPlan::Busy => StatusCode::SERVICE_UNAVAILABLE,
        NoPlan::Nothing(_) => StatusCode::UNPROCESSABLE_ENTITY,
        NoPlan::Unwritten(_) | NoPlan::Task(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// When to ask again, if that helps.
fn retry_after(no_plan: &NoPlan) -> HeaderMap {
    let seconds = match no_plan {
        NoPlan::Busy => "2",
        NoPlan::NothingYet => "20",
        _ => return HeaderMap::new(),
    };
    HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(seconds))])
}
