//! Certificates of authorities, from the operating system or from a PEM file as people make them.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::error::Error;

/// All public authorities of the world take a quarter of this.
const LONGEST_FILE_BYTES: u64 = 1 << 20;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// The authorities of the operating system.
pub(crate) fn of_the_system() -> Result<RootCertStore, Error> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added > 0 {
        return Ok(roots);
    }
    let source = found.errors.into_iter().next();
    Err(Error::Config {
        problem: "this system has no CA certificates".to_owned(),
        source: source.map(|error| Arc::new(error) as _),
    })
}

/// The content of a CA file.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, Error> {
    let read = || {
        let mut content = Vec::new();
        // Opening a pipe would wait for somebody who writes to it.
        if !path.metadata()?.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        File::open(path)?
            .take(LONGEST_FILE_BYTES + 1)
            .read_to_end(&mut content)?;
        if content.len() as u64 > LONGEST_FILE_BYTES {
            return Err(io::Error::other("it is longer than 1024 KiB"));
        }
        Ok(content)
    };
    read().map_err(|error| Error::Config {
        problem: format!("cannot use the CA file {}", path.display()),
        source: Some(Arc::new(error)),
    })
}

/// The authorities in the content of a PEM file.
pub(crate) fn in_file(path: &Path, content: &[u8]) -> Result<RootCertStore, Error> {
    let unusable = |source| Error::Config {
        problem: format!("cannot use the CA file {}", path.display()),
        source,
    };
    let without = |hint: &str| Error::Config {
        problem: format!(
            "the CA file {} holds no certificate in PEM form{hint}",
            path.display()
        ),
        source: None,
    };
    if content.starts_with(&[0x30, 0x82]) {
        return Err(without(
            "; it looks like DER, which `openssl x509 -inform der` turns into PEM",
        ));
    }
    if content.starts_with(&[0xff, 0xfe]) || content.starts_with(&[0xfe, 0xff]) {
        return Err(without("; it is in UTF-16, but must be in ASCII or UTF-8"));
    }
    let text = one_block_after_the_other(&String::from_utf8_lossy(content));
    let certificates = CertificateDer::pem_slice_iter(text.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unusable(Some(Arc::new(error))))?;
    let blocks = text.lines().filter(|line| is_begin_of_certificate(line));
    let blocks = blocks.count();
    if certificates.len() < blocks {
        return Err(unusable(Some(Arc::new(io::Error::other(format!(
            "only {} of its {blocks} certificates can be read",
            certificates.len()
        ))))));
    }
    if certificates.is_empty() {
        return Err(without(""));
    }
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots
            .add(certificate)
            .map_err(|error| unusable(Some(Arc::new(error))))?;
    }
    Ok(roots)
}

/// `BEGIN CERTIFICATE`, and forms of it that are not read, such as `BEGIN TRUSTED CERTIFICATE`.
fn is_begin_of_certificate(line: &str) -> bool {
    line.starts_with(BEGIN) && line.ends_with("CERTIFICATE-----")
}

/// Puts each begin and end of a block on a line of its own. Editors, `cat` and YAML glue blocks together, indent them, and put
/// a mark in front.
fn one_block_after_the_other(text: &str) -> String {
    let mut lines = String::with_capacity(text.len() + 64);
    for line in text.trim_start_matches('\u{feff}').lines() {
        let mut rest = line;
        while let Some(start) = [BEGIN, END].iter().filter_map(|mark| rest.find(mark)).min() {
            let (before, mark) = rest.split_at(start);
            let label = mark
                .get(DASHES.len()..)
                .and_then(|label| label.find(DASHES));
            let Some(label) = label else {
                break;
            };
            let (mark, after) = mark.split_at(label + 2 * DASHES.len());
            lines.extend([before.trim(), "\n", mark, "\n"]);
            rest = after;
        }
        lines.extend([rest.trim().trim_start_matches('\u{feff}'), "\n"]);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_get_lines_of_their_own() {
        for (text, lines) in [
            (
                "-----BEGIN A-----\nx\n-----END A-----",
                "-----BEGIN A-----\n\nx\n-----END A-----\n\n",
            ),
            (
                "\u{feff}  -----BEGIN A-----x-----END A----------BEGIN A-----\r\n y\r\n",
                "\n-----BEGIN A-----\nx\n-----END A-----\n\n-----BEGIN A-----\n\ny\n",
            ),
            ("-----BEGIN A", "-----BEGIN A\n"),
        ] {
            let found = one_block_after_the_other(text);
            let without_blank = |text: &str| {
                let lines = text.lines().filter(|line| !line.is_empty());
                lines.map(str::to_owned).collect::<Vec<_>>()
            };
            assert_eq!(without_blank(&found), without_blank(lines), "{text:?}");
        }
    }
}
