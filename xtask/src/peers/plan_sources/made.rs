//! Pages as if two exporters had been scraped for hours, made from what is known to have been written.

use std::fmt::Write as _;

use jiff::Timestamp;

/// How long it is.
const HOURS: i64 = 6;

/// What is made.
pub(super) struct Made {
    start: i64,
    end: i64,
    vms: Vec<Vm>,
}

/// A VM of a vCenter that is polled and scraped at these distances, in seconds.
struct Vm {
    vcenter: &'static str,
    number: i64,
    poll: i64,
    scrape: i64,
    /// The poll at which its total begins again.
    restart: Option<i64>,
}

impl Made {
    pub(super) fn new() -> Self {
        // What is newer than a minute may not be shown.
        let end = (Timestamp::now().as_second() - 180).div_euclid(300) * 300;
        let start = end - HOURS * 3_600;
        let of = |vcenter, poll, scrape| {
            (1..=12).map(move |number| Vm {
                vcenter,
                number,
                poll,
                scrape,
                restart: (number == 5).then_some(HOURS * 3_600 / poll / 2),
            })
        };
        Self {
            start,
            end,
            vms: of("east", 60, 15).chain(of("west", 300, 60)).collect(),
        }
    }

    /// Start and end, in seconds of Unix time.
    pub(super) fn window(&self) -> (i64, i64) {
        (self.start, self.end)
    }

    /// An OpenMetrics page.
    pub(super) fn page(&self) -> String {
        let mut page = String::new();
        self.family(
            &mut page,
            "vcenter_vm_disk_write_bytes",
            "counter",
            |vm, at| {
                let sample = format!("_total{{{}}}", vm.identity());
                // A poll ends some seconds after it was due.
                let polls = (at - self.start - 7).div_euclid(vm.poll) + 1;
                Some((sample, vm.total(polls)))
            },
        );
        self.family(&mut page, "vcenter_vm", "info", |vm, _| {
            let (identity, name) = (vm.identity(), vm.name());
            let place = "cluster=\"c1\",host=\"esx01\",datacenter=\"dc\"";
            Some((format!("_info{{{identity},vm_name=\"{name}\",{place}}}"), 1))
        });
        self.family(
            &mut page,
            "vcenter_vm_disk_provisioned_gb",
            "gauge",
            |vm, _| Some((format!("{{{}}}", vm.identity()), 100 * vm.number)),
        );
        self.family(
            &mut page,
            "vcenter_collector_poll_interval_seconds",
            "gauge",
            |vm, _| {
                let sample = format!("{{vcenter=\"{}\"}}", vm.vcenter);
                (vm.number == 1).then_some((sample, vm.poll))
            },
        );
        page.push_str("# EOF\n");
        page
    }

    fn family(
        &self,
        page: &mut String,
        name: &str,
        kind: &str,
        sample: impl Fn(&Vm, i64) -> Option<(String, i64)>,
    ) {
        let _ = writeln!(page, "# TYPE {name} {kind}");
        for vm in &self.vms {
            // A scrape comes some seconds after the poll that it sees.
            let mut at = self.start - vm.poll + 9;
            while at <= self.end + 60 {
                if let Some((sample, value)) = sample(vm, at) {
                    let _ = writeln!(page, "{name}{sample} {value} {at}");
                }
                at += vm.scrape;
            }
        }
    }

    /// What the VMs of a vCenter wrote, as a file that a plan reads.
    pub(super) fn csv_of(&self, vcenter: &str) -> String {
        let mut csv = "time,vm,moref,provisioned_gib,write_bytes_per_second\n".to_owned();
        for vm in self.vms.iter().filter(|vm| vm.vcenter == vcenter) {
            let (name, moref, gib) = (vm.name(), vm.moref(), 100 * vm.number);
            for poll in 0..HOURS * 3_600 / vm.poll {
                let at = self.start + poll * vm.poll;
                let rate = vm.written(poll) as f64 / vm.poll as f64;
                let _ = writeln!(csv, "{at},{name},{moref},{gib},{rate}");
            }
        }
        csv
    }
}

impl Vm {
    fn name(&self) -> String {
        format!("{}-{}", self.vcenter, self.number)
    }

    fn moref(&self) -> String {
        format!("vm-{}", self.number)
    }

    fn identity(&self) -> String {
        format!("vm_moref=\"{}\",vcenter=\"{}\"", self.moref(), self.vcenter)
    }

    /// Bytes that are counted at a poll: some always, and more in a burst that each VM has at another time.
    fn written(&self, poll: i64) -> i64 {
        let burst = (poll * self.poll / 600 + self.number) % 17 == 0;
        let rate = 200_000 * self.number + poll % 7 * 50_000 + if burst { 9_000_000 } else { 0 };
        rate * self.poll
    }

    /// The total after these polls.
    fn total(&self, polls: i64) -> i64 {
        let from = self.restart.filter(|restart| *restart < polls);
        let before = if from.is_some() { 0 } else { 7_000_000_000 };
        before
            + (from.unwrap_or(0)..polls)
                .map(|poll| self.written(poll))
                .sum::<i64>()
    }
}
