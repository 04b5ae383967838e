//! Workbooks (xlsx). They come from outside: their size when unpacked is measured before anything is read of them.

use std::io::{self, Cursor, Read as _};

use calamine::{Data, DataRef, Reader as _, Xlsx};
use zip::ZipArchive;

use super::error::{ListError, MOST_ENTRIES, MOST_PARTS, MOST_UNPACKED, WorkbookError};
use super::table::Table;

/// The most columns that are read of a sheet.
const MOST_COLUMNS: u32 = 256;
/// The sheets that are read, if a workbook has any of them.
const RVTOOLS_SHEETS: [&str; 4] = ["vInfo", "vDisk", "tabvInfo", "tabvDisk"];

/// The tables of a workbook: RVTools' tabs, or else the first sheet.
pub(super) fn tables(content: Vec<u8>) -> Result<Vec<Table>, ListError> {
    measure(&content)?;
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(content)).map_err(WorkbookError::from)?;
    let names = workbook.sheet_names();
    let is_rvtools = |name: &&String| RVTOOLS_SHEETS.contains(&&***name);
    let mut wanted: Vec<String> = names.iter().filter(is_rvtools).cloned().collect();
    if wanted.is_empty() {
        wanted.extend(names.into_iter().take(1));
    }
    let mut tables = Vec::new();
    for name in wanted {
        let rows = rows(&mut workbook, &name)?;
        tables.extend(Table::new(rows)?);
    }
    Ok(tables)
}

/// Unpacks each part once into nothing, because what a part says about its size may be wrong.
fn measure(content: &[u8]) -> Result<(), WorkbookError> {
    let mut archive = ZipArchive::new(Cursor::new(content))?;
    if archive.len() > MOST_PARTS {
        return Err(WorkbookError::TooManyParts);
    }
    let mut left = MOST_UNPACKED;
    for place in 0..archive.len() {
        let mut part = archive.by_index(place)?.take(left + 1);
        let read = io::copy(&mut part, &mut io::sink())?;
        left = left.checked_sub(read).ok_or(WorkbookError::TooLarge)?;
    }
    Ok(())
}

/// The rows of a sheet, cell by cell: a sheet with a cell in each corner would not fit into memory as a rectangle.
fn rows(
    workbook: &mut Xlsx<Cursor<Vec<u8>>>,
    name: &str,
) -> Result<Vec<(usize, Vec<String>)>, ListError> {
    let mut cells = workbook
        .worksheet_cells_reader(name)
        .map_err(WorkbookError::from)?;
    let mut rows: Vec<(usize, Vec<String>)> = Vec::new();
    while let Some(cell) = cells.next_cell().map_err(WorkbookError::from)? {
        let (row, column) = cell.get_position();
        if column >= MOST_COLUMNS {
            continue;
        }
        let line = row as usize + 1;
        if rows.last().is_none_or(|(last, _)| *last != line) {
            if rows.len() > MOST_ENTRIES {
                return Err(ListError::TooLong);
            }
            rows.push((line, Vec::new()));
        }
        if let Some((_, cells)) = rows.last_mut() {
            let place = column as usize;
            if cells.len() <= place {
                cells.resize(place + 1, String::new());
            }
            if let Some(slot) = cells.get_mut(place) {
                *slot = text(cell.get_value());
            }
        }
    }
    Ok(rows)
}

fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Bool(value) => value.to_string(),
        DataRef::Empty | DataRef::Error(_) => String::new(),
        value => Data::from(value.clone()).to_string().trim().to_owned(),
    }
}
