//! A TLS server with a certificate of the test's choice, which answers every request with status 503.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use rustls::{
    ServerConfig, SignatureAlgorithm, SignatureScheme, SupportedProtocolVersion, version,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use vsphere_soap::{Client, ClientConfig, Error, Trust};

const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";

pub(crate) const BOTH_VERSIONS: &[&SupportedProtocolVersion] = &[&version::TLS12, &version::TLS13];

/// A certificate with the key that proves its ownership, or pretends to.
#[derive(Debug, Clone)]
pub(crate) struct Identity(Arc<CertifiedKey>);

impl Identity {
    /// A certificate that rcgen has made.
    pub(crate) fn of(certificate: &rcgen::Certificate, key: &rcgen::KeyPair) -> Self {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Self::new(certificate.der().clone(), any_key(&key))
    }

    /// A certificate of version 1, of a P-256 key.
    pub(crate) fn of_version_1() -> Self {
        let key = PrivateKeyDer::from_pem_slice(&certificate_file("version1.key.pem")).unwrap();
        Self::new(certificate_file("version1.der").into(), any_key(&key))
    }

    /// A certificate in a file, whose key signs with nothing but this scheme, and wrongly.
    pub(crate) fn pretended(file: &str, scheme: SignatureScheme) -> Self {
        Self::new(certificate_file(file).into(), Arc::new(Pretender(scheme)))
    }

    fn new(certificate: CertificateDer<'static>, key: Arc<dyn SigningKey>) -> Self {
        Self(Arc::new(CertifiedKey::new(vec![certificate], key)))
    }

    pub(crate) fn der(&self) -> &[u8] {
        &self.0.cert[0]
    }
}

impl ResolvesServerCert for Identity {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

pub(crate) fn certificate_file(name: &str) -> Vec<u8> {
    crate::server::fixture(&format!("certificates/{name}"))
}

fn any_key(key: &PrivateKeyDer<'_>) -> Arc<dyn SigningKey> {
    rustls::crypto::ring::sign::any_supported_type(key).unwrap()
}

/// Signs with zeroes.
#[derive(Debug, Clone, Copy)]
struct Pretender(SignatureScheme);

impl SigningKey for Pretender {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        offered.contains(&self.0).then(|| Box::new(*self) as _)
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        match self.0 {
            SignatureScheme::RSA_PSS_SHA256 | SignatureScheme::RSA_PKCS1_SHA256 => {
                SignatureAlgorithm::RSA
            }
            _ => SignatureAlgorithm::ECDSA,
        }
    }
}

impl Signer for Pretender {
    fn sign(&self, _message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        Ok(vec![0; 128])
    }

    fn scheme(&self) -> SignatureScheme {
        self.0
    }
}

/// Starts a server. It runs until the test ends.
pub(crate) async fn tls_server(
    identity: &Identity,
    versions: &[&'static SupportedProtocolVersion],
) -> SocketAddr {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(identity.clone()));
    let acceptor = TlsAcceptor::from(Arc::new(config));
    server(move |tcp| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(mut tls) = acceptor.accept(tcp).await {
                let _ = tls.read(&mut [0; 1024]).await;
                let _ = tls.write_all(ANSWER).await;
                let _ = tls.shutdown().await;
            }
        }
    })
    .await
}

/// A TCP server that treats each connection like this.
pub(crate) async fn server<F>(treat: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            treat(tcp).await;
        }
    });
    address
}

/// How the first call to a server fails.
pub(crate) async fn failure(host: &str, address: SocketAddr, trust: Trust) -> Error {
    let mut config = ClientConfig::new(host, "user", "pass-word-1");
    config.port = address.port();
    config.trust = trust;
    let client = Client::new(config).unwrap();
    client.session().await.unwrap_err()
}

/// Whether the server was reached: then it answered the first call.
pub(crate) fn is_reached(error: &Error) -> bool {
    matches!(error, Error::Http { status: 503, .. })
}
