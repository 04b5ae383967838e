//! Where files lie in the image, below its root.

/// Where Debian, and the image, keep the bundle of public certificate authorities.
pub(super) const CA_BUNDLE: &str = "etc/ssl/certs/ca-certificates.crt";
pub(super) const EXPORTER: &str = "usr/local/bin/zroc-exporter";
pub(super) const SBOM: &str = "usr/share/sbom/zroc-exporter.cdx.json";
