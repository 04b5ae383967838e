//! Performance counters: found by name, asked for by the id that this one vCenter gave them.

/// Which way data goes between a VM and its disks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the VM to the disk: what replication has to carry.
    Write,
    /// From the disk to the VM.
    Read,
}

/// What is measured of a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantity {
    /// Operations per second.
    Iops,
    /// Units of 1,024 bytes per second.
    Rate,
    /// Milliseconds per operation.
    Latency,
}

impl Quantity {
    /// All quantities.
    pub const ALL: [Self; 3] = [Self::Iops, Self::Rate, Self::Latency];
}

/// A counter that the product reads, of one virtual disk of a VM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DiskCounter {
    /// Which way.
    pub direction: Direction,
    /// What.
    pub quantity: Quantity,
}

impl DiskCounter {
    /// The counters of writes, in the order in which they are asked for.
    pub const WRITES: [Self; 3] = Self::of(Direction::Write);

    /// The counters of reads, in the order in which they are asked for.
    pub const READS: [Self; 3] = Self::of(Direction::Read);

    /// The counter of the rate, which totals are made of.
    pub(super) const fn rate(direction: Direction) -> Self {
        Self {
            direction,
            quantity: Quantity::Rate,
        }
    }

    pub(super) const fn of(direction: Direction) -> [Self; 3] {
        [
            Self {
                direction,
                quantity: Quantity::Iops,
            },
            Self {
                direction,
                quantity: Quantity::Rate,
            },
            Self {
                direction,
                quantity: Quantity::Latency,
            },
        ]
    }

    /// A number of its own below [`COUNT`](Self::COUNT).
    pub(super) const fn index(self) -> usize {
        let of_direction = match self.direction {
            Direction::Write => 0,
            Direction::Read => 3,
        };
        let of_quantity = match self.quantity {
            Quantity::Iops => 0,
            Quantity::Rate => 1,
            Quantity::Latency => 2,
        };
        of_direction + of_quantity
    }

    /// How many counters there are.
    pub(super) const COUNT: usize = 6;

    /// The unit of its values by vSphere's name (`PerfCounterInfo.unitInfo.key`), the same in all recorded catalogues.
    pub const fn unit(self) -> &'static str {
        match self.quantity {
            Quantity::Iops => "number",
            Quantity::Rate => "kiloBytesPerSecond",
            Quantity::Latency => "millisecond",
        }
    }

    /// Group, name and rollup type, joined by dots as the vSphere reference writes them.
    pub const fn full_name(self) -> &'static str {
        match (self.direction, self.quantity) {
            (Direction::Write, Quantity::Iops) => "virtualDisk.numberWriteAveraged.average",
            (Direction::Write, Quantity::Rate) => "virtualDisk.write.average",
            (Direction::Write, Quantity::Latency) => "virtualDisk.totalWriteLatency.average",
            (Direction::Read, Quantity::Iops) => "virtualDisk.numberReadAveraged.average",
            (Direction::Read, Quantity::Rate) => "virtualDisk.read.average",
            (Direction::Read, Quantity::Latency) => "virtualDisk.totalReadLatency.average",
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskCounters {
    wanted: Vec<DiskCounter>,
    known: Vec<(DiskCounter, CounterInfo)>,
}

impl DiskCounters {
    /// Picks the wanted counters out of a vCenter's catalogue of full names and infos.
    pub fn resolve<'n>(
        wanted: &[DiskCounter],
        catalogue: impl IntoIterator<Item = (&'n str, CounterInfo)>,
    ) -> Self {
        let mut known: Vec<(DiskCounter, CounterInfo)> = Vec::new();
        for (full_name, info) in catalogue {
            let counter = wanted
                .iter()
                .find(|counter| counter.full_name() == full_name);
            if let Some(&counter) = counter
                && !known.iter().any(|(earlier, _)| *earlier == counter)
            {
                known.push((counter, info));
            }
        }
        known.sort_by_key(|(counter, _)| wanted.iter().position(|wanted| wanted == counter));
        Self {
            wanted: wanted.to_vec(),
            known,
        }
    }

    /// The counters asked about.
    pub fn wanted(&self) -> &[DiskCounter] {
        &self.wanted
    }

    /// Those of them that this vCenter has, with their infos, in the same order.
    pub fn known(&self) -> &[(DiskCounter, CounterInfo)] {
        &self.known
    }

    /// Those of them that this vCenter lacks.
    pub fn missing(&self) -> impl Iterator<Item = DiskCounter> {
        self.wanted
            .iter()
            .copied()
            .filter(|counter| self.info(*counter).is_none())
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
