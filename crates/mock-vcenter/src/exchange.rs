//! One HTTP exchange: what was asked, which rules spoil it, what is answered.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use hyper::body::{Body as _, Incoming};
use hyper::header::{ACCEPT_ENCODING, COOKIE, HeaderMap, HeaderName, USER_AGENT};
use hyper::{Method, Request, Response, StatusCode};
use tokio::time::{Instant, timeout_at};

use crate::fault_rules::{Effect, garbage};
use crate::operations::{self, Call};
use crate::reachability::Connection;
use crate::reply::{Closed, Delivery, Reply, ReplyBody};
use crate::sight::Sight;
use crate::soap::{Request as SoapRequest, SoapFault, envelope, with_inline_namespaces};
use crate::state::Shared;

/// Requests above this are refused unread. The largest honest one is a QueryPerf of some
/// thousand entities.
const MAX_REQUEST_BYTES: usize = 16 << 20;

const VERSION_LIST: &str = "vimServiceVersions.xml";

/// Answers one request, or closes the connection where a rule says so.
pub(crate) async fn respond(
    server: Arc<Shared>,
    connection: Arc<Connection>,
    request: Request<Incoming>,
) -> Result<Response<ReplyBody>, Closed> {
    let accepts_gzip =
        header(request.headers(), &ACCEPT_ENCODING).is_some_and(|all| all.contains("gzip"));
    let gzip = server.options.gzip.filter(|_| accepts_gzip);
    let now = server.now();
    let (head, body) = request.into_parts();
    let path = head.uri.path().trim_end_matches('/');
    let spoiled = match (&head.method, path) {
        (&Method::GET, "/sdk/vimServiceVersions.xml") => {
            server.calls.add(VERSION_LIST);
            let effects = server.faults.effects_on(VERSION_LIST, "");
            spoil(&server, &connection, effects, None).await?
        }
        (&Method::POST, "/sdk") => {
            // What is announced too large is not read at all.
            if body.size_hint().lower() > MAX_REQUEST_BYTES as u64 {
                return Ok(plain(StatusCode::PAYLOAD_TOO_LARGE, now));
            }
            let Ok(bytes) = to_bytes(Body::new(body), MAX_REQUEST_BYTES).await else {
                return Ok(plain(StatusCode::PAYLOAD_TOO_LARGE, now));
            };
            return soap(server, &connection, &head.headers, &bytes, gzip).await;
        }
        (_, "/sdk") => return Ok(plain(StatusCode::METHOD_NOT_ALLOWED, now)),
        _ => return Ok(plain(StatusCode::NOT_FOUND, now)),
    };
    let reply = spoiled
        .reply
        .unwrap_or_else(|| Reply::xml(StatusCode::OK, version_list()));
    Ok(reply.into_response(now, gzip, spoiled.delivery))
}

fn plain(status: StatusCode, now: jiff::Timestamp) -> Response<ReplyBody> {
    Reply::text(status, "").into_response(now, None, Delivery::default())
}

async fn soap(
    server: Arc<Shared>,
    connection: &Connection,
    headers: &HeaderMap,
    bytes: &[u8],
    gzip: Option<u32>,
) -> Result<Response<ReplyBody>, Closed> {
    let parsed = std::str::from_utf8(bytes)
        .map_err(|error| error.to_string())
        .and_then(|text| match SoapRequest::parse(text) {
            Ok(request) => Ok((text, request)),
            Err(error) => Err(error.to_string()),
        });
    let (text, request) = match parsed {
        Ok(parsed) => parsed,
        Err(reason) => {
            let reply = fault_reply(&SoapFault::invalid_request(&reason));
            return Ok(reply.into_response(server.now(), gzip, Delivery::default()));
        }
    };
    let operation = request.operation.clone();
    server.calls.add(&operation);
    tracing::debug!(operation, "called");
    let cookie = header(headers, &COOKIE).and_then(session_cookie);
    let effects = server.faults.effects_on(&operation, text);
    let spoiled = spoil(&server, connection, effects, cookie.as_deref()).await?;
    let mut reply = if let Some(reply) = spoiled.reply {
        reply
    } else {
        let caller = Caller {
            cookie,
            user_agent: header(headers, &USER_AGENT).unwrap_or_default().to_owned(),
            address: connection.peer.ip().to_string(),
        };
        answer_in_time(&server, request, caller).await?
    };
    if let Some(content_type) = spoiled.content_type {
        reply.content_type = content_type;
    }
    for (text, bytes) in &spoiled.replacements {
        reply.body = replaced(&reply.body, text.as_bytes(), bytes);
    }
    Ok(reply.into_response(server.now(), gzip, spoiled.delivery))
}

/// Who calls.
struct Caller {
    cookie: Option<String>,
    user_agent: String,
    address: String,
}

/// Answers, for a call that waits as soon as there is something to say or its time is up.
async fn answer_in_time(
    server: &Arc<Shared>,
    request: SoapRequest,
    caller: Caller,
) -> Result<Reply, Closed> {
    let asked = Arc::new((request, caller));
    let mut changes = server.changes();
    let mut deadline = None;
    loop {
        changes.mark_unchanged();
        let (shared, call) = (Arc::clone(server), Arc::clone(&asked));
        let resumed = deadline.is_some();
        // Large answers take milliseconds of computing.
        let answered =
            tokio::task::spawn_blocking(move || answer(&shared, &call.0, &call.1, resumed));
        let (reply, wait) = answered.await.map_err(|panicked| {
            tracing::error!(%panicked, "the mock itself failed");
            Closed
        })?;
        let Some(wait) = wait else {
            return Ok(reply);
        };
        let deadline = *deadline.get_or_insert_with(|| Instant::now() + wait);
        if !matches!(timeout_at(deadline, changes.changed()).await, Ok(Ok(()))) {
            return Ok(reply);
        }
    }
}

/// The answer as of now, and how long to wait for a better one.
fn answer(
    server: &Shared,
    request: &SoapRequest,
    caller: &Caller,
    resumed: bool,
) -> (Reply, Option<Duration>) {
    let new_cookie = server.random_cookie();
    let call = Call {
        server,
        request,
        cookie: caller.cookie.as_deref(),
        new_cookie: &new_cookie,
        user_agent: &caller.user_agent,
        address: caller.address.clone(),
        sight: Sight {
            session: server.sessions.find(caller.cookie.as_deref()),
            now: server.now(),
            world: server.world.snapshot(),
            settings: server.settings(),
            started: server.started,
        },
        resumed,
    };
    let mut wait = None;
    let body = envelope(|out| {
        wait = operations::answer(&call, out)?;
        Ok(())
    });
    let mut reply = match body {
        Ok(body) if call.sight.settings.inline_namespaces => {
            Reply::xml(StatusCode::OK, with_inline_namespaces(&body))
        }
        Ok(body) => Reply::xml(StatusCode::OK, body),
        Err(fault) => fault_reply(&fault),
    };
    // A refused login gets a cookie too, as on 6.0.
    if request.operation == "Login" {
        reply.cookie = Some(new_cookie);
    }
    (reply, wait)
}

fn fault_reply(fault: &SoapFault) -> Reply {
    let body = envelope::<std::convert::Infallible>(|out| {
        fault.write(out);
        Ok(())
    });
    Reply::xml(StatusCode::INTERNAL_SERVER_ERROR, body.unwrap_or_default())
}

/// What the rules leave of a call.
#[derive(Default)]
struct Spoiled {
    /// To be sent instead of the real answer.
    reply: Option<Reply>,
    content_type: Option<String>,
    /// Texts to be replaced in the answer.
    replacements: Vec<(String, Vec<u8>)>,
    delivery: Delivery,
}

async fn spoil(
    server: &Shared,
    connection: &Connection,
    effects: Vec<Effect>,
    cookie: Option<&str>,
) -> Result<Spoiled, Closed> {
    let mut spoiled = Spoiled::default();
    for effect in effects {
        match effect {
            Effect::Delay(time) => tokio::time::sleep(time).await,
            Effect::AdvanceClock(seconds) => server.advance_clock(seconds),
            Effect::CloseConnection => return Err(Closed),
            Effect::Reset(after) => {
                connection.end_with_a_reset();
                if after == 0 {
                    return Err(Closed);
                }
                spoiled.delivery.cut_after = Some(after);
            }
            Effect::Unreachable => {
                server.reachability.become_unreachable();
                return Err(Closed);
            }
            Effect::OtherCertificate => {
                server.reachability.change_certificate();
                return Err(Closed);
            }
            Effect::Replace { text, bytes } => spoiled.replacements.push((text, bytes)),
            Effect::ContentType(content_type) => spoiled.content_type = Some(content_type),
            Effect::TruncateBody(length) => spoiled.delivery.cut_after = Some(length),
            Effect::Drip(rate) => spoiled.delivery.bytes_per_second = Some(rate),
            Effect::NotAuthenticated => {
                if let Some(cookie) = cookie {
                    server.sessions.close(cookie);
                }
            }
            Effect::Status {
                code,
                content_type,
                body,
            } => {
                let status = StatusCode::from_u16(code).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
                spoiled.reply = Some(Reply {
                    content_type,
                    ..Reply::text(status, &body)
                });
            }
            Effect::Garbage(length) => spoiled.reply = Some(garbage_reply(length, false)),
            Effect::GzipGarbage(length) => spoiled.reply = Some(garbage_reply(length, true)),
            Effect::GzipBomb(mebibytes) => spoiled.reply = Some(Reply::gzip_bomb(mebibytes)),
            Effect::Bloat(mebibytes) => spoiled.reply = Some(Reply::bloated(mebibytes)),
            // Resolved when the rule was matched.
            Effect::Sometimes { .. } | Effect::Numbered(_) => {}
            Effect::Fault {
                fault_type,
                message,
                fields_xml,
            } => {
                let fault = SoapFault {
                    kind: fault_type,
                    message,
                    fields: fields_xml,
                };
                spoiled.reply = Some(fault_reply(&fault));
            }
        }
    }
    Ok(spoiled)
}

fn garbage_reply(length: usize, claims_gzip: bool) -> Reply {
    Reply {
        body: garbage(length),
        claims_gzip,
        ..Reply::xml(StatusCode::OK, String::new())
    }
}

/// The same with `new` wherever `old` was.
fn replaced(body: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.windows(old.len().max(1)).position(|it| it == old) {
        let (before, after) = rest.split_at(at);
        replaced.extend_from_slice(before);
        replaced.extend_from_slice(new);
        rest = after.get(old.len()..).unwrap_or_default();
    }
    replaced.extend_from_slice(rest);
    replaced
}

fn header<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// The session's cookie, in any of the forms that clients send it in: quoted, unquoted, alone or
/// with the attributes that it came with.
fn session_cookie(all: &str) -> Option<String> {
    all.split(';')
        .filter_map(|part| part.trim().strip_prefix("vmware_soap_session="))
        .map(|value| value.trim_matches('"').to_owned())
        .next_back()
}

/// The list of an 8.0.3 build: first an id that is not a number, then numbers of two to four parts.
fn version_list() -> String {
    const PRIOR: [&str; 23] = [
        "8.0.2.0", "8.0.1.0", "8.0.0.2", "8.0.0.1", "8.0.0.0", "7.0.3.2", "7.0.3.1", "7.0.3.0",
        "7.0.2.1", "7.0.2.0", "7.0.1.1", "7.0.1.0", "7.0.0.2", "7.0.0.0", "6.9.1", "6.8.7",
        "6.7.3", "6.7.2", "6.7.1", "6.7", "6.5", "6.0", "5.5",
    ];
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?><namespaces version=\"1.0\"><namespace>\
         <name>urn:vim25</name><version>uA046D008</version><priorVersions>",
    );
    for version in PRIOR {
        // Writing to a string cannot fail.
        let _ = write!(out, "<version>{version}</version>");
    }
    out.push_str("</priorVersions></namespace></namespaces>");
    out
}
