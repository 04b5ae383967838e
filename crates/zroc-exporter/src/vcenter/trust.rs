//! Keeps up with `VCENTER_CA_FILE`, and shows a certificate that nobody verifies.

use vsphere_soap::{Client, Error, Trust};

use crate::error_chain::with_causes;
use crate::limited_read::LimitedRead;
use crate::settings::VcenterSettings;

#[derive(Debug)]
pub(super) struct TrustKeeper {
    has_ca_file: bool,
    is_verified: bool,
    reading: LimitedRead<Result<bool, Error>>,
    /// As far as is known.
    is_ca_file_usable: bool,
    /// SHA-256 digest of the certificate that was shown last.
    announced: Option<[u8; 32]>,
}

impl TrustKeeper {
    pub(super) fn new(settings: &VcenterSettings) -> Self {
        Self {
            has_ca_file: matches!(settings.trust, Trust::CaFile(_)),
            is_verified: settings.is_tls_verified(),
            reading: LimitedRead::default(),
            is_ca_file_usable: true,
            announced: None,
        }
    }

    /// Reads the CA file again. One that cannot be used changes nothing.
    pub(super) async fn reload(&mut self, client: &Client) {
        if !self.has_ca_file {
            return;
        }
        let client = client.clone();
        let reason = match self.reading.run(move || client.reload_ca_file()).await {
            Ok(Ok(has_changed)) => {
                self.is_ca_file_usable = true;
                if has_changed {
                    tracing::info!(
                        "VCENTER_CA_FILE has changed; new connections trust what it holds now"
                    );
                }
                return;
            }
            Ok(Err(error)) => with_causes(&error),
            Err(error) => with_causes(&error),
        };
        if std::mem::take(&mut self.is_ca_file_usable) {
            tracing::warn!(
                reason,
                "VCENTER_CA_FILE cannot be used any more; what it held before is still trusted"
            );
        }
    }

    /// Warns of a certificate that was accepted unverified, once for each.
    pub(super) fn announce(&mut self, client: &Client) {
        if self.is_verified {
            return;
        }
        let Some(certificate) = client.server_certificate() else {
            return;
        };
        let before = self.announced.replace(certificate.sha256);
        if before == Some(certificate.sha256) {
            return;
        }
        let change = match before {
            None => "vCenter's certificate is not verified",
            Some(_) => "vCenter shows another certificate than before, and it is not verified",
        };
        let subject = certificate.subject.as_deref().unwrap_or("unreadable");
        let expires = certificate.expires.map(|expires| expires.to_string());
        let expires = expires.as_deref().unwrap_or("unreadable");
        let sha256 = certificate.thumbprint();
        tracing::warn!(
            subject,
            expires,
            sha256,
            "{change}; compare it on vCenter itself, then set VCENTER_THUMBPRINT={sha256}"
        );
    }
}
