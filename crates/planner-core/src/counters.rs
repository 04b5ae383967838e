//! Performance counters: found by name, asked for by the id that this one vCenter gave them.

/// The counters that the product reads, each of one virtual disk of a VM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DiskCounter {
    /// `virtualDisk.numberWriteAveraged.average`, operations per second.
    WriteIops,
    /// `virtualDisk.write.average`, units of 1,024 bytes per second.
    WriteRate,
    /// `virtualDisk.totalWriteLatency.average`, milliseconds per operation.
    WriteLatency,
}

impl DiskCounter {
    /// All counters, in the order in which they are asked for.
    pub const ALL: [Self; 3] = [Self::WriteIops, Self::WriteRate, Self::WriteLatency];

    /// Group, name and rollup type, joined by dots as the vSphere reference writes them.
    pub const fn full_name(self) -> &'static str {
        match self {
            Self::WriteIops => "virtualDisk.numberWriteAveraged.average",
            Self::WriteRate => "virtualDisk.write.average",
            Self::WriteLatency => "virtualDisk.totalWriteLatency.average",
        }
    }
}

/// A counter as this vCenter knows it (vSphere's `PerfCounterInfo`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CounterInfo {
    /// The id, which differs between vCenters and between their releases.
    pub id: i32,
    /// From this statistics level on, roll-ups of single devices are stored. `None` when vCenter does not say.
    pub per_device_level: Option<i32>,
}

/// Our counters under their ids on one vCenter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DiskCounters {
    known: Vec<(DiskCounter, CounterInfo)>,
}

impl DiskCounters {
    /// Picks our counters out of a vCenter's catalogue of full names and infos.
    pub fn resolve<'n>(catalogue: impl IntoIterator<Item = (&'n str, CounterInfo)>) -> Self {
        let mut found = [None; DiskCounter::ALL.len()];
        for (full_name, info) in catalogue {
            for (slot, counter) in found.iter_mut().zip(DiskCounter::ALL) {
                if slot.is_none() && counter.full_name() == full_name {
                    *slot = Some((counter, info));
                }
            }
        }
        Self {
            known: found.into_iter().flatten().collect(),
        }
    }

    /// The counters that this vCenter has, with their infos.
    pub fn known(&self) -> &[(DiskCounter, CounterInfo)] {
        &self.known
    }

    /// The counters that this vCenter lacks.
    pub fn missing(&self) -> Vec<DiskCounter> {
        let is_missing = |counter: &DiskCounter| self.info(*counter).is_none();
        DiskCounter::ALL.into_iter().filter(is_missing).collect()
    }

    /// What this vCenter says of a counter.
    pub fn info(&self, counter: DiskCounter) -> Option<CounterInfo> {
        self.known
            .iter()
            .find(|(known, _)| *known == counter)
            .map(|(_, info)| *info)
    }

    /// Which counter of ours has this id here.
    pub fn by_id(&self, id: i32) -> Option<DiskCounter> {
        self.known
            .iter()
            .find(|(_, info)| info.id == id)
            .map(|(counter, _)| *counter)
    }
}
