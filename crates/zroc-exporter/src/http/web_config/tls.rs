//! TLS as a web config asks for it.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};

use super::error::WebConfigError;
use super::file::{ClientAuthType, TlsServerConfig, TlsVersion};
use super::files::Files;

/// `path` is that of the web config file: other paths are relative to its folder.
pub(super) fn server_config(
    settings: &TlsServerConfig,
    path: &Path,
    files: &mut Files,
) -> Result<Arc<ServerConfig>, WebConfigError> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let unusable = |problem: String| WebConfigError::Tls {
        path: path.to_owned(),
        problem,
    };
    let mut pem = |text: Option<&str>, file: Option<&Path>| match (text, file) {
        (Some(text), _) => Ok(Some(text.as_bytes().to_vec())),
        (None, Some(file)) => files.read(&folder.join(file)).map(Some),
        (None, None) => Ok(None),
    };
    let certificates = pem(settings.cert.as_deref(), settings.cert_file.as_deref())?;
    let certificates = all_certificates(&certificates.unwrap_or_default())
        .ok_or_else(|| unusable("cert_file holds no PEM certificate".to_owned()))?;
    let key = settings
        .key
        .as_ref()
        .map(secrecy::ExposeSecret::expose_secret);
    let key = pem(key, settings.key_file.as_deref())?.unwrap_or_default();
    let key = PrivateKeyDer::from_pem_slice(&key)
        .map_err(|_| unusable("key_file holds no PEM private key".to_owned()))?;
    let client_ca = pem(
        settings.client_ca.as_deref(),
        settings.client_ca_file.as_deref(),
    )?;

    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&versions(settings))
        .map_err(|error| unusable(error.to_string()))?;
    let builder = match client_ca {
        None => builder.with_no_client_auth(),
        Some(client_ca) => {
            let verifier = client_verifier(&client_ca, settings.client_auth_type, &provider);
            builder.with_client_cert_verifier(verifier.map_err(unusable)?)
        }
    };
    let mut config = builder
        .with_single_cert(certificates, key)
        .map_err(|error| unusable(format!("certificate and key cannot be used: {error}")))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn versions(settings: &TlsServerConfig) -> Vec<&'static SupportedProtocolVersion> {
    match (settings.min_version, settings.max_version) {
        (Some(TlsVersion::Tls13), _) => vec![&TLS13],
        (_, Some(TlsVersion::Tls12)) => vec![&TLS12],
        _ => vec![&TLS13, &TLS12],
    }
}

/// `None` when there is none, or something else as well that looks like one.
fn all_certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let all: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .ok()?;
    (!all.is_empty()).then_some(all)
}

fn client_verifier(
    pem: &[u8],
    auth_type: ClientAuthType,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, String> {
    let certificates = all_certificates(pem).ok_or("client_ca_file holds no PEM certificate")?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots
            .add(certificate)
            .map_err(|error| format!("client_ca_file: {error}"))?;
    }
    let builder =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    let builder = match auth_type {
        ClientAuthType::VerifyClientCertIfGiven => builder.allow_unauthenticated(),
        _ => builder,
    };
    builder.build().map_err(|error| error.to_string())
}
