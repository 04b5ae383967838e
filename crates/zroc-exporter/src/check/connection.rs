//! The way to vCenter: address, certificate, clock.

use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;
use planner_core::vcenter_time::VcenterTime;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};

use super::code::Code;
use super::finding::Finding;
use crate::about::About;
use crate::settings::VcenterSettings;
use crate::vcenter::ServerCertificate;

/// Clocks that differ by less agree: more precisely an answer on its way does not show it.
const AGREEMENT_SECONDS: i64 = 10;

/// A certificate that expires sooner is worth a word.
const LEAST_VALIDITY: Duration = Duration::from_secs(30 * 86_400);

/// The address that accepts connections. `None` where none does, or where a proxy is between: the login says why.
pub(super) async fn address(settings: &VcenterSettings) -> Option<Finding> {
    if let Some(proxy) = &settings.proxy {
        return Some(Finding::passed(
            Code::Address,
            format!("asked through {proxy}"),
        ));
    }
    let (address, took) = timeout(settings.connect_timeout, connect(settings))
        .await
        .ok()??;
    let milliseconds = took.as_millis();
    let found = Finding::passed(
        Code::Address,
        format!("{address} answers in {milliseconds} ms"),
    );
    Some(
        found
            .fact("address", address.to_string())
            .fact("seconds", took.as_secs_f64()),
    )
}

async fn connect(settings: &VcenterSettings) -> Option<(IpAddr, Duration)> {
    let addresses = lookup_host((settings.host.as_str(), settings.port)).await;
    for address in addresses.ok()? {
        let started = Instant::now();
        if TcpStream::connect(address).await.is_ok() {
            return Some((address.ip(), started.elapsed()));
        }
    }
    None
}

/// What there is to say of a certificate that was accepted.
pub(super) fn certificate(
    certificate: &ServerCertificate,
    settings: &VcenterSettings,
    has_connected: bool,
) -> Vec<Finding> {
    if !has_connected {
        return Vec::new();
    }
    let found = if settings.is_tls_verified() {
        Finding::passed(Code::Certificate, "certificate is verified")
    } else {
        Finding::failed(Code::Certificate, "certificate is not verified")
            .setting("VCENTER_THUMBPRINT")
            .hint("compare the thumbprint on vCenter itself, then set VCENTER_THUMBPRINT to it")
    };
    let mut findings = vec![with_certificate(found, certificate)];
    findings.extend(expiry(certificate));
    findings
}

/// The finding with what the certificate says of itself.
pub(super) fn with_certificate(found: Finding, certificate: &ServerCertificate) -> Finding {
    let unreadable = "unreadable";
    let subject = certificate.subject.as_deref().unwrap_or(unreadable);
    let issuer = certificate.issuer.as_deref().unwrap_or(unreadable);
    let expires = certificate.expires.map(|expires| expires.to_string());
    let by = match certificate.is_self_issued() {
        Some(true) => "self-signed".to_owned(),
        _ => format!("issued by {issuer}"),
    };
    let until = expires.as_deref().unwrap_or(unreadable);
    let thumbprint = certificate.thumbprint();
    found
        .detail(format!("{subject}, {by}, until {until}"))
        .detail(format!("SHA-256 {thumbprint}"))
        .fact("sha256", thumbprint)
        .fact("subject", subject)
        .fact("issuer", issuer)
        .fact("not_after", expires)
        .fact("self_signed", certificate.is_self_issued())
}

fn expiry(certificate: &ServerCertificate) -> Option<Finding> {
    let expires = certificate.expires?;
    let left = expires.duration_since(Timestamp::now());
    if left.is_negative() {
        return Some(Finding::failed(
            Code::CertificateExpiry,
            format!("certificate has expired on {expires}"),
        ));
    }
    (left.unsigned_abs() < LEAST_VALIDITY).then(|| {
        Finding::failed(
            Code::CertificateExpiry,
            format!("certificate expires on {expires}"),
        )
    })
}

/// Which product answers.
pub(super) fn product(about: &About) -> Finding {
    let About {
        product,
        version,
        build,
        api_version,
        ..
    } = about;
    Finding::passed(
        Code::Product,
        format!("{product} {version} build-{build}, API {api_version}"),
    )
}

/// vCenter's clock against ours; it was read just now.
pub(super) fn clock(vcenter: VcenterTime) -> Finding {
    let ahead = vcenter
        .as_second()
        .saturating_sub(Timestamp::now().as_second());
    if ahead.abs() <= AGREEMENT_SECONDS {
        let message = format!("clocks agree within {AGREEMENT_SECONDS} s");
        return Finding::passed(Code::Clock, message);
    }
    let direction = if ahead > 0 { "ahead of" } else { "behind" };
    let seconds = ahead.unsigned_abs();
    Finding::failed(
        Code::Clock,
        format!("vCenter's clock is {seconds} s {direction} this machine's"),
    )
    .hint("set NTP on both")
    .fact("offset_seconds", ahead)
}
