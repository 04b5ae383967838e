//! Whom a client trusts, and how it shows who it is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::error::SetupError;
use super::files::Files;

/// `tls_config`, in the words of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TlsSettings {
    ca: Option<String>,
    ca_file: Option<PathBuf>,
    cert: Option<String>,
    cert_file: Option<PathBuf>,
    key: Option<SecretString>,
    key_file: Option<PathBuf>,
}

pub(super) fn client_config(
    settings: &TlsSettings,
    files: &Files<'_>,
    speaks_tls: bool,
) -> Result<ClientConfig, SetupError> {
    let pem = |name: &str, text: Option<&str>, file: Option<&Path>| match (text, file) {
        (Some(_), Some(_)) => Err(files.problem(format!(
            "tls_config: only one of {name} and {name}_file may be given"
        ))),
        (Some(text), None) => Ok(Some(text.as_bytes().to_vec())),
        (None, Some(file)) => files.read(file).map(Some),
        (None, None) => Ok(None),
    };
    let ca = pem("ca", settings.ca.as_deref(), settings.ca_file.as_deref())?;
    let cert = pem(
        "cert",
        settings.cert.as_deref(),
        settings.cert_file.as_deref(),
    )?;
    let key = settings.key.as_ref().map(SecretString::expose_secret);
    let key = pem("key", key, settings.key_file.as_deref())?;
    let certificates = |name: &str, pem: &[u8]| {
        let all = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
        let all = all.ok().filter(|all| !all.is_empty());
        all.ok_or_else(|| {
            files.problem(format!(
                "tls_config: {name} holds no certificate in PEM form"
            ))
        })
    };
    let roots = match ca {
        None if speaks_tls => authorities_of_the_system()?,
        None => RootCertStore::empty(),
        Some(ca) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates("ca", &ca)? {
                roots.add(certificate)?;
            }
            roots
        }
    };
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    match (cert, key) {
        (None, None) => Ok(builder.with_no_client_auth()),
        (Some(cert), Some(key)) => {
            let key = PrivateKeyDer::from_pem_slice(&key)
                .map_err(|_| files.problem("tls_config: key holds no private key in PEM form"))?;
            Ok(builder.with_client_auth_cert(certificates("cert", &cert)?, key)?)
        }
        _ => Err(files.problem("tls_config: cert and key come together")),
    }
}

fn authorities_of_the_system() -> Result<RootCertStore, SetupError> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    match roots.add_parsable_certificates(found.certs) {
        (0, _) => Err(SetupError::NoAuthorities),
        _ => Ok(roots),
    }
}
