//! What `rate()` makes of a total that grows once per cycle: the windows that README names are true, and others are not.

use jiff::SignedDuration;
use mock_vcenter::MockVcenter;
use proptest::prelude::*;

use crate::exporter::Exporter as RealExporter;
use crate::staging::{deployed, newest_sample, running, settings};

/// Bytes per second of the VM in the simulation.
const TRUTH: f64 = 100_000.0;
/// Seconds between a host's samples.
const SAMPLE: f64 = 20.0;
/// Far enough from zero that Prometheus does not extrapolate to it.
const BEGINNING: f64 = 1e12;
const SCRAPES: [f64; 3] = [15.0, 30.0, 60.0];

/// An exporter whose cycles begin every `poll` seconds and take up to `longest`, as a scraper sees it.
struct Exporter {
    poll: f64,
    longest: f64,
    /// No cycle succeeds between these times.
    outage: Option<(f64, f64)>,
}

impl Exporter {
    fn steady(poll: f64) -> Self {
        Self {
            poll,
            longest: 0.1 * poll,
            outage: None,
        }
    }

    /// When the cycle of this number ends. Durations differ from cycle to cycle.
    fn end(&self, cycle: f64) -> f64 {
        cycle * self.poll + self.longest * (cycle * 0.618_034).fract()
    }

    /// The total on the page at a time.
    fn total(&self, at: f64) -> f64 {
        let mut cycle = (at / self.poll).floor();
        let failed = |end: f64| {
            self.outage
                .is_some_and(|(from, to)| (from..to).contains(&end))
        };
        while self.end(cycle) > at || failed(self.end(cycle)) {
            cycle -= 1.0;
        }
        BEGINNING + (self.end(cycle) / SAMPLE).floor() * SAMPLE * TRUTH
    }

    /// What `rate(total[window])` is at a time, of the truth, with scrapes at this distance and phase.
    fn rate(&self, at: f64, window: f64, scrape: f64, phase: f64) -> f64 {
        let first = ((at - window - phase) / scrape).ceil();
        let times = (0..)
            .map(|number| (first + f64::from(number)) * scrape + phase)
            .take_while(|time| *time <= at);
        let samples: Vec<(f64, f64)> = times.map(|time| (time, self.total(time))).collect();
        extrapolated_rate(&samples, at - window, at) / TRUTH
    }
}

/// Prometheus' `rate()` of samples without resets within a window: the growth from the first sample to the last, extrapolated
/// to the ends of the window, but not further than half an average distance if an end is further away than 1.1 of them.
fn extrapolated_rate(samples: &[(f64, f64)], begin: f64, end: f64) -> f64 {
    let [(first, from), .., (last, to)] = samples else {
        return 0.0;
    };
    let span = last - first;
    let distance = span / (samples.len() - 1) as f64;
    let reach = |gap: f64| {
        if gap < 1.1 * distance {
            gap
        } else {
            distance / 2.0
        }
    };
    let covered = span + reach(first - begin) + reach(end - last);
    (to - from) * covered / span / (end - begin)
}

/// The smallest and the largest rate at any moment of some cycles, in any phase of scraping.
fn range(exporter: &Exporter, window: f64) -> (f64, f64) {
    let rates = SCRAPES.iter().flat_map(|scrape| {
        (0..5).flat_map(move |phase| {
            let phase = scrape * f64::from(phase) / 5.0;
            (0..200).map(move |step| {
                let at = 100_000.0 + exporter.poll * f64::from(step) * 0.037;
                exporter.rate(at, window, *scrape, phase)
            })
        })
    });
    rates.fold((f64::MAX, 0.0), |(least, most), rate| {
        (rate.min(least), rate.max(most))
    })
}

/// `POLL_INTERVAL` and window of each row of README's table, in seconds.
fn windows_of_readme() -> Vec<(f64, f64)> {
    let readme = deployed("README.md");
    let table = readme.split("| `POLL_INTERVAL` | shortest window |").nth(1);
    let rows = table.unwrap().trim_start().lines().skip(1);
    let rows = rows.take_while(|line| line.starts_with('|'));
    let cells = rows.map(|row| row.split('|').map(|cell| cell.trim().trim_matches('`')));
    let windows: Vec<(f64, f64)> = cells
        .map(|mut cells| {
            let poll = cells.nth(1).unwrap().split('`').next().unwrap();
            let windows = windows(cells.next().unwrap());
            assert_eq!(windows.len(), 1);
            (poll.parse().unwrap(), windows[0])
        })
        .collect();
    assert!(windows.iter().any(|(poll, _)| *poll == 300.0), "no default");
    windows
}

/// The lengths of all range selectors in a text, in seconds.
fn windows(text: &str) -> Vec<f64> {
    let selectors = text.split('[').skip(1).filter_map(|rest| {
        let (number, unit) = rest
            .split_once(']')?
            .0
            .split_at_checked(rest.find(']')? - 1)?;
        let unit = match unit {
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        Some(number.parse::<f64>().ok()? * unit)
    });
    selectors.collect()
}

#[test]
fn the_windows_that_readme_names_are_within_a_tenth_of_the_truth() {
    for (poll, window) in windows_of_readme() {
        let (least, most) = range(&Exporter::steady(poll), window);
        assert!(
            least > 0.9 && most < 1.1,
            "[{window}] at {poll}: {least} to {most}"
        );
    }
}

#[test]
fn a_window_of_few_cycles_is_wrong_as_readme_says() {
    let (least, most) = range(&Exporter::steady(300.0), 300.0);
    assert!(least == 0.0 && most > 1.2, "{least} to {most}");
}

#[test]
fn readme_and_rules_name_no_shorter_window() {
    let of_default = windows_of_readme()
        .into_iter()
        .find(|(poll, _)| *poll == 300.0)
        .unwrap()
        .1;
    let shortest = windows_of_readme()
        .iter()
        .map(|row| row.1)
        .fold(f64::MAX, f64::min);
    assert!(
        windows(&deployed("README.md"))
            .iter()
            .all(|window| *window >= shortest)
    );
    let rules = windows(&deployed("deploy/prometheus/rules.yaml"));
    assert!(!rules.is_empty());
    assert!(
        rules.iter().all(|window| *window >= of_default),
        "{rules:?}"
    );
}

#[test]
fn every_named_window_has_the_intervals_that_the_help_asks_for() {
    for (poll, window) in windows_of_readme() {
        assert!(window >= 20.0 * poll, "[{window}] at {poll}");
    }
}

proptest! {
    /// The rule behind the table, for intervals that nobody wrote down.
    #[test]
    fn twenty_intervals_but_ten_minutes_are_within_a_tenth_of_the_truth(
        poll in 1_u32..1_800,
        longest in 0.0..0.4,
        scrape in 5.0..=60.0,
        phase in 0.0..1.0,
        moment in 0.0..1.0,
    ) {
        let poll = f64::from(poll);
        let exporter = Exporter { longest: longest * poll, ..Exporter::steady(poll) };
        let at = 100_000.0 + moment * 10.0 * poll;
        let window = (20.0 * poll).max(600.0);
        let rate = exporter.rate(at, window, scrape, phase * scrape);
        prop_assert!((0.9..1.1).contains(&rate), "{rate}");
    }
}

#[test]
fn an_outage_is_caught_up_with_in_one_step_and_no_byte_is_lost() {
    let (begin, end, poll) = (100_000.0, 103_000.0, 300.0);
    let exporter = Exporter {
        outage: Some((begin, end)),
        ..Exporter::steady(poll)
    };
    let [before, during, after] = [begin - 1.0, end - 1.0, end + poll].map(|at| exporter.total(at));
    assert!(during - before < poll * TRUTH);
    assert!((after - during) > (end - begin - poll) * TRUTH);
    // A window around all of it is right, and one that begins within the outage shows a peak that nobody wrote.
    let around = exporter.rate(end + 3_000.0, 10_000.0, 60.0, 0.0);
    assert!((0.9..1.1).contains(&around), "{around}");
    let half = exporter.rate(end + poll, 6_000.0 - poll, 60.0, 0.0);
    let peak = exporter.rate(end + poll, 1_500.0, 60.0, 0.0);
    assert!(peak > 1.5 && half > 0.9, "{peak}, {half}");
}

#[tokio::test]
async fn a_restart_without_a_state_file_begins_with_the_bytes_of_a_window() {
    let mock = MockVcenter::with_vms(5).await.unwrap();
    for _ in 0..2 {
        let exporter = RealExporter::start(&settings(&mock, &[("POLL_INTERVAL", "600")])).await;
        exporter.first_cycle().await;
        let page = exporter.page().await;
        let newest = newest_sample(&page);
        for vm in running(&mock) {
            let written = |seconds| {
                let begin = newest - SignedDuration::from_secs(seconds);
                mock.world()
                    .bytes_written(&vm.moref, begin, newest)
                    .unwrap() as f64
            };
            let total = page
                .vm("vcenter_vm_disk_write_bytes_total", &vm.moref)
                .unwrap();
            // A minute more than the window is asked for, so that the window is full.
            assert!(
                (written(300)..=written(360)).contains(&total),
                "{total} of {}",
                vm.moref
            );
        }
    }
}
