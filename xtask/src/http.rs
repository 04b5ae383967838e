//! Plain HTTP on loopback: one answer, or an answer awaited.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::header::ACCEPT_ENCODING;
use hyper::http::request::Builder;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::time::{Instant, sleep, timeout};

use crate::service::Service;

const REQUEST_DEADLINE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(200);

/// Status and text of an answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// One GET; any status is an answer.
pub(crate) async fn get(url: &str) -> anyhow::Result<Answer> {
    send(Request::get(url), String::new()).await
}

/// One POST; any status is an answer.
pub(crate) async fn post(url: &str, body: String) -> anyhow::Result<Answer> {
    send(Request::post(url), body).await
}

/// One DELETE; any status is an answer.
pub(crate) async fn delete(url: &str) -> anyhow::Result<Answer> {
    send(Request::delete(url), String::new()).await
}

/// One GET that accepts gzip; returns the body as it came, which must be of status 200.
pub(crate) async fn get_compressed(url: &str) -> anyhow::Result<Bytes> {
    let request = Request::get(url).header(ACCEPT_ENCODING, "gzip");
    let (status, body) = exchange(request, String::new()).await?;
    ensure!(status == 200, "GET {url} answers {status}");
    ensure!(!body.is_empty(), "GET {url}: nothing in the answer");
    Ok(body)
}

async fn send(request: Builder, body: String) -> anyhow::Result<Answer> {
    let (status, body) = exchange(request, body).await?;
    let body = String::from_utf8(body.into())?;
    Ok(Answer { status, body })
}

async fn exchange(request: Builder, body: String) -> anyhow::Result<(u16, Bytes)> {
    let request = request.body(Full::<Bytes>::from(body))?;
    let what = format!("{} {}", request.method(), request.uri());
    let client = Client::builder(TokioExecutor::new()).build_http();
    let exchange = async {
        let response = client.request(request).await?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes();
        anyhow::Ok((status, body))
    };
    timeout(REQUEST_DEADLINE, exchange)
        .await
        .with_context(|| format!("{what}: no answer within {REQUEST_DEADLINE:?}"))?
        .with_context(|| what)
}

/// Repeats a GET until it answers 200, while `service` keeps running and for at most `deadline`.
pub(crate) async fn get_until_ok(
    url: &str,
    service: &mut Service,
    deadline: Duration,
) -> anyhow::Result<Answer> {
    let end = Instant::now() + deadline;
    loop {
        service.still_running()?;
        let answer = get(url).await;
        match answer {
            Ok(answer) if answer.status == 200 => return Ok(answer),
            _ if Instant::now() < end => sleep(PAUSE).await,
            Ok(Answer { status, body }) => bail!(
                "GET {url} answers {status} after {deadline:?}: {body}\n{}",
                service.last_words()
            ),
            Err(error) => return Err(error.context(service.last_words())),
        }
    }
}
