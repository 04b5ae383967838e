//! The catalogue of performance counters, with the ids and levels of a vCenter 9.0.1.
//!
//! A real server lists about 800; these are all of `virtualDisk` and enough others to be honest
//! about aggregates, levels and ids that are no constants.

/// One performance counter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counter {
    pub(crate) id: u32,
    pub(crate) group: Group,
    /// The name part of `group.name.rollup`; may itself hold dots.
    pub(crate) name: &'static str,
    pub(crate) rollup: Rollup,
    /// `absolute`, `delta` or `rate`.
    pub(crate) stats: &'static str,
    pub(crate) unit: Unit,
    /// Statistics level from which aggregate series are kept.
    pub(crate) level: u8,
    /// Statistics level from which series per device are kept.
    pub(crate) device_level: u8,
    pub(crate) label: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Cpu,
    Mem,
    Disk,
    Net,
    Sys,
    VirtualDisk,
    Datastore,
}

impl Group {
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Mem => "mem",
            Self::Disk => "disk",
            Self::Net => "net",
            Self::Sys => "sys",
            Self::VirtualDisk => "virtualDisk",
            Self::Datastore => "datastore",
        }
    }

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Cpu => "CPU",
            Self::Mem => "Memory",
            Self::Disk => "Disk",
            Self::Net => "Network",
            Self::Sys => "System",
            Self::VirtualDisk => "Virtual disk",
            Self::Datastore => "Datastore",
        }
    }
}

/// How samples become one value of a longer interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rollup {
    Average,
    Summation,
    Latest,
    Maximum,
}

impl Rollup {
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Average => "average",
            Self::Summation => "summation",
            Self::Latest => "latest",
            Self::Maximum => "maximum",
        }
    }
}

/// Unit key and the label shown for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unit(pub(crate) &'static str, pub(crate) &'static str);

const NUMBER: Unit = Unit("number", "num");
const KIB_RATE: Unit = Unit("kiloBytesPerSecond", "KBps");
const KIB: Unit = Unit("kiloBytes", "KB");
const MILLI: Unit = Unit("millisecond", "ms");
const MICRO: Unit = Unit("microsecond", "\u{b5}s");
const SECOND: Unit = Unit("second", "s");
const PERCENT: Unit = Unit("percent", "%");
const MHZ: Unit = Unit("megaHertz", "MHz");

/// Finds a counter by its id.
pub(crate) fn by_id(id: u32) -> Option<&'static Counter> {
    CATALOGUE.iter().find(|counter| counter.id == id)
}

/// Finds a counter by `group.name.rollup`.
pub(crate) fn by_name(full_name: &str) -> Option<&'static Counter> {
    let (group, rest) = full_name.split_once('.')?;
    let (name, rollup) = rest.rsplit_once('.')?;
    CATALOGUE
        .iter()
        .find(|c| c.group.key() == group && c.name == name && c.rollup.key() == rollup)
}

/// Shortens the table: id, group, name, rollup, stats, unit, level, per-device level, label.
macro_rules! catalogue {
    ($($id:literal $group:ident $name:literal $rollup:ident $stats:ident $unit:ident $level:literal $device:literal $label:literal;)*) => {
        &[$(Counter {
            id: $id,
            group: Group::$group,
            name: $name,
            rollup: Rollup::$rollup,
            stats: stringify!($stats),
            unit: $unit,
            level: $level,
            device_level: $device,
            label: $label,
        }),*]
    };
}

/// Every counter, in the order of ids.
pub(crate) const CATALOGUE: &[Counter] = catalogue! {
    2 Cpu "usage" Average rate PERCENT 1 3 "Usage";
    4 Cpu "usage" Maximum rate PERCENT 4 4 "Usage";
    6 Cpu "usagemhz" Average rate MHZ 1 3 "Usage in MHz";
    10 Cpu "system" Summation delta MILLI 3 3 "System";
    11 Cpu "wait" Summation delta MILLI 3 3 "Wait";
    12 Cpu "ready" Summation delta MILLI 1 3 "Ready";
    13 Cpu "idle" Summation delta MILLI 2 3 "Idle";
    14 Cpu "used" Summation delta MILLI 3 3 "Used";
    24 Mem "usage" Average absolute PERCENT 1 3 "Usage";
    29 Mem "granted" Average absolute KIB 2 3 "Granted";
    33 Mem "active" Average absolute KIB 2 3 "Active";
    70 Mem "swapped" Average absolute KIB 2 3 "Swapped";
    74 Mem "swaptarget" Average absolute KIB 2 3 "Swap target";
    90 Mem "vmmemctl" Average absolute KIB 1 3 "Balloon";
    94 Mem "vmmemctltarget" Average absolute KIB 2 3 "Balloon target";
    98 Mem "consumed" Average absolute KIB 1 3 "Consumed";
    102 Mem "overhead" Average absolute KIB 1 1 "Overhead";
    133 Disk "usage" Average rate KIB_RATE 1 3 "Usage";
    138 Disk "read" Average rate KIB_RATE 2 3 "Read rate";
    139 Disk "write" Average rate KIB_RATE 2 3 "Write rate";
    141 Disk "maxTotalLatency" Latest absolute MILLI 1 3 "Highest latency";
    151 Net "usage" Average rate KIB_RATE 1 3 "Usage";
    156 Net "received" Average rate KIB_RATE 2 3 "Receive rate";
    157 Net "transmitted" Average rate KIB_RATE 2 3 "Transmit rate";
    163 Sys "uptime" Latest absolute SECOND 1 3 "Uptime";
    164 Sys "heartbeat" Summation delta NUMBER 1 3 "Heartbeat";
    179 VirtualDisk "numberReadAveraged" Average rate NUMBER 1 3 "Reads per second";
    180 VirtualDisk "numberWriteAveraged" Average rate NUMBER 1 3 "Writes per second";
    181 VirtualDisk "read" Average rate KIB_RATE 2 2 "Read rate";
    182 VirtualDisk "write" Average rate KIB_RATE 2 2 "Write rate";
    183 VirtualDisk "totalReadLatency" Average absolute MILLI 1 3 "Read latency";
    184 VirtualDisk "totalWriteLatency" Average absolute MILLI 1 3 "Write latency";
    185 VirtualDisk "throughput.cont" Average absolute MILLI 4 4 "Contention";
    186 Datastore "numberReadAveraged" Average rate NUMBER 1 3 "Reads per second";
    187 Datastore "numberWriteAveraged" Average rate NUMBER 1 3 "Writes per second";
    188 Datastore "read" Average rate KIB_RATE 2 2 "Read rate";
    189 Datastore "write" Average rate KIB_RATE 2 2 "Write rate";
    190 Datastore "totalReadLatency" Average absolute MILLI 1 3 "Read latency";
    191 Datastore "totalWriteLatency" Average absolute MILLI 1 3 "Write latency";
    202 VirtualDisk "throughput.usage" Average rate KIB_RATE 4 4 "Throughput";
    203 VirtualDisk "commandsAborted" Summation delta NUMBER 2 4 "Aborted commands";
    204 VirtualDisk "busResets" Summation delta NUMBER 2 4 "Bus resets";
    350 VirtualDisk "readOIO" Latest absolute NUMBER 2 2 "Outstanding reads";
    351 VirtualDisk "writeOIO" Latest absolute NUMBER 2 2 "Outstanding writes";
    352 VirtualDisk "readLoadMetric" Latest absolute NUMBER 2 2 "Read load";
    353 VirtualDisk "writeLoadMetric" Latest absolute NUMBER 2 2 "Write load";
    456 VirtualDisk "hbr.readLatencyMS" Latest absolute MILLI 4 4 "Replication read latency";
    457 VirtualDisk "hbr.stallLatencyMS" Latest absolute MILLI 4 4 "Replication stall";
    629 Mem "swapin" Average absolute KIB 2 3 "Swap in";
    633 Mem "swapout" Average absolute KIB 2 3 "Swap out";
    750 VirtualDisk "readIOSize" Latest absolute NUMBER 4 4 "Read request size";
    751 VirtualDisk "writeIOSize" Latest absolute NUMBER 4 4 "Write request size";
    752 VirtualDisk "smallSeeks" Latest absolute NUMBER 4 4 "Small seeks";
    753 VirtualDisk "mediumSeeks" Latest absolute NUMBER 4 4 "Medium seeks";
    754 VirtualDisk "largeSeeks" Latest absolute NUMBER 4 4 "Large seeks";
    755 VirtualDisk "readLatencyUS" Latest absolute MICRO 4 4 "Read latency in microseconds";
    756 VirtualDisk "writeLatencyUS" Latest absolute MICRO 4 4 "Write latency in microseconds";
};
