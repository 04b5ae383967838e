//! The load of every disk at every moment, as a function of seed, VM, disk and time.

use super::chance::{choose, draw, fraction};

/// Seconds between two real-time samples (the host's fixed sampling period).
pub(crate) const SAMPLE_SECONDS: i64 = 20;

/// How one disk behaves over days.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DiskLoad {
    key: u64,
    /// Writes per second at the disk's usual peak of the day.
    peak_writes: f64,
    /// Reads per write.
    read_ratio: f64,
    write_kib: f64,
    read_kib: f64,
    /// Latency of an unloaded disk in microseconds.
    calm_latency: f64,
    /// Seconds by which this disk's day is shifted.
    phase: i64,
    /// Share of five-minute spans with a burst.
    burst_share: f64,
}

/// What one disk does during one sample.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Activity {
    pub(crate) read: Stream,
    pub(crate) write: Stream,
}

/// One direction of it. All zero when fewer than half an operation per second is done.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Stream {
    /// Operations per second.
    pub(crate) iops: i64,
    /// KiB per second.
    pub(crate) kib_per_second: i64,
    /// Mean latency of an operation in microseconds.
    pub(crate) latency_us: i64,
    /// Size of an operation in bytes.
    pub(crate) size_bytes: i64,
}

impl DiskLoad {
    pub(crate) fn new(seed: u64, vm: u32, disk: u32) -> Self {
        let key = draw(seed, u64::from(vm), u64::from(disk), 0x10ad);
        let spread = fraction(draw(key, 1, 0, 0));
        let (peak_writes, burst_share) = match draw(key, 2, 0, 0) % 20 {
            0..=3 => (0.3, 0.02),
            4..=11 => (4.0 + 30.0 * spread, 0.05),
            12..=17 => (40.0 + 260.0 * spread, 0.08),
            _ => (400.0 + 1800.0 * spread, 0.12),
        };
        Self {
            key,
            peak_writes,
            read_ratio: 0.2 + 3.0 * fraction(draw(key, 3, 0, 0)),
            write_kib: choose(draw(key, 4, 0, 0), &[4.0, 8.0, 8.0, 16.0, 32.0, 64.0])
                .unwrap_or(8.0),
            read_kib: choose(draw(key, 5, 0, 0), &[4.0, 8.0, 16.0, 64.0]).unwrap_or(8.0),
            calm_latency: 300.0 + 2200.0 * fraction(draw(key, 6, 0, 0)),
            phase: rounded(7200.0 * fraction(draw(key, 7, 0, 0))),
            burst_share,
        }
    }

    /// What the disk does in the sample stamped `second` (Unix time, a multiple of 20).
    pub(crate) fn at(&self, second: i64) -> Activity {
        let span = moment(second.div_euclid(300));
        let drawn = draw(self.key, span, 8, 0);
        let burst = if fraction(drawn) < self.burst_share {
            3.0 + 5.0 * fraction(drawn.rotate_left(17))
        } else {
            1.0
        };
        let noise = draw(self.key, moment(second.div_euclid(SAMPLE_SECONDS)), 9, 0);
        let load = day_shape(second + self.phase) * burst;
        let writes = self.peak_writes * load * (0.6 + 0.8 * fraction(noise));
        let reads = self.peak_writes
            * self.read_ratio
            * load
            * (0.6 + 0.8 * fraction(noise.rotate_left(29)));
        // Operations grow a little when many are merged.
        let growth = 1.0 + 0.25 * fraction(noise.rotate_left(43));
        // Queueing: the square keeps it flat until a disk is busy.
        let pressure = (writes + reads) / 4000.0;
        let latency = self.calm_latency * (1.0 + 6.0 * pressure * pressure) * growth;
        Activity {
            read: Stream::new(reads, self.read_kib * growth, latency * 1.4),
            write: Stream::new(writes, self.write_kib * growth, latency),
        }
    }
}

impl Activity {
    /// What disks do together.
    pub(crate) fn sum(all: impl Iterator<Item = Self>) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            read: sum.read.with(one.read),
            write: sum.write.with(one.write),
        })
    }
}

impl Stream {
    /// Rates add up; latency and size are means over all operations.
    fn with(self, other: Self) -> Self {
        let iops = self.iops + other.iops;
        let mean = |a: i64, b: i64| {
            (a * self.iops + b * other.iops)
                .checked_div(iops)
                .unwrap_or(0)
        };
        Self {
            iops,
            kib_per_second: self.kib_per_second + other.kib_per_second,
            latency_us: mean(self.latency_us, other.latency_us),
            size_bytes: mean(self.size_bytes, other.size_bytes),
        }
    }

    fn new(iops: f64, kib: f64, latency_us: f64) -> Self {
        if iops < 0.5 {
            return Self::default();
        }
        Self {
            iops: rounded(iops),
            kib_per_second: rounded(iops * kib),
            latency_us: rounded(latency_us),
            size_bytes: rounded(kib * 1024.0),
        }
    }
}

/// Share of the peak at a time of day: quiet nights, a morning rise, a nightly backup at 02:00.
fn day_shape(second: i64) -> f64 {
    let hour = second.rem_euclid(86_400) as f64 / 3600.0;
    let office = 1.0 - ((hour - 13.0).abs() / 9.0).min(1.0);
    let backup = if (2.0..2.75).contains(&hour) {
        0.7
    } else {
        0.0
    };
    (0.15 + 0.85 * office * (2.0 - office) + backup).min(1.2)
}

/// A number of a span of time as a coordinate for chance; the sign bit is as good as any other.
fn moment(number: i64) -> u64 {
    u64::from_ne_bytes(number.to_ne_bytes())
}

/// The nearest whole number.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a saturating cast of a bounded number"
)]
pub(crate) fn rounded(value: f64) -> i64 {
    value.round() as i64
}
