//! TLS and users of the exporter's own port.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mock_vcenter::MockVcenter;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustix::process::Signal;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, crypto};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::exporter::{Exporter, PATIENCE, command};
use crate::http_clients::{MANY, allow_many_files};
use crate::staging::settings;

const NAME: &str = "exporter.example";

/// A folder with a web config and what belongs to it.
struct Folder {
    folder: TempDir,
    certificate: CertificateDer<'static>,
}

impl Folder {
    /// With a certificate in `cert.pem` and its key in `key.pem`.
    fn new(config: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let certificate = write_certificate(folder.path());
        fs::write(folder.path().join("web.yml"), config).unwrap();
        Self {
            folder,
            certificate,
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("web.yml")
    }

    fn rewrite(&self, config: &str) {
        // As editors and Kubernetes do: never half a file.
        let new = self.folder.path().join("new");
        fs::write(&new, config).unwrap();
        fs::rename(new, self.path()).unwrap();
    }

    async fn exporter(&self, mock: &MockVcenter) -> Exporter {
        Exporter::start(&self.settings(mock)).await
    }

    fn settings(&self, mock: &MockVcenter) -> Vec<(&'static str, String)> {
        let path = self.path();
        settings(mock, &[("WEB_CONFIG_FILE", path.to_str().unwrap())])
    }
}

fn write_certificate(folder: &Path) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed([NAME.to_owned()]).unwrap();
    fs::write(folder.join("cert.pem"), cert.pem()).unwrap();
    fs::write(folder.join("key.pem"), signing_key.serialize_pem()).unwrap();
    cert.der().clone()
}

/// The lowest cost there is.
fn hash(password: &str) -> String {
    bcrypt::hash(password, 4).unwrap()
}

const TLS: &str = "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n";

fn user(name: &str, password: &str) -> String {
    format!("basic_auth_users:\n  {name}: {}\n", hash(password))
}

type Identity = (CertificateDer<'static>, PrivateKeyDer<'static>);

/// A client that trusts one certificate.
async fn tls_client(
    exporter: &Exporter,
    trusted: &CertificateDer<'static>,
    identity: Option<Identity>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match identity {
        Some((certificate, key)) => builder
            .with_client_auth_cert(vec![certificate], key)
            .unwrap(),
        None => builder.with_no_client_auth(),
    };
    let stream = TcpStream::connect(exporter.address()).await?;
    let name = ServerName::try_from(NAME).unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

/// The status of an answer, or `None` when there is none.
async fn status(
    stream: &mut (impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin),
    path: &str,
    credentials: Option<&str>,
) -> Option<u16> {
    let authorization = credentials.map_or(String::new(), |credentials| {
        format!("authorization: Basic {}\r\n", STANDARD.encode(credentials))
    });
    let request = format!("GET {path} HTTP/1.1\r\nhost: {NAME}\r\n{authorization}\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1)?;
    let length = length.split("\r\n").next()?.parse().unwrap();
    stream.read_exact(&mut vec![0; length]).await.ok()?;
    head.split(' ').nth(1)?.parse().ok()
}

async fn until<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) {
    let waiting = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, waiting).await;
    assert!(in_time.is_ok(), "waited in vain until {what}");
}

fn is_healthy(settings: &[(&'static str, String)], exporter: &Exporter) -> bool {
    let port = exporter.address().port().to_string();
    let mut check = command(settings).into_std();
    check.arg("healthcheck").env("HTTP_PORT", port);
    ended_well(&mut check)
}

fn ended_well(command: &mut Command) -> bool {
    command.status().unwrap().success()
}

#[tokio::test]
async fn nobody_is_let_in_without_tls_user_and_password() {
    let folder = Folder::new(&format!("{TLS}{}", user("prometheus", "s3cret")));
    let mock = MockVcenter::with_vms(5).await.unwrap();
    let exporter = folder.exporter(&mock).await;

    let mut plain = TcpStream::connect(exporter.address()).await.unwrap();
    assert_eq!(
        status(&mut plain, "/metrics", Some("prometheus:s3cret")).await,
        None
    );

    let mut client = tls_client(&exporter, &folder.certificate, None)
        .await
        .unwrap();
    for path in ["/", "/metrics", "/health", "/-/healthy", "/-/ready", "/no"] {
        assert_eq!(status(&mut client, path, None).await, Some(401), "{path}");
    }
    for wrong in [
        "prometheus:wrong",
        "prometheus:",
        "prometheus",
        "nobody:s3cret",
        ":s3cret",
        "Prometheus:s3cret",
    ] {
        let status = status(&mut client, "/metrics", Some(wrong)).await;
        assert_eq!(status, Some(401), "{wrong}");
    }
    for _ in 0..2 {
        let status = status(&mut client, "/metrics", Some("prometheus:s3cret")).await;
        assert_eq!(status, Some(200));
    }
    assert!(is_healthy(&folder.settings(&mock), &exporter));
    let (ended, log) = exporter.end(Signal::TERM).await;
    assert!(ended.success());
    assert!(!log.contains("s3cret") && !log.contains("$2"), "{log}");
}

#[tokio::test]
async fn changed_files_count_at_once_and_broken_ones_change_nothing() {
    let folder = Folder::new(&format!("{TLS}{}", user("before", "one")));
    let mock = MockVcenter::with_vms(5).await.unwrap();
    let exporter = folder.exporter(&mock).await;
    let client = tls_client(&exporter, &folder.certificate, None).await;
    let client = tokio::sync::Mutex::new(client.unwrap());
    let ask = async |credentials| {
        status(&mut *client.lock().await, "/-/healthy", Some(credentials)).await
    };
    assert_eq!(ask("before:one").await, Some(200));

    // The same connection, as Prometheus keeps it for days.
    folder.rewrite(&format!("{TLS}{}", user("after", "two")));
    until("the new user is let in", async || {
        ask("after:two").await == Some(200)
    })
    .await;
    assert_eq!(ask("before:one").await, Some(401));

    folder.rewrite("basic_auth_users: [");
    let is_complaint = |line: &str| line.contains("WEB_CONFIG_FILE cannot be used any more");
    let complained = async || {
        assert_eq!(ask("after:two").await, Some(200));
        exporter.log().lines().any(is_complaint)
    };
    until("the broken file is complained about", complained).await;
    let mut again = tls_client(&exporter, &folder.certificate, None)
        .await
        .unwrap();
    assert_eq!(
        status(&mut again, "/-/healthy", Some("after:two")).await,
        Some(200)
    );

    let certificate = write_certificate(folder.folder.path());
    folder.rewrite(&format!("{TLS}{}", user("after", "three")));
    until("the new password is let in", async || {
        ask("after:three").await == Some(200)
    })
    .await;
    assert!(tls_client(&exporter, &certificate, None).await.is_ok());
    assert!(
        tls_client(&exporter, &folder.certificate, None)
            .await
            .is_err()
    );
    let complaints = exporter.log();
    assert_eq!(
        complaints.lines().filter(|line| is_complaint(line)).count(),
        1
    );
}

#[tokio::test]
async fn clients_show_a_certificate_where_one_is_asked_for() {
    let folder = Folder::new(&format!(
        "{TLS}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: client.pem\n"
    ));
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["prometheus".to_owned()]).unwrap();
    fs::write(folder.folder.path().join("client.pem"), cert.pem()).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let mock = MockVcenter::with_vms(5).await.unwrap();
    let exporter = folder.exporter(&mock).await;

    let identity = (cert.der().clone(), key);
    let mut known = tls_client(&exporter, &folder.certificate, Some(identity))
        .await
        .unwrap();
    assert_eq!(status(&mut known, "/-/healthy", None).await, Some(200));
    // With TLS 1.3 a client learns only when it reads that it was refused.
    if let Ok(mut unknown) = tls_client(&exporter, &folder.certificate, None).await {
        assert_eq!(status(&mut unknown, "/-/healthy", None).await, None);
    }
    assert!(is_healthy(&folder.settings(&mock), &exporter));
}

#[tokio::test]
async fn many_that_never_speak_tls_disturb_neither_scrapes_nor_collection() {
    let folder = Folder::new(TLS);
    let mock = MockVcenter::with_vms(5).await.unwrap();
    let exporter = folder.exporter(&mock).await;
    allow_many_files();
    let mut idle = Vec::new();
    for _ in 0..MANY {
        idle.push(TcpStream::connect(exporter.address()).await.unwrap());
    }
    mock.reset_calls();
    let queried_twice = async || mock.calls().get("QueryPerf") >= Some(&2);
    until("two more cycles have run", queried_twice).await;
    let mut client = tls_client(&exporter, &folder.certificate, None)
        .await
        .unwrap();
    assert_eq!(status(&mut client, "/metrics", None).await, Some(200));
}

#[tokio::test]
async fn wrong_passwords_keep_nobody_waiting_who_is_known() {
    let slow = bcrypt::hash("right", 10).unwrap();
    let folder = Folder::new(&format!("basic_auth_users:\n  prometheus: {slow}\n"));
    let mock = MockVcenter::with_vms(5).await.unwrap();
    let exporter = folder.exporter(&mock).await;
    let connect = async || TcpStream::connect(exporter.address()).await.unwrap();
    let mut known = connect().await;
    assert_eq!(
        status(&mut known, "/-/healthy", Some("prometheus:right")).await,
        Some(200)
    );

    let mut flood = tokio::task::JoinSet::new();
    for number in 0..30 {
        let mut stream = connect().await;
        flood.spawn(async move {
            let credentials = format!("prometheus:wrong{number}");
            status(&mut stream, "/metrics", Some(&credentials)).await
        });
    }
    let first = flood.join_next().await.unwrap().unwrap();
    assert_eq!(first, Some(401));
    assert_eq!(
        status(&mut known, "/metrics", Some("prometheus:right")).await,
        Some(200)
    );
    let mut still_waiting = flood.len();
    while let Some(refused) = flood.try_join_next() {
        assert!(matches!(refused.unwrap(), Some(401 | 503)));
        still_waiting -= 1;
    }
    assert!(still_waiting > 0, "nobody had to wait for the flood to end");
}

#[tokio::test]
async fn excluded_paths_are_open_to_everybody_and_no_others() {
    let hash = hash("right");
    let folder = Folder::new(&format!(
        "basic_auth_users:\n  prometheus: {hash}\nauth_excluded_paths: [/-/healthy, /health]\n"
    ));
    let mock = MockVcenter::with_vms(5).await.unwrap();
    let exporter = folder.exporter(&mock).await;
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
    for path in ["/-/healthy", "/health", "/health?verbose=1"] {
        assert_eq!(exporter.get(path).await.status, 200, "{path}");
    }
    for path in [
        "/metrics",
        "/",
        "/style.css",
        "/api/v1/status",
        "/api/v1/vms",
        "/api/v1/openapi.json",
        "/api/v2",
        "/-/ready",
        "/healthz",
        "/health/",
        "//health",
        "/health/../metrics",
        "/HEALTH",
        "/metrics?/health",
        "/%2d/healthy",
        "/nowhere",
    ] {
        assert_eq!(exporter.get(path).await.status, 401, "{path}");
    }
    assert!(is_healthy(&folder.settings(&mock), &exporter));
}

#[tokio::test]
async fn headers_are_put_on_every_answer() {
    let folder = Folder::new(
        "http_server_config:\n  http2: true\n  headers:\n    X-Frame-Options: deny\n    X-XSS-Protection: ''\n",
    );
    let mock = MockVcenter::with_vms(5).await.unwrap();
    let exporter = folder.exporter(&mock).await;
    for path in ["/", "/metrics", "/nowhere"] {
        let answer = exporter.get(path).await;
        assert_eq!(answer.headers["x-frame-options"], "deny", "{path}");
        assert!(!answer.headers.contains_key("x-xss-protection"));
    }
    let landing_page = exporter.get("/").await;
    assert_eq!(landing_page.headers["x-content-type-options"], "nosniff");
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
    assert!(is_healthy(&folder.settings(&mock), &exporter));
}
