//! A queue that is simulated second by second, with none of the engine's shortcuts.

/// Cumulative bytes written and sent at the end of each second; index 0 is the start.
#[derive(Debug)]
pub(super) struct BruteForce {
    written: Vec<f64>,
    sent: Vec<f64>,
    /// The link's rate in each second.
    link: Vec<f64>,
    data_seconds: usize,
}

impl BruteForce {
    /// Follows `rates`, one per second, over a link whose rate in each second is given. After the data the link continues
    /// until the queue is empty.
    pub(super) fn run(rates: &[f64], link: impl Fn(usize) -> f64) -> Self {
        let mut run = Self {
            written: vec![0.0],
            sent: vec![0.0],
            link: Vec::new(),
            data_seconds: rates.len(),
        };
        let (mut written, mut waits) = (0.0, 0.0_f64);
        for second in 0.. {
            let rate = rates.get(second).copied().unwrap_or(0.0);
            if second >= rates.len() && waits <= 0.0 {
                break;
            }
            written += rate;
            waits = (waits + rate - link(second)).max(0.0);
            run.link.push(link(second));
            run.written.push(written);
            run.sent.push(written - waits);
        }
        run
    }

    fn waits_at(&self, second: usize) -> f64 {
        self.written[second] - self.sent[second]
    }

    pub(super) fn largest_backlog(&self) -> f64 {
        (0..=self.data_seconds)
            .map(|second| self.waits_at(second))
            .fold(0.0, f64::max)
    }

    /// The delay of the byte that is written at the end of a second.
    pub(super) fn delay(&self, second: usize) -> f64 {
        let target = self.written[second] - 1e-3;
        if self.sent[second] >= target {
            return 0.0;
        }
        // As long as the byte waits, the link is busy.
        let last = self.sent.partition_point(|sent| *sent < target) - 1;
        last as f64 + (target - self.sent[last]) / self.link[last] - second as f64
    }

    /// The largest delay of bytes that are written within the given seconds: of bytes a second apart, and of those that
    /// are the oldest at the end of a second. That may be a second short where a link changes within one.
    pub(super) fn worst(&self, is_written_in: impl Fn(usize) -> bool) -> f64 {
        let seconds = (0..self.data_seconds).filter(|second| is_written_in(*second));
        let delays = seconds.flat_map(|second| [self.delay(second), self.delay(second + 1)]);
        let ages = (1..self.sent.len()).map(|second| (second, self.age(second)));
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a second of the data"
        )]
        let written_in = |second: usize, age: f64| (second as f64 - age) as usize;
        let ages =
            ages.filter(|(second, age)| *age > 0.0 && is_written_in(written_in(*second, *age)));
        delays.chain(ages.map(|(_, age)| age)).fold(0.0, f64::max)
    }

    /// Age of the oldest byte that waits at the end of a second.
    pub(super) fn age(&self, second: usize) -> f64 {
        if self.waits_at(second) <= 1e-3 {
            return 0.0;
        }
        let target = self.sent[second] + 1e-3;
        let place = self.written.partition_point(|written| *written < target);
        let (before, after) = (self.written[place - 1], self.written[place]);
        second as f64 - ((place - 1) as f64 + (target - before) / (after - before))
    }

    /// Seconds of the data at whose end the oldest byte is older than a target.
    pub(super) fn seconds_over(&self, target: f64) -> usize {
        let seconds = 1..=self.data_seconds;
        seconds.filter(|second| self.age(*second) > target).count()
    }

    /// The share of the bytes that are older than a target when they are sent, from bytes a second apart.
    pub(super) fn late_share(&self, target: f64) -> f64 {
        let late = (1..=self.data_seconds).filter(|second| self.delay(*second) > target);
        let late: f64 = late
            .map(|second| self.written[second] - self.written[second - 1])
            .sum();
        late / self.written[self.data_seconds]
    }

    /// What this queue leaves of the link in each second to one that comes after it.
    pub(super) fn leftover(&self, link: impl Fn(usize) -> f64) -> impl Fn(usize) -> f64 {
        move |second| {
            let sent_by = |second: usize| self.sent.get(second).copied();
            match (sent_by(second), sent_by(second + 1)) {
                (Some(before), Some(after)) => (link(second) - (after - before)).max(0.0),
                _ => link(second),
            }
        }
    }
}

/// The rate of each second, given that of each bucket.
pub(super) fn by_second(bucket_seconds: usize, rates: &[f64]) -> Vec<f64> {
    rates
        .iter()
        .flat_map(|rate| std::iter::repeat_n(*rate, bucket_seconds))
        .collect()
}
