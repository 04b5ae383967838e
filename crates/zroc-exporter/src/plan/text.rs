//! The plan for people: the verdict first, then money, then proof.

use std::cmp::Reverse;
use std::fmt::Write as _;

use planner_core::plan::assumptions::Inputs;
use planner_core::plan::links::LinkForRpo;
use planner_core::plan::percent::Percent;
use planner_core::plan::recovery::SizeIs;
use planner_core::plan::rpo::Outcome;
use planner_core::plan::sentence::wanted;
use planner_core::plan::whole::Plan;
use planner_core::plan::words::{
    digits, duration, needed_rate, needed_size, observed_gigabytes, observed_megabit,
    observed_rate, observed_size, percentage,
};
use planner_core::units::{BytesPerSec, MegabitPerSec, Seconds};

use super::document::verdict_word;
use super::selection::Selected;

/// How many VMs of a list are shown; the other formats have all.
const SHOWN: usize = 10;

/// The plan as text. `drift` is what changed since a saved plan.
pub(super) fn render(
    plan: &Plan,
    inputs: &Inputs,
    selected: &Selected,
    drift: &[String],
) -> String {
    let mut text = Text(String::new());
    text.line(&plan.sentence(inputs));
    text.line("");
    text.coverage(plan, inputs);
    text.vms(plan, selected);
    text.section("Link");
    text.links(plan);
    text.section("Disk at the recovery site");
    text.disk(plan);
    text.section("Who writes most");
    text.writers(plan);
    text.groups(plan);
    text.scenarios(plan);
    if !drift.is_empty() {
        text.section("Changed");
        for line in drift {
            text.line(&format!("  {line}"));
        }
    }
    text.section("Assumptions");
    text.assumptions(plan, inputs);
    text.0
}

struct Text(String);

impl Text {
    fn line(&mut self, line: &str) {
        // Names of VMs may hold anything, also what a terminal takes for a command.
        let shown = |c: char| if c.is_control() { '\u{fffd}' } else { c };
        self.0.extend(line.chars().map(shown));
        self.0.push('\n');
    }

    fn section(&mut self, title: &str) {
        let _ = write!(self.0, "\n{title}\n");
    }

    fn row(&mut self, name: &str, value: &str) {
        self.line(&format!("  {name:<34} {value}"));
    }

    fn coverage(&mut self, plan: &Plan, inputs: &Inputs) {
        let coverage = &plan.coverage;
        let lengths = coverage.resolutions.iter();
        let lengths: Vec<String> = lengths
            .map(|it| {
                format!(
                    "{} in buckets of {}",
                    duration(it.covered),
                    duration(it.bucket)
                )
            })
            .collect();
        let at = |moment: jiff::Timestamp| {
            let civil = inputs.time_zone.to_datetime(moment);
            civil.strftime("%a %-d %b %Y %H:%M:%S").to_string()
        };
        let zone = inputs.time_zone.iana_name().unwrap_or("UTC");
        self.line(&format!(
            "{}: {} covered, from {} to {} {zone}",
            verdict_word(coverage.verdict),
            duration(coverage.covered),
            at(coverage.window.start),
            at(coverage.window.end),
        ));
        let filled = match coverage.share_filled {
            share if share > 0.0 => {
                format!(
                    "; {} of the bytes stand in for missing samples",
                    percentage(share)
                )
            }
            _ => String::new(),
        };
        self.line(&format!(
            "{}; samples cover {} of the VMs' time{filled}",
            lengths.join(", "),
            percentage(coverage.share_present),
        ));
        if let Some(chance) = coverage.chance_of_a_higher_day {
            self.line(&format!(
                "the chance that tomorrow's peak is higher is {}",
                percentage(chance)
            ));
        }
    }

    fn vms(&mut self, plan: &Plan, selected: &Selected) {
        let left_out = selected.left_out(plan).count();
        self.line(&format!(
            "{} VMs counted, {left_out} left out, {} flagged, {} entries without a VM",
            plan.vms.len(),
            selected.flagged.len(),
            selected.unmatched.len(),
        ));
        for (vm, reason) in selected.left_out(plan).take(SHOWN) {
            self.row(&format!("left out: {}", vm.name), reason);
        }
        for (vm, reason) in selected.flagged.iter().take(SHOWN) {
            self.row(&format!("look at: {}", vm.name), reason);
        }
        for it in selected.unmatched.iter().take(SHOWN) {
            self.row(&format!("{} {}", it.from, it.entry), it.reason);
        }
    }

    fn links(&mut self, plan: &Plan) {
        for link in &plan.answers.links_for_rpo {
            self.row(&wanted(link), &need(link));
        }
        self.row("to order", &needed_rate(plan.wan.recommended));
        if let Some(link) = plan.link_for_vra_buffer {
            self.row("so that the VRAs' memory suffices", &needed_rate(link));
        }
        for quantile in &plan.wan.quantiles {
            let name = if quantile.percent == Percent::ALL {
                "highest rate on the wire".to_owned()
            } else {
                format!("rate {} % of the time", quantile.percent.get())
            };
            let bursts = match quantile.bursts {
                1 => "1 burst".to_owned(),
                count => format!("{count} bursts"),
            };
            self.row(
                &name,
                &format!("{}, {bursts}", observed_rate(quantile.rate)),
            );
        }
        self.rpo(plan);
        let thumb = &plan.rules_of_thumb;
        self.row(
            "what the average alone would say",
            &observed_megabit(BytesPerSec::from(thumb.change_per_day)),
        );
    }

    fn rpo(&mut self, plan: &Plan) {
        let Some(rpo) = &plan.answers.rpo else { return };
        match &rpo.outcome {
            Outcome::NeverCatchesUp { growth_per_hour } => self.row(
                "on your link",
                &format!(
                    "never catches up, grows {} an hour",
                    observed_gigabytes(*growth_per_hour)
                ),
            ),
            Outcome::Sustained(sustained) => {
                let upper = sustained.worst_upper.map_or_else(String::new, |upper| {
                    format!(", at most {}", duration(upper))
                });
                self.row(
                    "worst RPO on your link",
                    &format!("{}{upper}", duration(sustained.worst)),
                );
                self.row("waited", &percentage(sustained.share_behind));
                self.row("older than the target for", &duration(rpo.over_target));
                self.line("  Zerto adds a checkpoint interval of a few seconds.");
            }
        }
    }

    fn disk(&mut self, plan: &Plan) {
        let journals = &plan.journals;
        let history = duration(journals.history);
        self.row(
            &format!("journals of {history}, to order"),
            &needed_size(journals.sum),
        );
        let extrapolated = if journals.is_extrapolated {
            ", extrapolated"
        } else {
            ""
        };
        self.row(
            "most held at one time, at least",
            &format!("{}{extrapolated}", needed_size(journals.joint_peak)),
        );
        if journals.unknown_vms > 0 {
            self.row(
                "VMs whose journal is not known",
                &journals.unknown_vms.to_string(),
            );
        }
        let over = plan.journals_over_limit();
        if over > 0 {
            self.row("journals over the limit", &over.to_string());
        }
        let storage = &plan.recovery_storage;
        let size = |size| Option::map_or(size, "not known".to_owned(), needed_size);
        self.row("disks, provisioned", &size(storage.provisioned));
        self.row("disks, used", &size(storage.used));
        self.row("while a failover test runs", &needed_size(storage.scratch));
        self.row(
            "writes to bear, at the most",
            &observed_rate(journals.peak_rate),
        );
        if let Some(sync) = &plan.initial_sync {
            let of = match sync.size_is {
                SizeIs::Used => "used",
                SizeIs::Provisioned => "provisioned",
            };
            let time = |time: Option<Seconds>| time.map_or("never".to_owned(), duration);
            let value = format!(
                "{} to {} for {} ({of})",
                duration(sync.lower),
                time(sync.upper),
                observed_size(sync.size)
            );
            self.row("first copy", &value);
        }
        let vras = &plan.vras;
        self.row("VRAs for the volumes", &vras.needed_for_volumes.to_string());
        if let Some(likely) = vras.bitmap_sync_likely {
            let word = if likely { "likely" } else { "not seen" };
            self.row("bitmap sync", word);
        }
    }

    fn writers(&mut self, plan: &Plan) {
        let first = plan.answers.links_for_rpo.first();
        let critical = first.and_then(|link| link.critical_interval.as_ref());
        if let Some(critical) = critical {
            self.line(&format!(
                "  {} to {} decides about the link:",
                critical.span.start, critical.span.end
            ));
            for cause in critical.causes.iter().take(SHOWN) {
                let disk = cause
                    .disk
                    .as_deref()
                    .map_or_else(String::new, |it| format!(" {it}"));
                let without = cause.link_without.map_or_else(String::new, |link| {
                    format!(", without it {}", needed_rate(link))
                });
                let value = format!("{}{without}", percentage(cause.share));
                self.row(&format!("{}{disk}", cause.vm.name), &value);
            }
        }
        let mut vms: Vec<_> = plan.vms.iter().collect();
        vms.sort_by_key(|vm| Reverse(vm.mean));
        self.line("  over all the time:");
        for vm in vms.into_iter().take(SHOWN) {
            let mean = observed_rate(vm.mean);
            let value = vm.peak.map_or_else(
                || format!("{mean} on average"),
                |peak| format!("{mean} on average, {} at the most", observed_rate(peak)),
            );
            self.row(&vm.vm.name, &value);
        }
    }

    fn groups(&mut self, plan: &Plan) {
        if plan.groups.is_empty() {
            return;
        }
        self.section("Groups");
        for group in &plan.groups {
            let time = |time: Option<Seconds>| time.map_or("not known".to_owned(), duration);
            let value = format!(
                "{} VMs, {} of the bytes, alone {}; RPO alone {}, in one queue {}, by priority {}",
                group.vms,
                percentage(group.link_share),
                needed_rate(group.link_alone),
                time(group.rpo_alone),
                time(group.rpo_fifo),
                time(group.rpo_strict_priority),
            );
            self.row(&group.name, &value);
        }
    }

    fn scenarios(&mut self, plan: &Plan) {
        for (name, answers) in &plan.scenarios {
            self.section(&format!("Scenario {}", name.escape_debug()));
            for link in &answers.links_for_rpo {
                self.row(&wanted(link), &need(link));
            }
            let worst = answers.rpo.as_ref().map(|rpo| match rpo.sustained() {
                Some(sustained) => duration(sustained.worst),
                None => "never catches up".to_owned(),
            });
            if let Some(worst) = worst {
                self.row("worst RPO on its link", &worst);
            }
        }
    }

    fn assumptions(&mut self, plan: &Plan, inputs: &Inputs) {
        let assumptions = &inputs.assumptions;
        self.row(
            "compression on the wire",
            &format!(
                "{}; a guess unless you measured it",
                percentage(assumptions.compression.get())
            ),
        );
        self.row("overhead", &percentage(assumptions.overhead.get()));
        self.row(
            "usable share of the link",
            &format!(
                "{}; published figures imply 70 to 75 %",
                percentage(assumptions.usable_share.get())
            ),
        );
        let growth = assumptions.growth;
        if growth.months() > 0.0 {
            self.row(
                "growth",
                &format!(
                    "{} a year for {} months",
                    percentage(growth.per_year()),
                    growth.months()
                ),
            );
        }
        let sheet = plan.rules_of_thumb.zerto_sheet_mebibit_per_second;
        self.row(
            "Zerto's sheet would say",
            &format!("{} Mb/s of 1,048,576 bits", digits(sheet)),
        );
        self.line("  Run it once per direction and recovery site.");
    }
}

fn need(link: &LinkForRpo) -> String {
    let at_least = if link.is_lower_bound { "at least " } else { "" };
    let at_most = link.upper.map_or_else(String::new, |upper| {
        format!(", at most {}", needed_rate(upper))
    });
    let base = link.base_link.map_or_else(String::new, |base| {
        format!(", {} outside of the schedule", needed_rate(base))
    });
    let range = link.bootstrap.map_or_else(String::new, |range| {
        let megabit = |rate| digits(MegabitPerSec::from(rate).get());
        format!(
            ", days like these give {} to {}",
            megabit(range.low),
            megabit(range.high)
        )
    });
    format!("{at_least}{}{at_most}{base}{range}", needed_rate(link.link))
}
