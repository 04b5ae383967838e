//! Certificates of every sort: whether they are accepted, and what a refusal says is wrong with them.

use std::io::Write as _;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::{SignatureScheme, version};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use vsphere_soap::{CertificateFault, ConnectFailure, Error, Trust};

use crate::tls_server::{
    BOTH_VERSIONS, Identity, certificate_file, failure, is_reached, tls_server,
};

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, name);
    params
}

fn self_signed(change: impl Fn(&mut CertificateParams)) -> Identity {
    let mut params = params("vc1");
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    Identity::of(&params.self_signed(&key).unwrap(), &key)
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn issued(
    authority: &CertifiedIssuer<'_, KeyPair>,
    change: impl Fn(&mut CertificateParams),
) -> Identity {
    let mut params = params("vc1");
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    Identity::of(&params.signed_by(&key, authority).unwrap(), &key)
}

fn ca_file(pem: &str) -> (NamedTempFile, Trust) {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(pem.as_bytes()).unwrap();
    let trust = Trust::CaFile(file.path().to_owned());
    (file, trust)
}

fn pin(identity: &Identity) -> Trust {
    Trust::Sha256Thumbprint(Sha256::digest(identity.der()).into())
}

async fn outcome(identity: &Identity, trust: Trust) -> Error {
    let address = tls_server(identity, BOTH_VERSIONS).await;
    failure("localhost", address, trust).await
}

fn fault(error: &Error) -> &CertificateFault {
    match error.connect_failure() {
        Some(ConnectFailure::Certificate(refused)) => &refused.fault,
        _ => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn a_certificate_that_a_trusted_ca_issued_is_accepted() {
    let authority = authority("CA");
    let (_file, trust) = ca_file(&authority.pem());
    let error = outcome(&issued(&authority, |_| {}), trust).await;
    assert!(is_reached(&error), "{error:?}");
}

#[tokio::test]
async fn a_refusal_names_what_is_wrong_with_the_certificate() {
    let (trusted, other) = (authority("CA"), authority("another CA"));
    let namesake = authority("CA");
    let past = |params: &mut CertificateParams| {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 2, 3);
    };
    let future = |params: &mut CertificateParams| params.not_before = date_time_ymd(2100, 1, 1);
    let ca = |params: &mut CertificateParams| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    };
    let names = |params: &mut CertificateParams| {
        params.subject_alt_names = vec![
            rcgen::SanType::DnsName("vc1.corp".try_into().unwrap()),
            rcgen::SanType::IpAddress([10, 0, 0, 7].into()),
        ];
    };
    for (identity, said) in [
        (
            issued(&other, |_| {}),
            "was issued by a CA that is not trusted: CN=another CA",
        ),
        (
            issued(&namesake, |_| {}),
            "was not signed by the trusted CA of the same name: CN=CA",
        ),
        (self_signed(|_| {}), "is self-signed"),
        (
            self_signed(ca),
            "is that of a CA (CA:TRUE), not that of a server",
        ),
        (
            issued(&trusted, ca),
            "is that of a CA (CA:TRUE), not that of a server",
        ),
        (issued(&trusted, past), "expired at 2021-02-03T00:00:00Z"),
        (self_signed(past), "expired at 2021-02-03T00:00:00Z"),
        (
            issued(&trusted, future),
            "is not valid before 2100-01-01T00:00:00Z",
        ),
        (
            issued(&trusted, names),
            "is not for localhost, but for vc1.corp, 10.0.0.7",
        ),
        (
            Identity::of_version_1(),
            "is of X.509 version 1, which cannot be verified",
        ),
    ] {
        let (_file, trust) = ca_file(&trusted.pem());
        let error = outcome(&identity, trust).await;
        assert_eq!(fault(&error).to_string(), said, "{error:?}");
        assert!(error.is_certificate(), "{said}");
        assert_eq!(
            error.is_transient(),
            said.contains("not valid before"),
            "{said}"
        );
        let refusal = error.connect_failure().unwrap().to_string();
        assert!(refusal.contains("(subject CN="), "{refusal}");
        assert!(refusal.contains("SHA-256 "), "{refusal}");
    }
}

#[tokio::test]
async fn with_the_right_pin_nothing_else_about_a_certificate_is_judged() {
    let other = authority("another CA");
    for identity in [
        self_signed(|_| {}),
        self_signed(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
        self_signed(|params| params.not_after = date_time_ymd(2021, 2, 3)),
        self_signed(|params| params.not_before = date_time_ymd(2100, 1, 1)),
        self_signed(|params| params.subject_alt_names.clear()),
        issued(&other, |_| {}),
        Identity::of_version_1(),
    ] {
        for versions in [&[&version::TLS12][..], &[&version::TLS13]] {
            let address = tls_server(&identity, versions).await;
            let error = failure("localhost", address, pin(&identity)).await;
            assert!(is_reached(&error), "{error:?}");
        }
    }
}

#[tokio::test]
async fn a_pinned_certificate_must_come_with_its_key() {
    for (file, scheme, wanted) in [
        (
            "version1.der",
            SignatureScheme::ECDSA_NISTP256_SHA256,
            CertificateFault::NotProven,
        ),
        (
            "rsa1024.der",
            SignatureScheme::RSA_PSS_SHA256,
            CertificateFault::WeakKey { bits: 1_024 },
        ),
        (
            "p521.der",
            SignatureScheme::ECDSA_NISTP521_SHA512,
            CertificateFault::UnsupportedKey {
                kind: "P-521".to_owned(),
            },
        ),
    ] {
        let identity = Identity::pretended(file, scheme);
        for versions in [&[&version::TLS12][..], &[&version::TLS13]] {
            let address = tls_server(&identity, versions).await;
            let error = failure("localhost", address, pin(&identity)).await;
            assert_eq!(fault(&error), &wanted, "{file}: {error:?}");
        }
    }
}

#[tokio::test]
async fn where_any_certificate_will_do_any_key_does() {
    for (file, scheme) in [
        ("version1.der", SignatureScheme::ECDSA_NISTP256_SHA256),
        ("rsa1024.der", SignatureScheme::RSA_PSS_SHA256),
        ("p521.der", SignatureScheme::ECDSA_NISTP521_SHA512),
    ] {
        let error = outcome(&Identity::pretended(file, scheme), Trust::AcceptAny).await;
        assert!(is_reached(&error), "{file}: {error:?}");
    }
}

#[tokio::test]
async fn the_certificate_shown_is_known_whether_or_not_it_is_accepted() {
    let identity = Identity::pretended("p521.der", SignatureScheme::ECDSA_NISTP521_SHA512);
    let mut wrong = [0; 32];
    wrong[0] = 1;
    for trust in [Trust::AcceptAny, Trust::Sha256Thumbprint(wrong)] {
        let address = tls_server(&identity, BOTH_VERSIONS).await;
        let mut config = vsphere_soap::ClientConfig::new("localhost", "user", "pass-word-1");
        config.port = address.port();
        config.trust = trust;
        let client = vsphere_soap::Client::new(config).unwrap();
        assert_eq!(client.server_certificate(), None);
        client.session().await.unwrap_err();
        let shown = client.server_certificate().unwrap();
        assert_eq!(shown.subject.as_deref(), Some("CN=p-521"));
        assert!(shown.expires.unwrap().to_string().starts_with("2126-"));
        let digest: [u8; 32] = Sha256::digest(certificate_file("p521.der")).into();
        assert_eq!(shown.sha256, digest);
        let pasted = Trust::parse_thumbprint(&shown.thumbprint()).unwrap();
        assert_eq!(pasted, Trust::Sha256Thumbprint(digest));
    }
}
