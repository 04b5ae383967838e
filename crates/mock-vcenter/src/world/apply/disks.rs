//! Changes of virtual disks.

use crate::world::change::ChangeError;
use crate::world::disk::{Bus, Disk};
use crate::world::moment::Moment;
use crate::world::snapshot::Snapshot;

impl Snapshot {
    pub(super) fn resize(
        &mut self,
        moref: &str,
        disk: &str,
        capacity_bytes: u64,
    ) -> Result<(), ChangeError> {
        self.alter_disk(moref, disk, |disk| disk.capacity_bytes = capacity_bytes)
    }

    pub(super) fn add_disk(
        &mut self,
        moref: &str,
        size: u64,
        at: Moment,
    ) -> Result<(), ChangeError> {
        let vm = self.machine(moref)?;
        let index = vm.index;
        let mut disks: Vec<Disk> = vm.all_disks().collect();
        // Units of removed disks stay taken: their series are found by the same names.
        let taken = |bus_number, unit| {
            vm.all_disks()
                .any(|d| (d.bus, d.bus_number, d.unit_number) == (Bus::Scsi, bus_number, unit))
        };
        // Unit 7 is the controller itself.
        let (bus_number, unit_number) = (0..4)
            .flat_map(|bus| (0..16).map(move |unit| (bus, unit)))
            .find(|(bus, unit)| *unit != 7 && !taken(*bus, *unit))
            .ok_or_else(|| ChangeError::not_possible(moref, "all its SCSI units are taken"))?;
        let number = disks.iter().map(|disk| disk.number + 1).max().unwrap_or(0);
        disks.push(Disk {
            number,
            bus: Bus::Scsi,
            bus_number,
            unit_number,
            capacity_bytes: size,
            span: at.onwards(),
        });
        self.alter(index, false, |altered| altered.disks = Some(disks));
        Ok(())
    }

    pub(super) fn remove_disk(
        &mut self,
        moref: &str,
        disk: &str,
        at: Moment,
    ) -> Result<(), ChangeError> {
        self.alter_disk(moref, disk, |disk| disk.span.last = at.newest_sample)
    }

    fn alter_disk(
        &mut self,
        moref: &str,
        instance: &str,
        act: impl FnOnce(&mut Disk),
    ) -> Result<(), ChangeError> {
        let vm = self.machine(moref)?;
        let index = vm.index;
        let mut disks: Vec<Disk> = vm.all_disks().collect();
        let found = disks
            .iter_mut()
            .find(|disk| disk.span.last == i64::MAX && disk.instance() == instance);
        let disk = found.ok_or_else(|| ChangeError::NoSuchDisk {
            vm: moref.to_owned(),
            disk: instance.to_owned(),
        })?;
        act(disk);
        self.alter(index, false, |altered| altered.disks = Some(disks));
        Ok(())
    }
}
