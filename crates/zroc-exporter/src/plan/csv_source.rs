//! Samples from a CSV file: one row per bucket of a VM or disk.
//!
//! The file is read row by row. What is kept of a row takes 16 bytes.

mod error;
mod guard;
mod header;
mod row;
mod series;

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::num::NonZeroU32;
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder, Trim};

use self::guard::{Allowance, Guard};
use self::header::Header;
use self::row::Row;
use self::series::AllSeries;
use super::found::FoundVm;
use crate::bounded_read;

pub(super) use self::error::CsvError;

/// The longest row in bytes. A quotation mark that is never closed would make one of all that follows.
const LONGEST_ROW: u64 = 64 * 1_024;
/// The most rows: 800 MB of samples.
const MOST_ROWS: u64 = 50_000_000;

/// Reads a file. `bucket` is the length of a row; without it, the most frequent distance between a VM's rows is. `progress`
/// hears of the number of rows from time to time.
pub(super) fn read(
    path: &Path,
    bucket: Option<NonZeroU32>,
    mut progress: impl FnMut(u64),
) -> Result<Vec<FoundVm>, CsvError> {
    let (file, delimiter) = open(path)?;
    let allowance = Allowance::new(LONGEST_ROW);
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .trim(Trim::All)
        .from_reader(Guard::new(file, allowance.clone()));
    let mut record = ByteRecord::new();
    if !reader.read_byte_record(&mut record)? {
        return Err(CsvError::Empty);
    }
    let header = Header::read(&record)?;
    let mut all = AllSeries::default();
    let mut rows = 0;
    loop {
        allowance.renew();
        if !reader.read_byte_record(&mut record)? {
            break;
        }
        rows += 1;
        if rows > MOST_ROWS {
            let what = "rows";
            let most = MOST_ROWS;
            return Err(CsvError::TooMany { most, what });
        }
        if rows.is_multiple_of(1_000_000) {
            progress(rows);
        }
        let line = record.position().map_or(0, csv::Position::line);
        all.add(&Row::read(&record, &header, line)?, line)?;
    }
    all.finish(bucket)
}

/// Opens the file behind its byte order mark, and finds what separates its fields.
fn open(path: &Path) -> Result<(impl io::Read + use<>, u8), CsvError> {
    let mut file: BufReader<File> = BufReader::new(bounded_read::open(path)?);
    let begin = file.fill_buf()?;
    if begin.starts_with(&[0xff, 0xfe]) || begin.starts_with(&[0xfe, 0xff]) {
        return Err(CsvError::Utf16);
    }
    let mark: &[u8] = b"\xef\xbb\xbf";
    let skipped = if begin.starts_with(mark) {
        mark.len()
    } else {
        0
    };
    file.consume(skipped);
    let mut header = Vec::new();
    file.by_ref()
        .take(LONGEST_ROW)
        .read_until(b'\n', &mut header)?;
    let is_semicolon = header.contains(&b';') && !header.contains(&b',');
    let delimiter = if is_semicolon { b';' } else { b',' };
    Ok((io::Cursor::new(header).chain(file), delimiter))
}
