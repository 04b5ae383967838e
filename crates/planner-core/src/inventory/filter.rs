//! Which VMs the operator wants to see.

use wildmatch::WildMatch;

use super::Vm;

/// A name with `*` for any characters and `?` for one; upper and lower case are the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    text: Box<str>,
    compiled: WildMatch,
}

impl Pattern {
    /// Any text is a pattern.
    pub fn new(text: &str) -> Self {
        Self {
            text: text.into(),
            compiled: WildMatch::new_case_insensitive(text),
        }
    }

    /// The pattern as the operator wrote it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a name fits.
    pub fn matches(&self, name: &str) -> bool {
        self.compiled.matches(name)
    }
}

/// What a selection looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Property {
    /// The display name.
    Name,
    /// The cluster.
    Cluster,
    /// The datacenter.
    Datacenter,
    /// The folder path.
    Folder,
}

/// Which half of a selection a pattern is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// VMs that it fits are wanted.
    Include,
    /// VMs that it fits are not wanted.
    Exclude,
}

/// A pattern that fits no VM.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IdlePattern<'f> {
    /// What it is compared with.
    pub property: Property,
    /// What it is for.
    pub role: Role,
    /// The pattern.
    pub pattern: &'f Pattern,
}

/// Patterns for one property of a VM.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Selection {
    /// When there are any, one of them must fit.
    pub include: Vec<Pattern>,
    /// None of them may fit.
    pub exclude: Vec<Pattern>,
}

impl Selection {
    fn admits(&self, name: &str) -> bool {
        let fits = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(name));
        (self.include.is_empty() || fits(&self.include)) && !fits(&self.exclude)
    }
}

/// What a VM is chosen by.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'v> {
    /// Display name.
    pub name: &'v str,
    /// Name of its cluster, or of its host's compute resource.
    pub cluster: &'v str,
    /// Name of its datacenter.
    pub datacenter: &'v str,
    /// Names of the VM folders from the datacenter down, joined by `/`; empty right below the datacenter.
    pub folder: &'v str,
}

impl<'v> Candidate<'v> {
    /// What a pattern for this property is compared with.
    pub const fn value(self, property: Property) -> &'v str {
        match property {
            Property::Name => self.name,
            Property::Cluster => self.cluster,
            Property::Datacenter => self.datacenter,
            Property::Folder => self.folder,
        }
    }
}

/// The operator's choice of VMs. The default admits all.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    /// By display name.
    pub names: Selection,
    /// By cluster.
    pub clusters: Selection,
    /// By datacenter.
    pub datacenters: Selection,
    /// By folder path.
    pub folders: Selection,
}

impl Filter {
    /// Whether a VM is wanted: all selections must admit it.
    pub fn admits(&self, vm: Candidate<'_>) -> bool {
        self.names.admits(vm.name)
            && self.clusters.admits(vm.cluster)
            && self.datacenters.admits(vm.datacenter)
            && self.folders.admits(vm.folder)
    }

    /// The patterns for a property, in one role.
    pub const fn patterns_mut(&mut self, property: Property, role: Role) -> &mut Vec<Pattern> {
        let selection = match property {
            Property::Name => &mut self.names,
            Property::Cluster => &mut self.clusters,
            Property::Datacenter => &mut self.datacenters,
            Property::Folder => &mut self.folders,
        };
        match role {
            Role::Include => &mut selection.include,
            Role::Exclude => &mut selection.exclude,
        }
    }

    /// The patterns that fit none of these VMs.
    pub fn idle_patterns(&self, vms: &[Vm]) -> Vec<IdlePattern<'_>> {
        let selections = [
            (Property::Name, &self.names),
            (Property::Cluster, &self.clusters),
            (Property::Datacenter, &self.datacenters),
            (Property::Folder, &self.folders),
        ];
        let mut idle = Vec::new();
        for (property, selection) in selections {
            for (role, patterns) in [
                (Role::Include, &selection.include),
                (Role::Exclude, &selection.exclude),
            ] {
                let fits_none = |pattern: &&Pattern| {
                    let mut values = vms.iter().map(|vm| property.of(vm));
                    !values.any(|value| pattern.matches(value))
                };
                let patterns = patterns.iter().filter(fits_none);
                idle.extend(patterns.map(|pattern| IdlePattern {
                    property,
                    role,
                    pattern,
                }));
            }
        }
        idle
    }
}

impl Property {
    fn of(self, vm: &Vm) -> &str {
        match self {
            Self::Name => &vm.name,
            Self::Cluster => &vm.placement.cluster,
            Self::Datacenter => &vm.placement.datacenter,
            Self::Folder => &vm.folder,
        }
    }
}
