//! Why a CSV file cannot be read.

use std::io;

/// Why a CSV file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CsvError {
    /// The system refuses it.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// It is not CSV.
    #[error(transparent)]
    Csv(#[from] csv::Error),
    /// It is in another encoding.
    #[error("it is in UTF-16: save it as CSV in UTF-8")]
    Utf16,
    /// The header is missing or wrong.
    #[error("its header {0}")]
    Header(String),
    /// A row is wrong.
    #[error("line {line}: {problem}")]
    Row {
        /// Line of the file, from 1.
        line: u64,
        /// What is wrong.
        problem: String,
    },
    /// The same sample comes twice.
    #[error(
        "lines {first} and {second} both say what {series} wrote at {at}: leave one of them out"
    )]
    Duplicate {
        /// The first line.
        first: u32,
        /// The other one.
        second: u32,
        /// The VM, and the disk if there is one.
        series: String,
        /// The start of the bucket.
        at: jiff::Timestamp,
    },
    /// Rows are closer than a row is long.
    #[error(
        "lines {first} and {second} of {series} are {apart} s apart, but a row is {bucket} s long; \
         if that is wrong, give --bucket"
    )]
    Overlap {
        /// The earlier row.
        first: u32,
        /// The later row.
        second: u32,
        /// The VM, and the disk if there is one.
        series: String,
        /// Seconds between their starts.
        apart: u32,
        /// Length of a row.
        bucket: u32,
    },
    /// No distance between rows.
    #[error("no VM has two rows, so the length of a row isn't known: give --bucket, such as 20s")]
    NoBucket,
    /// Rows with a disk and rows without one.
    #[error(
        "{vm} has rows with a disk and rows without one: it is counted either by disk or as a whole"
    )]
    Mixed {
        /// The VM.
        vm: String,
    },
    /// There is too much.
    #[error("it has more than {most} {what}")]
    TooMany {
        /// The bound.
        most: u64,
        /// Of what.
        what: &'static str,
    },
    /// There is nothing.
    #[error("it has no sample")]
    Empty,
}

impl CsvError {
    pub(super) fn row(line: u64, problem: impl Into<String>) -> Self {
        Self::Row {
            line,
            problem: problem.into(),
        }
    }
}
