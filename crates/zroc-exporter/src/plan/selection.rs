//! Which VMs are planned for, and what is not and why.

mod matching;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use planner_core::inventory::filter::{Candidate, Filter, Pattern, Property};
use planner_core::plan::demand::{Group, VmIdentity};
use planner_core::plan::whole::Plan;

use self::matching::Index;
use super::arguments::Arguments;
use super::error::PlanError;
use super::found::FoundVm;
use super::groups::GroupRow;
use super::lists::Entry;
use super::naming::Unmatched;

/// More disks than Zerto protects in one VM.
const MOST_DISKS: u32 = 60;

/// A VM with the reason why it is named.
pub(super) type Reasoned = (Arc<VmIdentity>, &'static str);

/// What became of a choice of VMs.
#[derive(Debug, Default)]
pub(super) struct Selected {
    pub(super) vms: Vec<FoundVm>,
    pub(super) groups: Vec<Group>,
    /// Chosen, and left out all the same.
    pub(super) not_counted: Vec<Reasoned>,
    /// Why VMs may have no samples, where that is known.
    idle: HashMap<Arc<VmIdentity>, &'static str>,
    /// Counted, but to be looked at.
    pub(super) flagged: Vec<Reasoned>,
    /// What fits no VM, or more than one.
    pub(super) unmatched: Vec<Unmatched>,
}

impl Selected {
    pub(super) fn is_any_in_several_groups(&self) -> bool {
        let memberships = memberships(&self.groups, self.vms.len());
        memberships.into_iter().any(|groups| groups > 1)
    }

    /// All VMs that were chosen and that `plan` does not count, each with the reason.
    pub(super) fn left_out<'a>(
        &'a self,
        plan: &'a Plan,
    ) -> impl Iterator<Item = (&'a Arc<VmIdentity>, &'static str)> {
        let not_counted = self.not_counted.iter().map(|(vm, reason)| (vm, *reason));
        let why = |vm| self.idle.get(vm).copied().unwrap_or("no_samples");
        not_counted.chain(plan.no_samples.iter().map(move |vm| (vm, why(vm))))
    }
}

/// Applies the flags to what the source has found. `filter` is what [`filter`] makes of flags and settings.
pub(super) fn select(
    mut found: Vec<FoundVm>,
    arguments: &Arguments,
    filter: &Filter,
    list: Option<Vec<Entry>>,
    groups: Vec<GroupRow>,
) -> Result<Selected, PlanError> {
    let mut selected = Selected::default();
    note_idle_patterns(&found, arguments, &mut selected.unmatched);
    let mut listed: Option<BTreeSet<usize>> = None;
    if let Some(entries) = list {
        listed = Some(apply_list(&mut found, entries, &mut selected.unmatched));
    }
    let mut kept = Vec::new();
    for (place, vm) in found.into_iter().enumerate() {
        let is_listed = listed.as_ref().is_none_or(|listed| listed.contains(&place));
        if is_listed && filter.admits(candidate(&vm)) {
            kept.push(vm);
        }
    }
    let chosen = kept.len();
    for mut vm in kept {
        exclude_disks(&mut vm, &arguments.exclude_disk);
        let is_put_back = fits(&arguments.count, &vm.vm.identity.name);
        let identity = Arc::clone(&vm.vm.identity);
        match vm.left_out.filter(|_| !is_put_back) {
            Some(reason) => selected.not_counted.push((identity, reason)),
            None if vm.series.is_empty() => {
                selected.not_counted.push((identity, "all_disks_excluded"));
            }
            None => {
                if let Some(reason) = vm.idle {
                    selected.idle.insert(identity, reason);
                }
                selected.vms.push(vm);
            }
        }
    }
    if selected.vms.is_empty() {
        return Err(PlanError::EmptySelection(why_empty(&selected, chosen)));
    }
    selected.groups = into_groups(groups, &selected.vms, &mut selected.unmatched);
    note_flags(&mut selected);
    Ok(selected)
}

/// The choice that the flags make, or else the settings.
pub(super) fn filter(arguments: &Arguments, settings: Filter) -> Filter {
    let mut filter = settings;
    for choice in arguments.choices() {
        if !choice.patterns.is_empty() {
            *filter.patterns_mut(choice.property, choice.role) = choice.patterns.to_vec();
        }
    }
    filter
}

fn candidate(vm: &FoundVm) -> Candidate<'_> {
    Candidate {
        name: &vm.vm.identity.name,
        cluster: &vm.cluster,
        datacenter: &vm.datacenter,
        folder: &vm.folder,
    }
}

fn fits(patterns: &[Pattern], name: &str) -> bool {
    patterns.iter().any(|pattern| pattern.matches(name))
}

fn note_idle_patterns(found: &[FoundVm], arguments: &Arguments, unmatched: &mut Vec<Unmatched>) {
    let choices = arguments.choices();
    let choices = choices.map(|it| (it.flag, it.property, it.patterns));
    let count = ("count", Property::Name, arguments.count.as_slice());
    for (flag, property, patterns) in choices.chain([count]) {
        let is_idle = |pattern: &&Pattern| {
            let mut values = found.iter().map(|vm| candidate(vm).value(property));
            !values.any(|value| pattern.matches(value))
        };
        for pattern in patterns.iter().filter(is_idle) {
            unmatched.push(Unmatched {
                entry: pattern.as_str().to_owned(),
                from: format!("--{flag}"),
                reason: "fits_no_vm",
            });
        }
    }
    for (vm, disk) in &arguments.exclude_disk {
        let fits = |found: &FoundVm| {
            vm.matches(&found.vm.identity.name) && found.vm.disks.iter().any(|it| disk.matches(it))
        };
        if !found.iter().any(fits) {
            unmatched.push(Unmatched {
                entry: format!("{}:{}", vm.as_str(), disk.as_str()),
                from: "--exclude-disk".to_owned(),
                reason: "fits_no_disk",
            });
        }
    }
}

/// Takes what a list knows of VMs. Returns the places of those that it names.
fn apply_list(
    found: &mut [FoundVm],
    entries: Vec<Entry>,
    unmatched: &mut Vec<Unmatched>,
) -> BTreeSet<usize> {
    let index = Index::new(found);
    let mut listed = BTreeSet::new();
    let mut named = Vec::new();
    for entry in entries {
        match index.find(found, &entry.key) {
            Ok(place) => {
                if !listed.insert(place) {
                    unmatched.push(entry.unmatched("duplicate"));
                    continue;
                }
                named.push((place, entry));
            }
            Err(reason) => unmatched.push(entry.unmatched(reason)),
        }
    }
    for (place, entry) in named {
        if let Some(vm) = found.get_mut(place) {
            vm.left_out = vm.left_out.or(entry.left_out);
            vm.flags.extend(entry.flags);
            vm.vm.provisioned = vm.vm.provisioned.or(entry.provisioned);
            vm.vm.used = vm.vm.used.or(entry.used);
            vm.vm.volumes = vm.vm.volumes.or(entry.volumes);
        }
    }
    listed
}

fn exclude_disks(vm: &mut FoundVm, patterns: &[(Pattern, Pattern)]) {
    let name = Arc::clone(&vm.vm.identity.name);
    let is_out = |disk: &str| {
        let mut patterns = patterns.iter();
        patterns.any(|(vm, of)| vm.matches(&name) && of.matches(disk))
    };
    let keeps: Vec<bool> = vm.vm.disks.iter().map(|disk| !is_out(disk)).collect();
    if keeps.iter().all(|keep| *keep) {
        return;
    }
    let mut keep = keeps.iter();
    vm.series.retain(|_| keep.next().copied().unwrap_or(true));
    let mut keep = keeps.iter();
    vm.vm.disks.retain(|_| keep.next().copied().unwrap_or(true));
    // Sizes are known of the whole VM only.
    vm.vm.provisioned = None;
    vm.vm.used = None;
    vm.vm.volumes = u32::try_from(vm.vm.disks.len()).ok();
}

fn into_groups(rows: Vec<GroupRow>, vms: &[FoundVm], unmatched: &mut Vec<Unmatched>) -> Vec<Group> {
    let index = Index::new(vms);
    let mut groups: Vec<Group> = Vec::new();
    for row in rows {
        let member = match index.find(vms, &row.key) {
            Ok(place) => Some(place),
            Err(reason) => {
                unmatched.push(row.unmatched(reason));
                None
            }
        };
        match groups.iter_mut().find(|group| group.name == row.group.name) {
            Some(group) => group.members.extend(member),
            None => groups.push(Group {
                members: member.into_iter().collect(),
                ..row.group
            }),
        }
    }
    groups.retain(|group| !group.members.is_empty());
    groups
}

fn note_flags(selected: &mut Selected) {
    let memberships = memberships(&selected.groups, selected.vms.len());
    for (vm, groups) in selected.vms.iter().zip(memberships) {
        let identity = || Arc::clone(&vm.vm.identity);
        let of_vm = vm.flags.iter().map(|flag| (identity(), *flag));
        selected.flagged.extend(of_vm);
        if vm.vm.volumes.is_some_and(|disks| disks > MOST_DISKS) {
            selected.flagged.push((identity(), "more_than_60_disks"));
        }
        if groups > 1 {
            selected.flagged.push((identity(), "in_several_groups"));
        }
    }
}

/// In how many groups each VM is.
fn memberships(groups: &[Group], vms: usize) -> Vec<usize> {
    let mut counts = vec![0; vms];
    for group in groups {
        // A group may name a VM twice.
        for place in group.members.iter().collect::<BTreeSet<_>>() {
            if let Some(count) = counts.get_mut(*place) {
                *count += 1;
            }
        }
    }
    counts
}

fn why_empty(selected: &Selected, chosen: usize) -> String {
    let mut reasons: Vec<String> = Vec::new();
    let count = |reason: &str| {
        let all = selected.not_counted.iter();
        all.filter(|(_, other)| *other == reason).count()
    };
    let distinct: BTreeSet<&str> = selected
        .not_counted
        .iter()
        .map(|(_, reason)| *reason)
        .collect();
    for reason in distinct {
        reasons.push(format!("{} left out as {reason}", count(reason)));
    }
    for unmatched in selected.unmatched.iter().take(10) {
        let Unmatched {
            entry,
            from,
            reason,
        } = unmatched;
        reasons.push(format!("{from} {entry:?}: {reason}"));
    }
    if reasons.is_empty() && chosen == 0 {
        reasons.push("the flags fit no VM of the source".to_owned());
    }
    reasons.join("; ")
}
