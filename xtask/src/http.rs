//! Plain HTTP on loopback: one answer, or an answer awaited.

use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
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
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let exchange = async {
        let response = client.get(url.parse()?).await?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes();
        let body = String::from_utf8(body.into())?;
        anyhow::Ok(Answer { status, body })
    };
    timeout(REQUEST_DEADLINE, exchange)
        .await
        .with_context(|| format!("GET {url}: no answer within {REQUEST_DEADLINE:?}"))?
        .with_context(|| format!("GET {url}"))
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
