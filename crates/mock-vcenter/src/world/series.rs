//! Performance series: which an entity has, and their values at any moment.

use std::sync::Arc;

use super::chance::{draw, fraction};
use super::kind::Kind;
use super::object::Object;
use super::oddity::Oddity;
use super::snapshot::Snapshot;
use super::span::Span;
use super::vm::Vm;
use super::workload::{Activity, DiskLoad, SAMPLE_SECONDS, rounded};
use crate::counters::{self, CATALOGUE, Counter, Group, Rollup};

/// One counter of one instance of one entity.
#[derive(Debug, Clone)]
pub(crate) struct Series {
    pub(crate) counter: &'static Counter,
    /// Empty for the aggregate over all devices.
    pub(crate) instance: String,
    source: Source,
    life: Life,
}

/// When there are samples at all.
#[derive(Debug, Clone)]
struct Life {
    /// Every fifth sample is missing.
    gaps: bool,
    /// While the device was there.
    device: Span,
    /// While the machine ran; `None` means always.
    runs: Option<Arc<[Span]>>,
}

#[derive(Debug, Clone)]
enum Source {
    Disk(DiskLoad),
    /// What several disks do together, each while it is there.
    AllDisks(Arc<[(DiskLoad, Span)]>),
    /// Other groups only need to be there: a level with some noise on it.
    Plain {
        key: u64,
        level: f64,
    },
    /// Seconds since a boot at a Unix time.
    Uptime {
        boot: i64,
    },
}

impl Series {
    /// The sample stamped `second`; `None` where the host has no value.
    pub(crate) fn sample(&self, second: i64) -> Option<i64> {
        if !self.life.covers(second) {
            return None;
        }
        Some(match &self.source {
            Source::Disk(load) => disk_value(self.counter, load.at(second)),
            Source::AllDisks(disks) => {
                let there = disks.iter().filter(|(_, span)| span.contains(second));
                let together = Activity::sum(there.map(|(load, _)| load.at(second)));
                disk_value(self.counter, together)
            }
            Source::Plain { key, level } => {
                let moment = u64::from_ne_bytes(second.to_ne_bytes());
                rounded(level * (0.8 + 0.4 * fraction(draw(*key, moment, 0, 0))))
            }
            Source::Uptime { boot } => second - boot,
        })
    }

    /// The samples after `end - interval` up to `end` rolled up as the counter says; an average is
    /// rounded to the nearest whole number. `None` if none of them has a value.
    pub(crate) fn rollup(&self, end: i64, interval: i64) -> Option<i64> {
        let first = (end - interval).div_euclid(SAMPLE_SECONDS) + 1;
        let last = end.div_euclid(SAMPLE_SECONDS);
        let mut samples = (first..=last).filter_map(|slot| self.sample(slot * SAMPLE_SECONDS));
        match self.counter.rollup {
            Rollup::Latest => samples.next_back(),
            Rollup::Maximum => samples.max(),
            Rollup::Summation => {
                let first = samples.next()?;
                Some(first + samples.sum::<i64>())
            }
            Rollup::Average => {
                let (mut sum, mut count) = (0, 0);
                for sample in samples {
                    sum += sample;
                    count += 1;
                }
                (count > 0).then(|| (2 * sum + count).div_euclid(2 * count))
            }
        }
    }

    /// Whether there may be samples in a range of stamps.
    pub(crate) fn lives_in(&self, span: Span) -> bool {
        self.life.device.meets(span)
    }

    /// Whether the 5-minute and longer roll-ups keep it at a statistics level.
    pub(crate) fn kept_at(&self, statistics_level: u8) -> bool {
        let needed = if self.instance.is_empty() {
            self.counter.level
        } else {
            self.counter.device_level
        };
        needed <= statistics_level
    }
}

impl Life {
    const EVER: Self = Self {
        gaps: false,
        device: Span::ALWAYS,
        runs: None,
    };

    fn of(vm: &Vm<'_>) -> Self {
        Self {
            gaps: vm.oddity == Some(Oddity::Gaps),
            runs: vm.runs(),
            ..Self::EVER
        }
    }

    fn covers(&self, second: i64) -> bool {
        let missing = self.gaps && second.div_euclid(SAMPLE_SECONDS).rem_euclid(5) == 0;
        let running = self
            .runs
            .as_ref()
            .is_none_or(|runs| runs.iter().any(|run| run.contains(second)));
        !missing && running && self.device.contains(second)
    }
}

impl Snapshot {
    pub(super) fn one_series(
        &self,
        vm_moref: &str,
        instance: &str,
        counter: &str,
    ) -> Option<Series> {
        let counter = counters::by_name(counter)?;
        let entity = self.by_moref(vm_moref)?;
        let aggregate = if instance.is_empty() {
            Aggregate::Present
        } else {
            Aggregate::Absent
        };
        self.series(entity, aggregate, &|candidate| candidate.id == counter.id)?
            .into_iter()
            .find(|series| series.instance == instance)
    }

    /// Bytes written by one disk or all of them, by the samples after `after` up to `until`.
    pub(super) fn bytes_written(
        &self,
        moref: &str,
        instance: Option<&str>,
        after: i64,
        until: i64,
    ) -> Option<u64> {
        let Some(Object::Vm(index)) = self.by_moref(moref) else {
            return None;
        };
        let rate =
            |counter: &Counter| (counter.group, counter.name) == (Group::VirtualDisk, "write");
        let vm = self.vm(index)?;
        let mut all = disk_series(&vm, self.seed(), Aggregate::Absent, &rate);
        if let Some(instance) = instance {
            all.retain(|series| series.instance == instance);
            if all.is_empty() {
                return None;
            }
        }
        let first = after.div_euclid(SAMPLE_SECONDS) + 1;
        let last = until.div_euclid(SAMPLE_SECONDS);
        let written = (first..=last)
            .flat_map(|slot| {
                all.iter()
                    .map(move |series| series.sample(slot * SAMPLE_SECONDS))
            })
            .flatten()
            .filter_map(|rate| u64::try_from(rate).ok())
            .map(|rate| rate * 1024 * SAMPLE_SECONDS.unsigned_abs())
            .sum();
        Some(written)
    }

    /// The series of an entity, or `None` if it does not provide performance data. They come in
    /// no useful order, as from a real server, but always in the same one.
    /// Only those of counters that are `wanted` are made.
    pub(crate) fn series(
        &self,
        entity: Object,
        aggregate: Aggregate,
        wanted: &dyn Fn(&Counter) -> bool,
    ) -> Option<Vec<Series>> {
        let seed = self.seed();
        let mut all = match entity {
            Object::Vm(index) => {
                let vm = self.vm(index)?;
                if !vm.sampled() {
                    return Some(Vec::new());
                }
                let mut all = disk_series(&vm, seed, aggregate, wanted);
                let life = Life::of(&vm);
                plain_series(seed, index, &VM_INSTANCES, &life, wanted, &mut all);
                all
            }
            Object::Node(id) if self.kind(entity) == Kind::HostSystem => {
                let mut all = Vec::new();
                if self.topology.disconnected_host != Some(id) {
                    let key = u32::MAX - id.0;
                    plain_series(seed, key, &HOST_INSTANCES, &Life::EVER, wanted, &mut all);
                }
                all
            }
            _ => return None,
        };
        let salt = draw(seed, entity.number(), 0x0bde, 0);
        all.sort_by_cached_key(|series| {
            let instance = series
                .instance
                .bytes()
                .fold(0, |sum, b| sum << 5 ^ sum >> 60 ^ u64::from(b));
            draw(salt, u64::from(series.counter.id), instance, 0)
        });
        Some(all)
    }
}

/// Whether the disks of a machine have a series over all of them, instance `""`. On a real server
/// they have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aggregate {
    Absent,
    Present,
}

fn disk_series(
    vm: &Vm<'_>,
    seed: u64,
    aggregate: Aggregate,
    wanted: &dyn Fn(&Counter) -> bool,
) -> Vec<Series> {
    let mut all = Vec::new();
    let counters: Vec<&'static Counter> = CATALOGUE
        .iter()
        .filter(|c| c.group == Group::VirtualDisk && wanted(c))
        .collect();
    let life = Life::of(vm);
    let disks: Arc<[(DiskLoad, Span)]> = vm
        .all_disks()
        .map(|disk| (DiskLoad::new(seed, vm.index, disk.number), disk.span))
        .collect();
    if aggregate == Aggregate::Present {
        all.extend(counters.iter().map(|counter| Series {
            counter,
            instance: String::new(),
            source: Source::AllDisks(Arc::clone(&disks)),
            life: life.clone(),
        }));
    }
    for (disk, (load, _)) in vm.all_disks().zip(disks.iter()) {
        for counter in counters.iter().copied() {
            all.push(Series {
                counter,
                instance: disk.instance(),
                source: Source::Disk(*load),
                life: Life {
                    device: disk.span,
                    ..life.clone()
                },
            });
        }
    }
    all
}

type Instances = [(Group, &'static [&'static str]); 6];

/// Instances as recorded from real servers: vCPU numbers, the device key of a network card, and
/// the aggregate.
const VM_INSTANCES: Instances = [
    (Group::Cpu, &["", "0", "1"]),
    (Group::Mem, &[""]),
    (Group::Disk, &[""]),
    (Group::Net, &["", "4000"]),
    (Group::Sys, &[""]),
    (Group::Datastore, &["5f3c1a2b-0f1e2d3c-4b5a-0050569a1b2c"]),
];

const HOST_INSTANCES: Instances = [
    (Group::Cpu, &["", "0", "1", "2", "3"]),
    (Group::Mem, &[""]),
    (Group::Disk, &["", "naa.600508b1001c3a4d"]),
    (Group::Net, &["", "vmnic0", "vmnic1"]),
    (Group::Sys, &[""]),
    (Group::Datastore, &["5f3c1a2b-0f1e2d3c-4b5a-0050569a1b2c"]),
];

fn plain_series(
    seed: u64,
    entity: u32,
    instances: &Instances,
    life: &Life,
    wanted: &dyn Fn(&Counter) -> bool,
    all: &mut Vec<Series>,
) {
    for counter in CATALOGUE.iter().filter(|counter| wanted(counter)) {
        let Some((_, names)) = instances.iter().find(|(group, _)| *group == counter.group) else {
            continue;
        };
        for (number, name) in (0..).zip(*names) {
            let key = draw(seed, u64::from(entity), u64::from(counter.id), number);
            let source = if counter.group == Group::Sys && counter.rollup == Rollup::Latest {
                Source::Uptime {
                    boot: boot_time(seed, u64::from(entity)),
                }
            } else {
                let ceiling = match counter.unit.0 {
                    "percent" => 6000.0,
                    "megaHertz" => 2400.0,
                    "kiloBytes" => 4_000_000.0,
                    "number" => 40.0,
                    _ => 900.0,
                };
                Source::Plain {
                    key,
                    level: ceiling * fraction(key),
                }
            };
            all.push(Series {
                counter,
                instance: (*name).to_owned(),
                source,
                life: life.clone(),
            });
        }
    }
}

/// When an entity was started: some moment of January 2024, as Unix time.
pub(crate) fn boot_time(seed: u64, entity: u64) -> i64 {
    const START_OF_2024: i64 = 1_704_067_200;
    START_OF_2024 + rounded(2_592_000.0 * fraction(draw(seed, entity, 0xb007, 0)))
}

/// The value of a virtualDisk counter for what a disk does.
fn disk_value(counter: &Counter, Activity { read, write }: Activity) -> i64 {
    match counter.name {
        "numberReadAveraged" => read.iops,
        "numberWriteAveraged" => write.iops,
        "read" => read.kib_per_second,
        "write" => write.kib_per_second,
        // Whole milliseconds: fast storage reads 0.
        "totalReadLatency" => read.latency_us / 1000,
        "totalWriteLatency" => write.latency_us / 1000,
        "readLatencyUS" => read.latency_us,
        "writeLatencyUS" => write.latency_us,
        "throughput.usage" => read.kib_per_second + write.kib_per_second,
        // Little's law: how many are on their way.
        "readOIO" => read.iops * read.latency_us / 1_000_000,
        "writeOIO" => write.iops * write.latency_us / 1_000_000,
        "readIOSize" => read.size_bytes,
        "writeIOSize" => write.size_bytes,
        "readLoadMetric" => read.iops / 10,
        "writeLoadMetric" => write.iops / 10,
        "smallSeeks" => (read.iops + write.iops) * 6,
        "mediumSeeks" => (read.iops + write.iops) * 3,
        "largeSeeks" => read.iops + write.iops,
        _ => 0,
    }
}
