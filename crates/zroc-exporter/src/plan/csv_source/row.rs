//! One row of the file.

use csv::ByteRecord;
use planner_core::plan::notation;
use planner_core::units::BytesPerSec;

use super::error::CsvError;
use super::header::{Column, Header};

/// More is a mistake: no array of disks writes a petabyte per second.
const HIGHEST_RATE: f64 = 1e15;
/// The largest size in GiB: an exbibyte.
const LARGEST_SIZE: f64 = 1_073_741_824.0;
/// The longest name in bytes.
const LONGEST_NAME: usize = 1_024;

/// A row with its fields.
#[derive(Debug)]
pub(super) struct Row<'r> {
    pub(super) start: u32,
    /// `None`: no sample.
    pub(super) rate: Option<BytesPerSec>,
    pub(super) vm: &'r str,
    pub(super) moref: &'r str,
    pub(super) vcenter: &'r str,
    pub(super) disk: &'r str,
    pub(super) cluster: &'r str,
    pub(super) host: &'r str,
    pub(super) datacenter: &'r str,
    pub(super) provisioned_gib: Option<f64>,
    pub(super) used_gib: Option<f64>,
}

impl<'r> Row<'r> {
    pub(super) fn read(
        record: &'r ByteRecord,
        header: &Header,
        line: u64,
    ) -> Result<Self, CsvError> {
        let text = |column| {
            let field = header.field(column, record);
            if field.len() > LONGEST_NAME {
                return Err(CsvError::row(
                    line,
                    format!("a field is longer than {LONGEST_NAME} bytes"),
                ));
            }
            std::str::from_utf8(field).map_err(|_| CsvError::row(line, "it is not in UTF-8"))
        };
        let vm = text(Column::Vm)?;
        if vm.is_empty() {
            return Err(CsvError::row(line, "it has no vm"));
        }
        let size = |column| match text(column)? {
            "" => Ok(None),
            size => number(size, LARGEST_SIZE)
                .map(Some)
                .ok_or_else(|| CsvError::row(line, format!("{size:?} is not a size in GiB"))),
        };
        let rate = match text(Column::Rate)? {
            "" => None,
            rate => {
                let value = number(rate, HIGHEST_RATE).and_then(BytesPerSec::new);
                Some(value.ok_or_else(|| {
                    CsvError::row(line, format!("{rate:?} is not a rate in bytes per second"))
                })?)
            }
        };
        Ok(Self {
            start: start(text(Column::Time)?, line)?,
            rate,
            vm,
            moref: text(Column::Moref)?,
            vcenter: text(Column::Vcenter)?,
            disk: text(Column::Disk)?,
            cluster: text(Column::Cluster)?,
            host: text(Column::Host)?,
            datacenter: text(Column::Datacenter)?,
            provisioned_gib: size(Column::ProvisionedGib)?,
            used_gib: size(Column::UsedGib)?,
        })
    }
}

fn number(text: &str, largest: f64) -> Option<f64> {
    let number: f64 = text.parse().ok()?;
    (0.0..=largest).contains(&number).then_some(number)
}

fn start(text: &str, line: u64) -> Result<u32, CsvError> {
    let moment = notation::moment(text).map_err(|error| CsvError::row(line, error.to_string()))?;
    if moment.subsec_nanosecond() != 0 {
        return Err(CsvError::row(
            line,
            format!("{text:?} is not a whole second"),
        ));
    }
    u32::try_from(moment.as_second())
        .map_err(|_| CsvError::row(line, format!("{text:?} is not between 1970 and 2106")))
}
