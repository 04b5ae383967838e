//! A VM whose disks write by a waveform, and hosts that hand out its samples late, in part, or by a wrong clock.

use std::sync::Arc;

use planner_core::collection::accumulators::{Accumulators, Look, Measures};
use planner_core::collection::counters::{DiskCounter, Quantity};
use planner_core::collection::samples::SampleBuffer;
use planner_core::collection::source::{SampleRange, Source};
use planner_core::collection::tally::Tally;
use planner_core::inventory::PowerState;
use planner_core::inventory::entities::Entities;
use planner_core::inventory::filter::Filter;

use crate::accumulator_model::{sample_times, vm};
use crate::{at, full_read, up};

/// Age of the newest sample.
const LAG_SECONDS: i64 = 3;
/// How many samples a host keeps. The newest one is not published yet.
const KEPT: usize = 181;
/// When every simulation begins. Hosts have kept samples since an hour before.
pub(crate) const START: i64 = 1_000_000;

/// Rates are different in each slot, so that it shows which are counted.
pub(crate) fn rate(real: i64, disk: usize) -> i64 {
    (real / 20 * 7_919 + i64::try_from(disk).unwrap() * 104_729) % 9_973
}

/// What a host answers of one disk and counter.
pub(crate) enum Value {
    Number(i64),
    /// `-1`.
    Missing,
    /// Neither the series nor its values are in the answer.
    NoSeries,
    /// The list ends before this sample.
    CutOff,
}

/// Decides what a host answers of a sample: its real time, disk, counter, and the real time of the answer.
pub(crate) type Answers<'a> = &'a dyn Fn(i64, usize, Quantity, i64) -> Value;

/// What a host has of the VM: stamp and real time of each sample, in the order in which they were taken.
#[derive(Debug, Clone, Default)]
pub(crate) struct Host {
    pub(crate) samples: Vec<(i64, i64)>,
    /// By how much its clock is ahead.
    pub(crate) clock: i64,
}

impl Host {
    /// Takes a sample at a real time.
    pub(crate) fn sample(&mut self, real: i64) {
        let stamp = (real + self.clock).div_euclid(20) * 20;
        self.samples.push((stamp, real));
        let too_many = self.samples.len().saturating_sub(KEPT);
        self.samples.drain(..too_many);
    }
}

/// The VM, its accumulators, and real time.
pub(crate) struct Simulation<'a> {
    pub(crate) accumulators: Accumulators,
    pub(crate) disks: usize,
    pub(crate) hosts: [Host; 2],
    /// Which of them runs the VM.
    pub(crate) on: usize,
    pub(crate) now: i64,
    pub(crate) answers: Answers<'a>,
    /// Whether the server hands out all that it has, whatever is asked.
    pub(crate) ignores_max_sample: bool,
    /// Whether answers are ordered by stamp, so that a clock that was set back hides what came since.
    pub(crate) sorts_by_stamp: bool,
    /// Whether there is a series of the whole VM beside those of the disks. Its disk is [`WHOLE_VM`].
    pub(crate) has_whole_vm: bool,
    /// Looks at which the VM was asked for by vCenter's time.
    pub(crate) looks_by_time: usize,
    pub(crate) tally: Tally,
}

/// Stands for the series of the whole VM.
pub(crate) const WHOLE_VM: usize = usize::MAX;

/// Everything is there.
pub(crate) fn complete(real: i64, disk: usize, quantity: Quantity, _now: i64) -> Value {
    Value::Number(match quantity {
        Quantity::Rate if disk == WHOLE_VM => rate(real, 0) + rate(real, 1),
        Quantity::Rate => rate(real, disk),
        Quantity::Iops => 100,
        Quantity::Latency => 5,
    })
}

impl<'a> Simulation<'a> {
    pub(crate) fn new(disks: usize, answers: Answers<'a>) -> Self {
        let mut simulation = Self {
            accumulators: Accumulators::new(Source::Realtime, 300, Measures::default()),
            disks,
            hosts: [Host::default(), Host::default()],
            on: 0,
            now: START - 3_600,
            answers,
            ignores_max_sample: false,
            sorts_by_stamp: false,
            has_whole_vm: false,
            looks_by_time: 0,
            tally: Tally::default(),
        };
        simulation.pass(3_600);
        simulation
    }

    /// Lets time pass: the host that runs the VM takes a sample every 20 seconds.
    pub(crate) fn pass(&mut self, seconds: i64) {
        let end = self.now + seconds;
        for real in self.now + 1..=end {
            if real % 20 == 0 {
                self.hosts[self.on].sample(real);
            }
        }
        self.now = end;
    }

    /// Asks as the accumulators want, and takes the answer.
    pub(crate) fn look(&mut self) {
        let uptime = up(self.now - START);
        self.accumulators.begin_cycle(at(self.now), uptime);
        let range = self.accumulators.range(&vm(), at(self.now), uptime);
        self.looks_by_time += usize::from(matches!(range, SampleRange::Between { .. }));
        let host = &self.hosts[self.on];
        let published = host
            .samples
            .iter()
            .filter(|(_, real)| real + LAG_SECONDS <= self.now);
        let mut samples: Vec<(i64, i64)> = published.copied().collect();
        if self.sorts_by_stamp {
            samples.sort_unstable();
        }
        match range {
            SampleRange::Newest(most) if !self.ignores_max_sample => {
                let most = usize::try_from(most.get()).unwrap();
                samples.drain(..samples.len().saturating_sub(most));
            }
            SampleRange::Newest(_) => {}
            SampleRange::Between { start, end } => {
                let (start, end) = (start.as_second(), end.as_second());
                samples.retain(|(stamp, _)| (start..=end).contains(stamp));
            }
        }
        let moref: Arc<str> = Arc::from(format!("host-{}", self.on));
        let stamps: Vec<i64> = samples.iter().map(|(stamp, _)| *stamp).collect();
        let mut buffer = SampleBuffer::default();
        let mut grid = buffer.begin(sample_times(&stamps, 20));
        let whole_vm = self.has_whole_vm.then_some(WHOLE_VM);
        for disk in (0..self.disks).chain(whole_vm) {
            for counter in DiskCounter::WRITES {
                // vCenter has a series of the whole VM of the rate only.
                if disk == WHOLE_VM && counter.quantity != Quantity::Rate {
                    continue;
                }
                let answer = |real| (self.answers)(real, disk, counter.quantity, self.now);
                let mut values = Vec::new();
                let mut is_there = true;
                for (_, real) in &samples {
                    match answer(*real) {
                        Value::Number(value) => values.push(Some(value)),
                        Value::Missing => values.push(None),
                        Value::CutOff => break,
                        Value::NoSeries => is_there = false,
                    }
                }
                if is_there {
                    let instance = match disk {
                        WHOLE_VM => String::new(),
                        disk => format!("scsi0:{disk}"),
                    };
                    grid.push(counter, &instance, values);
                }
            }
        }
        let look = Look {
            asked: uptime,
            answered: uptime,
            host: Some(&moref),
        };
        self.accumulators.ingest(&vm(), &grid, look, |_, _| {});
        let tally = self.accumulators.take_tally();
        self.tally.missing += tally.missing;
        self.tally.host_changes += tally.host_changes;
    }

    /// The VM is in this state now.
    pub(crate) fn keep_only(&mut self, power_state: PowerState) {
        let mut entities = Entities::new();
        entities.vm(vm().as_str()).power_state = Some(power_state);
        let inventory = entities.resolve(&Filter::default(), full_read(1));
        self.accumulators.keep_only(&inventory);
    }

    /// A number of looks, and how far apart they are.
    pub(crate) fn looks(&mut self, count: usize, seconds: i64) {
        for _ in 0..count {
            self.pass(seconds);
            self.look();
        }
    }

    /// Bytes counted from now on until the end of `act`, and what the disks wrote in the samples published meanwhile.
    pub(crate) fn grown(&mut self, act: impl FnOnce(&mut Self)) -> (i64, i64) {
        let (before, began) = (self.total(), self.now);
        act(self);
        let newest_at = |now: i64| (now - LAG_SECONDS) / 20 * 20;
        let truth =
            (0..self.disks).map(|disk| truth_of_disk(disk, newest_at(began), newest_at(self.now)));
        (self.total() - before, truth.sum())
    }

    /// Bytes counted so far.
    pub(crate) fn total(&self) -> i64 {
        let totals = self.accumulators.totals().next().unwrap();
        i64::try_from(totals.all_disks.write.unwrap().get()).unwrap()
    }
}

/// What a disk wrote in the samples of these real times.
pub(crate) fn truth_of_disk(disk: usize, after: i64, until: i64) -> i64 {
    let slots = (after + 1..=until).filter(|real| real % 20 == 0);
    slots.map(|real| rate(real, disk) * 20 * 1_024).sum()
}
