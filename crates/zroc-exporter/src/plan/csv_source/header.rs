//! Which column is where.

use csv::ByteRecord;

use super::error::CsvError;

/// The columns that a file may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Time,
    Vm,
    Moref,
    Vcenter,
    Disk,
    Cluster,
    Host,
    Datacenter,
    ProvisionedGib,
    UsedGib,
    Rate,
}

impl Column {
    const ALL: [(Self, &str); 11] = [
        (Self::Time, "time"),
        (Self::Vm, "vm"),
        (Self::Moref, "moref"),
        (Self::Vcenter, "vcenter"),
        (Self::Disk, "disk"),
        (Self::Cluster, "cluster"),
        (Self::Host, "host"),
        (Self::Datacenter, "datacenter"),
        (Self::ProvisionedGib, "provisioned_gib"),
        (Self::UsedGib, "used_gib"),
        (Self::Rate, "write_bytes_per_second"),
    ];
    const REQUIRED: [Self; 3] = [Self::Time, Self::Vm, Self::Rate];

    fn name(self) -> &'static str {
        let mut all = Self::ALL.iter();
        all.find(|(column, _)| *column == self)
            .map_or("", |(_, name)| name)
    }
}

/// Places of the columns.
#[derive(Debug)]
pub(super) struct Header(Vec<Column>);

impl Header {
    pub(super) fn read(record: &ByteRecord) -> Result<Self, CsvError> {
        let mut columns = Vec::new();
        for name in record {
            let name = String::from_utf8_lossy(name).to_ascii_lowercase();
            let known = Column::ALL.iter().find(|(_, known)| *known == name);
            let Some((column, _)) = known else {
                let names: Vec<&str> = Column::ALL.iter().map(|(_, name)| *name).collect();
                let name: String = name.chars().take(60).collect();
                return Err(CsvError::Header(format!(
                    "has a column {name:?}, and the columns that a plan reads are {}",
                    names.join(", ")
                )));
            };
            if columns.contains(column) {
                return Err(CsvError::Header(format!("has the column {name} twice")));
            }
            columns.push(*column);
        }
        for required in Column::REQUIRED {
            if !columns.contains(&required) {
                let name = required.name();
                return Err(CsvError::Header(format!("lacks the column {name}")));
            }
        }
        Ok(Self(columns))
    }

    /// The field of a column; empty if the file does not have it.
    pub(super) fn field<'r>(&self, column: Column, record: &'r ByteRecord) -> &'r [u8] {
        let place = self.0.iter().position(|known| *known == column);
        place
            .and_then(|place| record.get(place))
            .unwrap_or_default()
    }
}
