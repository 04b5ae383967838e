//! The plan as a workbook: what the text says, and the table of VMs.

use planner_core::plan::assumptions::Inputs;
use planner_core::plan::whole::Plan;
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use super::vm_rows::{Cell, header, rows};

/// A workbook with the text of the plan and one row per VM. `text` is the plan for people.
pub(super) fn workbook(plan: &Plan, inputs: &Inputs, text: &str) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let bold = Format::new().set_bold();
    let summary = workbook.add_worksheet().set_name("Plan")?;
    summary.set_column_width(0, 48)?.set_column_width(1, 80)?;
    for (row, line) in (0..).zip(text.lines()) {
        write_line(summary, row, line, &bold)?;
    }
    let vms = workbook.add_worksheet().set_name("VMs")?;
    vms.set_freeze_panes(1, 2)?.set_column_width(1, 32)?;
    for (column, name) in (0..).zip(header(inputs)) {
        vms.write_string_with_format(0, column, name, &bold)?;
    }
    for (row, cells) in (1..).zip(rows(plan, inputs)) {
        for (column, cell) in (0..).zip(cells) {
            match cell {
                Cell::Text(text) => vms.write_string(row, column, text)?,
                Cell::Number(number) => vms.write_number(row, column, number)?,
                Cell::Empty => vms,
            };
        }
    }
    workbook.save_to_buffer()
}

/// A row of the text is a name and a value with spaces between them.
fn write_line(sheet: &mut Worksheet, row: u32, line: &str, bold: &Format) -> Result<(), XlsxError> {
    let Some(indented) = line.strip_prefix("  ") else {
        sheet.write_string_with_format(row, 0, line, bold)?;
        return Ok(());
    };
    match indented.split_once("  ") {
        Some((name, value)) => {
            sheet
                .write_string(row, 0, name)?
                .write_string(row, 1, value.trim_start())?
        }
        None => sheet.write_string(row, 0, indented)?,
    };
    Ok(())
}
