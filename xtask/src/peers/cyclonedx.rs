//! CycloneDX's library accepts the exporter's bill of materials.

use super::python;
use crate::{repository, sbom};

pub(super) async fn compare() -> anyhow::Result<String> {
    let file = repository::scratch("peers")?.join("sbom.json");
    sbom::write(&file).await?;
    python::run("check_sbom.py", &[file.display().to_string()]).await
}
