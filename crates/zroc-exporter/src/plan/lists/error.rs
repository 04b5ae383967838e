//! Why a list cannot be read, and what bounds it.

use std::io;

use calamine::XlsxError;
use zip::result::ZipError;

/// The most entries.
pub(super) const MOST_ENTRIES: usize = 1_000_000;
/// The most bytes of all parts of a workbook together, unpacked.
pub(super) const MOST_UNPACKED: u64 = 512 * 1_024 * 1_024;
/// The most parts of a workbook.
pub(super) const MOST_PARTS: usize = 10_000;

/// Why a list cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ListError {
    #[error(transparent)]
    Csv(#[from] csv::Error),
    #[error(transparent)]
    Workbook(#[from] WorkbookError),
    #[error("it is not in UTF-8")]
    NotUtf8,
    #[error("it has no column with names or references of VMs: name one `vm` or `moref`")]
    NoVms,
    #[error("it has more than {MOST_ENTRIES} entries")]
    TooLong,
    #[error("it names no VM")]
    Empty,
}

/// Why a workbook cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum WorkbookError {
    #[error("it is no workbook")]
    Zip(#[from] ZipError),
    #[error("it cannot be unpacked")]
    Unpack(#[from] io::Error),
    #[error("it is no workbook of the kind xlsx")]
    Xlsx(#[from] XlsxError),
    #[error("it has more than {MOST_PARTS} parts")]
    TooManyParts,
    #[error("it holds more than {MOST_UNPACKED} bytes when it is unpacked")]
    TooLarge,
}
